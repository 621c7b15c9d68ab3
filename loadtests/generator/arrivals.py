"""Open arrivals: when each visitor comes is drawn beforehand, so that a slow server or generator can't slow them."""

import heapq
import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Arrival(NamedTuple):
    """One visitor: seconds from the run's beginning, and what they come for."""

    at: float
    journey: str


def poisson(journey: str, rate: float, seconds: float, chance: random.Random) -> Iterator[Arrival]:
    """Arrivals of one journey with exponential gaps, `rate` per second on average."""
    at = chance.expovariate(rate) if rate > 0 else seconds
    while at < seconds:
        yield Arrival(at, journey)
        at += chance.expovariate(rate)


def schedule(rates: Iterable[tuple[str, float]], seconds: float, seed: int) -> list[Arrival]:
    """All arrivals of a run in their order; the same seed gives the same ones."""
    streams = (poisson(journey, rate, seconds, random.Random(f"{seed} {journey}")) for journey, rate in rates)
    return list(heapq.merge(*streams))
