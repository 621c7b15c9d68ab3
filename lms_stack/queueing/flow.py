"""The requests of an open network on their way: first as if its pools had endless places, then pool by pool."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lms_stack.queueing.formulas import Array
from lms_stack.queueing.pools import Needs, limit
from lms_stack.queueing.sharing import Sharing
from lms_stack.queueing.station import Station, beyond


@dataclass(frozen=True)
class Flow:
    """What is known so far. Arrays (draws, stations) unless said otherwise."""

    stations: Sequence[Station]
    rates: Array
    """(draws, classes), 1/s."""
    costs: Array
    """(draws, classes, stations): seconds of one core; at a pool, seconds that a place is held elsewhere."""
    scv: Array
    """(classes, 1): squared coefficient of variation of the demands within a class."""
    sharing: Sharing
    share: Array
    """How much of what a station can do is asked of it; 0 for a pool that hasn't been limited yet."""
    wait: Array
    """Mean seconds before a pool."""
    wait_variance: Array
    """Their variance, s²."""

    @classmethod
    def of(cls, stations: Sequence[Station], rates: Array, costs: Array, scv: Array) -> Self:
        """The network as if its pools had endless places."""
        load = np.einsum("dk,dkj->dj", rates, costs) / np.array([station.hosts for station in stations])
        cores = np.array([np.inf if station.beyond else station.servers for station in stations])
        none = np.zeros_like(load)
        residual = _residual(rates, costs, scv)
        variance, lasting = np.array([(each.fluctuation.variance, each.fluctuation.lasting) for each in stations]).T
        sharing = Sharing.of(cores, load, residual).fluctuating(cores, load, residual, variance, lasting)
        return cls(stations, rates, costs, scv, sharing, load / cores, none, none)

    def limited(self, pool: int) -> Self:
        """The same with the places of one pool; the pools beyond it have been limited before.

        Cores of as many hosts as the pool has are taken to be reached through that host's pool only. What other hosts'
        pools share too holds a place for as long as it takes by itself (surrogate delays: Jacobson and Lazowska,
        Analyzing queueing networks with simultaneous resource possession, Communications of the ACM 25(2), 1982).
        """
        behind = beyond(self.stations, pool)
        hosts = self.stations[pool].hosts
        own = [j for j in behind if self.stations[j].hosts == hosts and not self.stations[j].beyond]
        others = [j for j in (pool, *behind) if j not in own]
        arriving = self.rates * self._passing(pool)
        weights, times = _shares(arriving), self.times()
        needs = Needs(
            np.array([self.stations[j].servers for j in own]),
            np.einsum("dk,dkj->dj", weights, self.costs[:, :, own]),
            _finite(np.einsum("dk,dkj->d", weights, times[:, :, others])),
        )
        held, spread = (values[:, :, [*own, *others]].sum(axis=2) for values in (times, self._own_variances()))
        found = limit(
            int(self.stations[pool].servers), arriving.sum(axis=1) / hosts, needs, _scv(weights, held, spread)
        )
        return replace(
            self,
            sharing=self.sharing.relieved(own, found.relief),
            share=_with(self.share, pool, found.share),
            wait=_with(self.wait, pool, found.wait),
            wait_variance=_with(self.wait_variance, pool, found.wait_variance),
        )

    def times(self) -> Array:
        """(draws, classes, stations): mean seconds at each station; at a pool, waiting and holding elsewhere."""
        with np.errstate(invalid="ignore"):
            there = np.where(self.costs > 0, self.costs * self.sharing.slowdown[:, None], 0)
        return self._with_waits(there, self.wait)

    def least(self) -> Array:
        """(draws, classes): the time that hardly any request is faster than, s.

        Demands that are all alike begin at the time without others, exponential ones at 0; between them the square of
        1 - coefficient of variation was found to serve best against the simulation.
        """
        cores = np.array([1.0 if station.beyond else min(1.0, station.servers) for station in self.stations])
        return np.asarray((self.costs / cores * np.maximum(0, 1 - np.sqrt(self.scv)) ** 2).sum(axis=2))

    def variances(self) -> Array:
        """(draws, classes, stations): the variances of those times, s²."""
        return self._with_waits(self.sharing.wide().variance_of(self.costs, self.scv), self.wait_variance)

    def _own_variances(self) -> Array:
        """The part of those variances that requests bring themselves, by demands that differ."""
        with np.errstate(invalid="ignore"):
            there = np.where(self.costs > 0, (self.costs * self.sharing.slowdown[:, None]) ** 2 * self.scv, 0)
        return self._with_waits(there, self.wait_variance)

    def _with_waits(self, values: Array, waits: Array) -> Array:
        for pool in (j for j, station in enumerate(self.stations) if station.beyond):
            values[:, :, pool] += np.where(self._passing(pool), waits[:, pool, None], 0)
        return values

    def _passing(self, pool: int) -> NDArray[np.bool_]:
        """(draws, classes): which requests come to a pool: those that hold its places or need anything beyond it."""
        return np.asarray((self.costs[:, :, [pool, *beyond(self.stations, pool)]] > 0).any(axis=2))


def _residual(rates: Array, costs: Array, scv: Array) -> Array:
    """(draws, stations): E[X²] / 2E[X] of the demands that come to each station, each class by how often it comes."""
    first = np.einsum("dk,dkj->dj", rates, costs)
    second = np.einsum("dk,dkj->dj", rates, costs**2 * (1 + scv))
    return np.asarray(np.divide(second, 2 * first, out=np.zeros_like(first), where=first > 0))


def _shares(rates: Array) -> Array:
    """(draws, classes): the share that each class has of all; 0 where nothing comes."""
    total = rates.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(rates, total, out=np.zeros_like(rates), where=total > 0))


def _scv(weights: Array, means: Array, variances: Array) -> Array:
    """(draws,): squared coefficient of variation of a mixture of classes; 1 where it is not known."""
    with np.errstate(invalid="ignore"):
        first, second = (weights * means).sum(axis=1), (weights * (variances + means**2)).sum(axis=1)
        known = np.isfinite(second) & (first > 0)
        return np.asarray(np.divide(second, first**2, out=np.full_like(first, 2.0), where=known) - 1)


def _finite(values: Array) -> Array:
    """The same, and 0 where what is beyond can't keep up: such a draw has no time from end to end whatever follows."""
    return np.asarray(np.where(np.isfinite(values), values, 0))


def _with(values: Array, column: int, new: Array) -> Array:
    """A copy with one column set."""
    copied = values.copy()
    copied[:, column] = new
    return copied
