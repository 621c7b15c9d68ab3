"""The network of lms_stack.queueing, simulated event by event by Ciw: what the model computes is checked against it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import ciw
import numpy as np
from numpy.typing import NDArray

from lms_stack.queueing.formulas import Array
from lms_stack.queueing.network import Station

#: The share of the time at the start that is left out, for the network to fill; and at the end, for requests to finish.
WARM_UP, COOL_DOWN = 0.1, 0.05
#: Seconds after which nothing is simulated any more.
NEVER = 1e12


@dataclass(frozen=True)
class Simulated:
    """What was seen. Times in seconds, from arrival to the end."""

    utilisation: Array
    """(stations,), share of 1."""
    times: tuple[Array, ...]
    """For each class, the times of its requests."""

    @property
    def mean(self) -> Array:
        """(classes,)."""
        return np.array([each.mean() if each.size else np.nan for each in self.times])

    def percentile(self, share: float) -> Array:
        """(classes,): the time that this share of the requests of a class stayed below."""
        return np.array([np.quantile(each, share) if each.size else np.nan for each in self.times])

    @property
    def counts(self) -> NDArray[np.int64]:
        """(classes,): how many requests of each class were timed."""
        return np.array([each.size for each in self.times])


@dataclass(frozen=True)
class Swing:
    """How fast the hosts were from moment to moment, against the speed for which the demands hold.

    What a host at twice the speed does in a second is two seconds of work: the network is simulated in seconds of work,
    in which its speed never changes.
    """

    edges: Array
    """Seconds of the clock at which the speed changes, rising; before the first and after the last it is 1."""
    speeds: Array
    """(edges - 1,)."""

    def work_at(self, moments: Array) -> Array:
        """Seconds of work that were done until some moments of the clock."""
        clock, work = self._both()
        return np.interp(moments, clock, work)

    def clock_at(self, done: Array) -> Array:
        """The moments of the clock at which so many seconds of work were done."""
        clock, work = self._both()
        return np.interp(done, work, clock)

    def _both(self) -> tuple[Array, Array]:
        clock = np.concatenate([[0.0], self.edges, [NEVER]])
        speeds = np.concatenate([[1.0], self.speeds, [1.0]])
        return clock, np.concatenate([[0.0], np.cumsum(speeds * np.diff(clock))])


#: Hosts that always are as fast as their demands say.
STEADY = Swing(np.array([0.0]), np.array([]))


@dataclass(frozen=True)
class Came:
    """Requests that came somewhere, to be played again: when each did, and which span of time counts, in seconds."""

    moments: tuple[Array, ...]
    """For each class, rising from 0 on."""
    begin: float
    end: float
    swing: Swing = STEADY


def simulate(
    stations: Sequence[Station],
    rates: Array,
    demands: Array,
    *,
    requests: int = 0,
    came: Came | None = None,
    scv: float = 1.0,
    seed: int = 1,
) -> Simulated:
    """Play so many requests through a network without pools over several stations, or those that came.

    A request passes its stations in their order. A pool may stand before the one station beyond it, on the same hosts.

    :param rates: (classes,), 1/s.
    :param demands: (classes, stations), seconds of one core.
    :param scv: squared coefficient of variation of the demands, gamma distributed; 0 makes them all alike.
    :raises ValueError: requests that came would have to be shared out among hosts.
    """
    served = [j for j, station in enumerate(stations) if not station.beyond]
    nodes = [j for j in served for _ in range(stations[j].hosts)]
    if came and len(nodes) > len(served):
        raise ValueError("requests that came can be played on one host of each station only")
    way = _Way(nodes, rates, demands, scv)
    until = came.end if came else requests / float(rates.sum())
    span = (came.begin, came.end) if came else (WARM_UP * until, (1 - COOL_DOWN) * until)
    swing = came.swing if came else STEADY
    begin, end, last = swing.work_at(np.array([*span, until])).tolist()
    ciw.seed(seed)
    simulation = ciw.Simulation(
        ciw.create_network(
            arrival_distributions=way.again(came) if came else way.arrivals(),
            service_distributions=way.services(),
            routing=way.routes(),
            number_of_servers=[_places(stations, j) for j in nodes],
            ps_thresholds=[stations[j].servers for j in nodes],
        ),
        node_class=[ciw.PSNode] * len(nodes),
    )
    simulation.simulate_until_max_time(last)
    return _seen(simulation.get_all_records(), stations, nodes, len(rates), (begin, end), swing)


def _places(stations: Sequence[Station], index: int) -> float:
    """How many requests are let into a station at once."""
    before = [pool for pool in stations if stations[index].name in pool.beyond]
    for pool in before:
        if len(pool.beyond) > 1 or pool.hosts != stations[index].hosts:
            raise ValueError(f"pool {pool.name} can't be simulated: expected one station beyond it, on as many hosts")
    return min((pool.servers for pool in before), default=float("inf"))


@dataclass(frozen=True)
class _Way:
    """Where requests go: `nodes` says of which station each simulated host is."""

    nodes: list[int]
    rates: Array
    demands: Array
    scv: float

    def arrivals(self) -> dict[str, list[Any]]:
        """Poisson arrivals of each class at the hosts of its first station."""
        found: dict[str, list[Any]] = {}
        for k, rate in enumerate(self.rates):
            first = self._stops(k)[0]
            each = float(rate) / len(self._hosts(first))
            found[str(k)] = [ciw.dists.Exponential(each) if j == first else None for j in self.nodes]
        return found

    def again(self, came: Came) -> dict[str, list[Any]]:
        """Each class at the moments at which it came, and then no more."""
        found: dict[str, list[Any]] = {}
        for k, moments in enumerate(came.moments):
            gaps = [*np.diff(came.swing.work_at(moments), prepend=0.0).tolist(), NEVER]
            first = self._stops(k)[0]
            found[str(k)] = [ciw.dists.Sequential(gaps) if j == first else None for j in self.nodes]
        return found

    def services(self) -> dict[str, list[Any]]:
        """The demands of each class at each host."""
        return {str(k): [self._demand(float(self.demands[k, j])) for j in self.nodes] for k in range(len(self.rates))}

    def routes(self) -> dict[str, Any]:
        """From each host of a station to one of the next one's, by chance."""
        return {str(k): ciw.routing.NetworkRouting(routers=self._routers(k)) for k in range(len(self.rates))}

    def _routers(self, k: int) -> list[Any]:
        stops = self._stops(k)
        after = dict(pairwise(stops))
        return [self._to(after[j]) if j in after else ciw.routing.Leave() for j in self.nodes]

    def _to(self, station: int) -> Any:
        hosts = self._hosts(station)
        return ciw.routing.Probabilistic(destinations=hosts, probs=[1 / len(hosts)] * len(hosts))

    def _hosts(self, station: int) -> list[int]:
        return [number for number, j in enumerate(self.nodes, 1) if j == station]

    def _stops(self, k: int) -> list[int]:
        return [j for j in dict.fromkeys(self.nodes) if self.demands[k, j] > 0]

    def _demand(self, mean: float) -> Any:
        if mean == 0 or self.scv == 0:
            return ciw.dists.Deterministic(mean)
        return ciw.dists.Gamma(1 / self.scv, mean * self.scv)


def _seen(
    records: list[Any],
    stations: Sequence[Station],
    nodes: list[int],
    classes: int,
    span: tuple[float, float],
    swing: Swing,
) -> Simulated:
    begun: dict[int, float] = {}
    ended: dict[int, float] = {}
    kinds: dict[int, int] = {}
    stays: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for record in records:
        number = record.id_number
        begun[number] = min(record.arrival_date, begun.get(number, record.arrival_date))
        ended[number] = max(record.exit_date, ended.get(number, record.exit_date))
        kinds[number] = int(record.customer_class)
        stays[record.node].append((record.arrival_date, record.exit_date))
    stayed: list[list[tuple[float, float]]] = [[] for _ in range(classes)]
    for number, kind in kinds.items():
        if span[0] <= begun[number] <= span[1]:
            stayed[kind].append((begun[number], ended[number]))
    times = (np.diff(swing.clock_at(np.array(each).reshape(-1, 2)), axis=1)[:, 0] for each in stayed)
    utilisation = np.zeros(len(stations))
    for number, j in enumerate(nodes, 1):
        utilisation[j] += _busy(np.array(stays[number]).reshape(-1, 2), stations[j].servers, span) / stations[j].hosts
    return Simulated(utilisation, tuple(times))


def _busy(stays: Array, cores: float, span: tuple[float, float]) -> float:
    """The share of a host's cores that were busy, from when requests came to it and left it."""
    at = np.concatenate([stays[:, 0], stays[:, 1]])
    change = np.concatenate([np.ones(len(stays)), -np.ones(len(stays))])
    order = np.argsort(at, kind="stable")
    begin, end = span
    edges = np.clip(np.concatenate([[0.0], at[order], [end]]), begin, end)
    there = np.concatenate([[0.0], np.cumsum(change[order])])
    return float((np.minimum(there, cores) * np.diff(edges)).sum() / (end - begin) / cores)
