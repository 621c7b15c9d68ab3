"""Stations of a network: cores that serve, and pools that let so many requests at once through to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Fluctuation:
    """How a core's speed changes by itself, as where others share its silicon; none where it is always the same.

    :param variance: of the time that a piece of work takes, over the square of its mean.
    :param lasting: seconds: the integral of the autocovariance of that time over the lag, over the square of its mean.
    """

    variance: float = 0.0
    lasting: float = 0.0


@dataclass(frozen=True)
class Station:
    """Cores that requests share, or the places of a pool.

    :param servers: cores of one host, below one a slower server; or a pool's places on one host.
    :param hosts: how many such hosts share the requests evenly, each request on one of them.
    :param beyond: makes it a pool: the names of the stations that a request needs while it holds a place; those beyond
        a pool named here need not be named again. Whatever needs one of them passes this pool.
    :param fluctuation: of the cores, all of which change together; a pool has none.
    """

    name: str
    servers: float
    hosts: int = 1
    beyond: tuple[str, ...] = ()
    fluctuation: Fluctuation = Fluctuation()

    def __post_init__(self) -> None:
        """Refuse what can't serve anything."""
        if not 0 < self.servers < inf or self.hosts < 1:
            raise ValueError(
                f"station {self.name}: expected servers above 0 and hosts from 1, not {self.servers} and {self.hosts}"
            )
        if self.beyond and self.servers != int(self.servers):
            raise ValueError(f"pool {self.name}: expected a whole number of places, not {self.servers}")


def beyond(stations: Sequence[Station], index: int) -> list[int]:
    """The indices of all stations beyond one, in their order: none where it is no pool.

    :raises ValueError: a name that no station has, or a pool beyond itself.
    """
    names = {station.name: number for number, station in enumerate(stations)}
    found: set[int] = set()
    waiting = [index]
    while waiting:
        for name in stations[waiting.pop()].beyond:
            if name not in names or names[name] == index:
                known = ", ".join(sorted(names))
                raise ValueError(
                    f"pool {stations[index].name}: expected other stations beyond it ({known}), not {name}"
                )
            if names[name] not in found:
                found.add(names[name])
                waiting.append(names[name])
    return sorted(found)


def inner_first(stations: Sequence[Station]) -> list[int]:
    """The indices of the pools, each after those beyond it.

    :raises ValueError: as `beyond`.
    """
    pools = [index for index, station in enumerate(stations) if station.beyond]
    return sorted(pools, key=lambda index: len([j for j in beyond(stations, index) if stations[j].beyond]))
