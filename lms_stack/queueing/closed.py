"""Closed networks: a fixed number of users who ask, wait for the answer, think, and ask again (mean value analysis)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from lms_stack.queueing.formulas import Array

#: Up to how many populations the exact recursion goes through: some tenths of a second.
EXACT_STATES = 20_000

#: Until the queues of the approximation change by less than this share of a user, and at the most so many rounds.
_CLOSE, _ROUNDS = 1e-9, 100_000


@dataclass(frozen=True)
class Closed:
    """What the users of each class see."""

    throughput: Array
    """(classes,): requests/s."""
    residence: Array
    """(classes, stations): seconds of one request at each station, all its visits together."""

    @property
    def queue(self) -> Array:
        """(classes, stations): users at each station, by Little's law."""
        return self.throughput[:, None] * self.residence

    @property
    def response(self) -> Array:
        """(classes,): seconds from asking to the answer."""
        return np.asarray(self.residence.sum(axis=1))


@dataclass(frozen=True)
class _Network:
    """A checked problem: users of each class, their demands (classes, stations), think times, servers (stations,)."""

    users: tuple[int, ...]
    demands: Array
    think: Array
    servers: tuple[int, ...]


def closed(users: Sequence[int], demands: ArrayLike, think: ArrayLike, servers: Sequence[int] | None = None) -> Closed:
    """Exactly where there are few populations to go through, else approximately.

    :param users: how many of each class.
    :param demands: (classes, stations), seconds of one server that a request needs.
    :param think: (classes,), mean seconds between an answer and the next request.
    :param servers: of each station; one each where left out.
    :raises ValueError: shapes that don't fit each other, or anything negative.
    """
    if prod(each + 1 for each in users) <= EXACT_STATES:
        return exact(users, demands, think, servers)
    return approximate(users, demands, think, servers)


def exact(users: Sequence[int], demands: ArrayLike, think: ArrayLike, servers: Sequence[int] | None = None) -> Closed:
    """Exact mean value analysis, one population after the other (Reiser and Lavenberg, Mean-Value Analysis of Closed
    Multichain Queueing Networks, Journal of the ACM 27(2), 1980).

    Takes and raises what `closed` does; time and memory grow with the product of (users + 1).
    """
    network = _checked(users, demands, think, servers)
    states: dict[tuple[int, ...], _State] = {}
    for population in product(*(range(each + 1) for each in network.users)):
        states[population] = _step(network, population, states)
    return states[network.users].seen


@dataclass(frozen=True)
class _State:
    """One population: what is seen, all users at each station, and P(i users there) for i below its servers."""

    seen: Closed
    total: Array
    idle: tuple[Array, ...]


def _step(network: _Network, population: tuple[int, ...], states: dict[tuple[int, ...], _State]) -> _State:
    """A population from those with one user less: an arrival sees the network as if it weren't there."""
    residence = np.zeros_like(network.demands)
    for k, before in _with_one_less(population):
        state = states[before]
        room = [_free(servers, state.idle[j]) for j, servers in enumerate(network.servers)]
        residence[k] = network.demands[k] / np.array(network.servers) * (1 + state.total + np.array(room))
    cycle = network.think + residence.sum(axis=1)
    there = np.array(population, float)
    throughput = np.divide(there, cycle, out=np.zeros_like(there), where=cycle > 0)
    seen = Closed(throughput, residence)
    idle = tuple(
        _idle(
            servers, throughput * network.demands[:, j], [(k, states[b].idle[j]) for k, b in _with_one_less(population)]
        )
        for j, servers in enumerate(network.servers)
    )
    return _State(seen, np.asarray(seen.queue.sum(axis=0)), idle)


def _with_one_less(population: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Each class that has a user, with the population that lacks one of it."""
    for k, count in enumerate(population):
        if count:
            yield k, (*population[:k], count - 1, *population[k + 1 :])


def _free(servers: int, idle: Array) -> float:
    """Sum of (servers - 1 - i) P(i): what an arrival gains by servers that would be idle."""
    return float(((servers - 1 - np.arange(servers)) * idle).sum())


def _idle(servers: int, busy: Array, before: Sequence[tuple[int, Array]]) -> Array:
    """P(i users at the station) for i below its servers, from those of one user less.

    :param busy: servers that each class keeps busy.
    """
    chances = np.zeros(servers)
    for i in range(1, servers):
        chances[i] = sum(busy[k] * old[i - 1] for k, old in before) / i
    used = busy.sum() + ((servers - np.arange(1, servers)) * chances[1:]).sum()
    chances[0] = max(0.0, 1 - used / servers)
    return chances


def approximate(
    users: Sequence[int], demands: ArrayLike, think: ArrayLike, servers: Sequence[int] | None = None
) -> Closed:
    """The approximation of Schweitzer and Bard: an arrival sees the queues less its own share of them.

    As in Lazowska et al., Quantitative System Performance, 1984, section 7.4.2. Stations of several servers are one
    server, c times as fast, and a delay of (c - 1) / c of the demand (Seidmann, Schweitzer and Shalev-Oren, Large Scale
    Systems 12, 1987). Takes and raises what `closed` does; users may be millions.
    """
    network = _checked(users, demands, think, servers)
    there = np.array(network.users, float)[:, None]
    cores = np.array(network.servers, float)
    fast, delay = network.demands / cores, network.demands * (cores - 1) / cores
    wanted = network.demands.sum(axis=1, keepdims=True)
    queue = there * np.divide(network.demands, wanted, out=np.zeros_like(fast), where=wanted > 0)
    others = np.divide(there - 1, there, out=np.zeros_like(there), where=there > 0)
    for _ in range(_ROUNDS):
        residence = fast * (1 + queue.sum(axis=0) - queue + others * queue)
        cycle = network.think + (residence + delay).sum(axis=1)
        throughput = np.divide(there[:, 0], cycle, out=np.zeros_like(cycle), where=cycle > 0)
        new = throughput[:, None] * residence
        settled = np.abs(new - queue).max(initial=0) <= _CLOSE * max(1.0, float(there.max(initial=0)))
        queue = new
        if settled:
            break
    return Closed(throughput, residence + delay)


def _checked(users: Sequence[int], demands: ArrayLike, think: ArrayLike, servers: Sequence[int] | None) -> _Network:
    costs, thinking = np.asarray(demands, float), np.asarray(think, float)
    if costs.ndim != 2 or costs.shape[0] != len(users) or thinking.shape != (len(users),):
        raise ValueError(
            f"expected demands (classes, stations) and think times (classes,), not {costs.shape}, {thinking.shape}"
        )
    many = tuple(servers) if servers is not None else (1,) * costs.shape[1]
    if len(many) != costs.shape[1] or min(many, default=1) < 1:
        raise ValueError(f"expected {costs.shape[1]} numbers of servers from 1, not {many}")
    if min(users, default=0) < 0 or not ((costs >= 0).all() and (thinking >= 0).all()):
        raise ValueError("expected users, demands and think times that are not negative")
    if (np.array(users) * (costs.sum(axis=1) + thinking <= 0)).any():
        raise ValueError("expected a demand or a think time of every class with users: else its requests have no end")
    return _Network(tuple(users), costs, thinking, many)
