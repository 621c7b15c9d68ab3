"""A pool as a limit: so many requests at once are let through to the stations beyond it, the others wait for a place.

Application threads, pgbouncer's connections and the database's are pools. How many are beyond a pool with endless
places is known for product-form networks: the sum of independent numbers, one for each station. With N places the
chances of up to N of them keep their proportions, and beyond N the queue before the pool grows as that of a server
whose rate is the throughput with N inside: a flow-equivalent server (Chandy, Herzog and Woo, Parametric Analysis of
Queuing Networks, IBM Journal of Research and Development 19(1), 1975), used for limits of this kind in Lazowska et al.,
Quantitative System Performance, 1984, chapter 9. It is exact for one station beyond the pool, near for several, and
takes several classes as one of their mean demands.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft, special

from lms_stack.queueing.formulas import Array, erlang_b

#: Halvings of the search for the load that fills a pool: its throughput then no longer depends on the start.
_HALVINGS = 25


@dataclass(frozen=True)
class Limit:
    """What a pool does to the requests that pass it; arrays (draws,), times in seconds."""

    share: Array
    """The arrivals as a share of what gets through with all places taken; from 1 on the queue has no end."""
    wait: Array
    """Mean wait for a place."""
    wait_variance: Array
    """Variance of the wait, s²."""
    relief: Array
    """What is left of the queueing at the cores beyond, since fewer are let in, as a share of that without a limit."""


def limit(places: int, rate: Array, needs: "Needs", scv: Array) -> Limit:
    """A pool of so many places.

    :param rate: (draws,), requests/s that need a place.
    :param scv: (draws,), squared coefficient of variation of the times that places are held. The wait is (1 + scv) / 2
        of that for exponential ones (Lee and Longton, Operational Research Quarterly 10(1), 1959, for M/G/c).
    """
    passing = rate > 0
    through = needs.throughput(places)
    share = np.where(passing, rate / through, 0)
    steady = (share < 1) & passing & (rate[:, None] * needs.demands < needs.cores).all(axis=1)
    at = np.where(steady, rate, 0)
    chances = needs.chances(at, places)
    tail = chances[:, -1] / np.where(steady, 1 - share, 1)
    total = chances[:, :-1].sum(axis=1) + tail
    waits = np.where(steady, tail / total, 0)
    inside = (chances[:, :-1] @ np.arange(places)) / total + places * waits
    given = (1 + scv) / 2 / np.where(steady, through - rate, 1)
    return Limit(
        share=share,
        wait=np.where(passing & ~steady, np.inf, waits * given),
        wait_variance=np.where(passing & ~steady, np.inf, waits * (2 - waits) * given**2),
        relief=needs.relief(at, inside),
    )


@dataclass(frozen=True)
class Needs:
    """What is beyond a pool: cores (stations,); demands (draws, stations) and delay (draws,) of a mean request, s."""

    cores: Array
    demands: Array
    delay: Array

    def mean(self, rate: Array) -> Array:
        """(draws,): how many requests are inside a pool with endless places; infinite where a station is full."""
        return np.asarray(rate * self.delay + self._queued(rate))

    def _queued(self, rate: Array) -> Array:
        a = rate[:, None] * self.demands
        open_to = a < self.cores
        a = np.where(open_to, a, 0)
        whole, rho = np.floor(self.cores), a / self.cores
        b = erlang_b(whole, a)
        crowded = b / (1 - rho * (1 - b))
        number = a * (1 + crowded * (whole + 1 - self.cores + rho / (1 - rho)) / self.cores)
        return np.asarray(np.where(open_to, number, np.inf).sum(axis=1))

    def throughput(self, places: int) -> Array:
        """(draws,), requests/s: what gets through with all places taken; infinite where nothing is needed.

        It is G(N - 1) / G(N), G the normalising constants, read where about N requests are inside and no digit is lost.
        """
        with np.errstate(divide="ignore"):
            fullest = np.divide(self.cores, self.demands).min(axis=1, initial=np.inf)
            most = np.minimum(fullest, 2 * places / self.delay)
        idle = ~np.isfinite(most)
        rate = _rising(self.mean, np.where(idle, 0, most), float(places))
        last = self.chances(rate, places)[:, -2:]
        return np.where(idle, np.inf, rate * last[:, 0] / np.where(last[:, 1] > 0, last[:, 1], 1))

    def chances(self, rate: Array, places: int) -> Array:
        """(draws, places + 1): how likely so many are inside a pool with endless places."""
        size = fft.next_fast_len(2 * (places + 1), real=True)
        n = np.arange(places + 1, dtype=float)
        spectrum = fft.rfft(_poisson(rate * self.delay, n), size, axis=1)
        for core, demand in zip(self.cores, self.demands.T, strict=True):
            spectrum = spectrum * fft.rfft(_shared(core, rate * demand, n), size, axis=1)
        return np.asarray(np.maximum(fft.irfft(spectrum, size, axis=1)[:, : places + 1], 0))

    def relief(self, rate: Array, inside: Array) -> Array:
        """(draws,): the queueing at the cores beyond with so many inside, as a share of that without a limit."""
        served = rate * self.demands.sum(axis=1)
        free = self._queued(rate) - served
        limited = np.clip(inside - rate * self.delay - served, 0, free)
        return np.asarray(np.divide(limited, free, out=np.ones_like(free), where=free > 0))


def _rising(function: Callable[[Array], Array], most: Array, wanted: float) -> Array:
    """Where a function that rises from 0 is as large as wanted, below `most`; by halving."""
    low, high = np.zeros_like(most), most.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = function(middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


def _poisson(mean: Array, n: Array) -> Array:
    """(draws, numbers): chances of a number that nothing limits."""
    logs = special.xlogy(n, mean[:, None]) - special.gammaln(n + 1) - mean[:, None]
    return np.asarray(np.exp(logs))


def _shared(cores: float, load: Array, n: Array) -> Array:
    """(draws, numbers): chances of so many at shared cores: from n - 1 to n they change by load / min(n, cores)."""
    steps = np.concatenate([[0.0], np.cumsum(np.log(np.minimum(n[1:], cores)))])
    whole, rho = np.floor(cores), load / cores
    # 1 / P(0) = sum of a^n / n! up to the whole cores (an incomplete gamma function), and a geometric rest.
    last = np.exp(special.xlogy(whole, load) - special.gammaln(whole + 1) - load)
    none = -load - np.log(special.gammaincc(whole + 1, load) + last * rho / (1 - rho))
    return np.asarray(np.exp(special.xlogy(n, load[:, None]) - steps + none[:, None]))
