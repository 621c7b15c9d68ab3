"""Open networks: requests of several classes pass stations of cores, and each class's time from end to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from lms_stack.queueing.formulas import Array
from lms_stack.queueing.sharing import Sharing


@dataclass(frozen=True)
class Station:
    """Cores that requests share.

    :param servers: cores of one host; below one a slower server.
    :param hosts: how many such hosts share the requests evenly, each request on one of them.
    """

    name: str
    servers: float
    hosts: int = 1

    def __post_init__(self) -> None:
        """Refuse what can't serve anything."""
        if not 0 < self.servers < np.inf or self.hosts < 1:
            raise ValueError(
                f"station {self.name}: expected servers above 0 and hosts from 1, not {self.servers} and {self.hosts}"
            )


@dataclass(frozen=True)
class Solution:
    """What the network does in each draw. Times in seconds; infinite in a draw where a station can't keep up."""

    utilisation: Array
    """(draws, stations): share of 1; above 1 where more comes than it can do."""
    stable: NDArray[np.bool_]
    """(draws,): whether every station keeps up."""
    mean: Array
    """(draws, classes): mean time from end to end."""
    variance: Array
    """(draws, classes): its variance, s²."""

    def percentile(self, share: float) -> Array:
        """(draws, classes): the time that this share of a class's requests stays below.

        The gamma distribution of the same mean and variance: see docs/model.md for how close it comes.

        :param share: above 0 and below 1, as 0.95.
        """
        if not 0 < share < 1:
            raise ValueError(f"expected a share between 0 and 1, not {share}")
        served = np.isfinite(self.mean) & (self.variance > 0)
        shape = np.divide(self.mean**2, self.variance, out=np.ones_like(self.mean), where=served)
        times = self.mean / shape * special.gammaincinv(shape, share)
        return np.asarray(np.where(served, times, self.mean))

    @cached_property
    def headroom(self) -> Array:
        """(draws,): how many times this load until the first station is full; infinite without load."""
        fullest: Array = self.utilisation.max(axis=1)
        return np.divide(1.0, fullest, out=np.full_like(fullest, np.inf), where=fullest > 0)

    @cached_property
    def first_full(self) -> NDArray[np.int64]:
        """(draws,): the index of the station that is full first."""
        return np.asarray(self.utilisation.argmax(axis=1))


def solve(stations: Sequence[Station], rates: ArrayLike, demands: ArrayLike, *, scv: ArrayLike = 1.0) -> Solution:
    """The open network of these stations under Poisson arrivals.

    :param rates: (draws, classes), requests/s.
    :param demands: (classes, stations) or (draws, classes, stations), seconds of one core that a request costs.
    :param scv: squared coefficient of variation of the demands within a class, (classes,) or one for all; the default
        is that of an exponential distribution.
    :raises ValueError: shapes that don't fit each other, or a rate or demand that is negative or not a number.
    """
    arriving, costs = _checked(rates, demands, len(stations))
    variation = np.broadcast_to(np.asarray(scv, float), arriving.shape[1:])[:, None]
    hosts = np.array([float(station.hosts) for station in stations])
    cores = np.array([station.servers for station in stations])
    load = np.einsum("dk,dkj->dj", arriving, costs) / hosts
    sharing = Sharing.of(cores, load, _residual(arriving, costs, variation))
    wide = Sharing(sharing.slowdown[:, None], sharing.variance[:, None], sharing.forgetting[:, None])
    times = np.where(costs > 0, costs * np.where(costs > 0, wide.slowdown, 1), 0)
    utilisation = load / cores
    stable = (utilisation < 1).all(axis=1)
    unstable = ~stable[:, None]
    return Solution(
        utilisation=utilisation,
        stable=stable,
        mean=np.where(unstable, np.inf, times.sum(axis=2)),
        variance=np.where(unstable, np.inf, wide.variance_of(costs, variation).sum(axis=2)),
    )


def _residual(rates: Array, demands: Array, scv: Array) -> Array:
    """(draws, stations): E[X²] / 2E[X] of the demands that come to each station, each class by how often it comes."""
    first = np.einsum("dk,dkj->dj", rates, demands)
    second = np.einsum("dk,dkj->dj", rates, demands**2 * (1 + scv))
    return np.asarray(np.divide(second, 2 * first, out=np.zeros_like(first), where=first > 0))


def _checked(rates: ArrayLike, demands: ArrayLike, stations: int) -> tuple[Array, Array]:
    """Rates (draws, classes) and demands (draws or 1, classes, stations).

    :raises ValueError: as solve says.
    """
    arriving, costs = np.asarray(rates, float), np.asarray(demands, float)
    costs = costs[None] if costs.ndim == 2 else costs
    if arriving.ndim != 2 or costs.ndim != 3:
        raise ValueError(
            f"expected rates (draws, classes) and demands (draws, classes, stations), "
            f"not {arriving.shape} and {costs.shape}"
        )
    draws, classes = arriving.shape
    if costs.shape[1:] != (classes, stations) or costs.shape[0] not in (1, draws):
        raise ValueError(f"expected demands of shape ({draws}, {classes}, {stations}), not {costs.shape}")
    for name, values in (("rates", arriving), ("demands", costs)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise ValueError(f"expected {name} that are finite and not negative")
    return arriving, np.broadcast_to(costs, (draws, classes, stations))
