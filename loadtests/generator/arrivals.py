"""Open arrivals: when each visitor comes is drawn beforehand, so that a slow server or generator can't slow them."""

import heapq
import random
from collections.abc import Iterable, Iterator
from math import inf, sqrt
from typing import NamedTuple


class Arrival(NamedTuple):
    """One visitor: seconds from the beginning of their stretch of the run, and what they come for."""

    at: float
    journey: str


class Rate(NamedTuple):
    """Arrivals per second that go evenly from `first` to `last` within `seconds`."""

    first: float
    last: float
    seconds: float

    def moment(self, count: float) -> float:
        """When so many arrivals are to be expected, in seconds; infinite where it never comes to that.

        It inverts the mean first·t + (last - first)·t²/(2·seconds), which makes a Poisson process of rate 1 one of
        this rate (Lewis and Shedler, Naval Research Logistics Quarterly 26, 1979, on inversion).
        """
        bend = (self.last - self.first) / self.seconds
        if abs(bend) < 1e-12:
            return count / self.first if self.first > 0 else inf
        inside = self.first**2 + 2 * bend * count
        return (sqrt(inside) - self.first) / bend if inside >= 0 else inf


def poisson(journey: str, rate: Rate, chance: random.Random) -> Iterator[Arrival]:
    """Arrivals of one journey, independent of one another."""
    count = chance.expovariate(1.0)
    while (at := rate.moment(count)) < rate.seconds:
        yield Arrival(at, journey)
        count += chance.expovariate(1.0)


def schedule(rates: Iterable[tuple[str, Rate]], seed: str) -> list[Arrival]:
    """All arrivals of a stretch in their order; the same seed gives the same ones."""
    streams = (poisson(journey, rate, random.Random(f"{seed} {journey}")) for journey, rate in rates)
    return list(heapq.merge(*streams))
