"""Open networks: requests of several classes pass stations of cores, and each class's time from end to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from lms_stack.queueing.flow import Flow
from lms_stack.queueing.formulas import Array
from lms_stack.queueing.station import Station, inner_first

__all__ = ["Solution", "Station", "solve"]

#: A pool is the limit where the fullest cores could serve so many times what it lets through.
POOL_BLAMED = 1.1


@dataclass(frozen=True)
class Solution:
    """What the network does in each draw. Times in seconds; infinite in a draw where a station can't keep up."""

    utilisation: Array
    """(draws, stations): share of 1, for a pool of what it could let through; above 1 where more comes than that."""
    stable: NDArray[np.bool_]
    """(draws,): whether every station keeps up."""
    mean: Array
    """(draws, classes): mean time from end to end."""
    variance: Array
    """(draws, classes): its variance, s²."""
    least: Array
    """(draws, classes): what hardly any request is faster than; 0 where demands are exponential."""
    pools: NDArray[np.bool_]
    """(stations,): which of the stations are pools."""

    def percentile(self, share: float) -> Array:
        """(draws, classes): the time that this share of a class's requests stays below.

        The gamma distribution of the same mean and variance that begins at `least`: docs/model.md says how close it is.

        :param share: above 0 and below 1, as 0.95.
        """
        if not 0 < share < 1:
            raise ValueError(f"expected a share between 0 and 1, not {share}")
        served = np.isfinite(self.mean) & (self.variance > 0)
        above = np.where(served, self.mean - self.least, 1)
        shape = np.divide(above**2, self.variance, out=np.ones_like(above), where=served)
        times = self.least + above / shape * special.gammaincinv(shape, share)
        return np.asarray(np.where(served, times, self.mean))

    @cached_property
    def headroom(self) -> Array:
        """(draws,): how many times this load until the first station is full; infinite without load."""
        fullest: Array = self.utilisation.max(axis=1)
        return np.divide(1.0, fullest, out=np.full_like(fullest, np.inf), where=fullest > 0)

    @cached_property
    def first_full(self) -> NDArray[np.int64]:
        """(draws,): the index of the station that is full first.

        A pool fills up too when the cores beyond it are full. So it is named only where it lets through markedly less
        than the fullest cores could serve.
        """
        blamed = np.where(self.pools, self.utilisation / POOL_BLAMED, self.utilisation)
        return np.asarray(blamed.argmax(axis=1))


def solve(stations: Sequence[Station], rates: ArrayLike, demands: ArrayLike, *, scv: ArrayLike = 1.0) -> Solution:
    """The open network of these stations under Poisson arrivals.

    :param rates: (draws, classes), requests/s.
    :param demands: (classes, stations) or (draws, classes, stations), seconds of one core that a request costs; for a
        pool, seconds that it holds a place while it is at no station of the network (0 where there are none).
    :param scv: squared coefficient of variation of the demands within a class, (classes,) or one for all; the default
        is that of an exponential distribution.
    :raises ValueError: shapes that don't fit each other, a rate or demand that is negative or not a number, or a pool
        beyond which a station is named that is not there or that leads back to it.
    """
    arriving, costs = _checked(rates, demands, len(stations))
    variation = np.broadcast_to(np.asarray(scv, float), arriving.shape[1:])[:, None]
    flow = Flow.of(stations, arriving, costs, variation)
    for index in inner_first(stations):
        flow = flow.limited(index)
    stable = np.asarray((flow.share < 1).all(axis=1))
    unstable = ~stable[:, None]
    return Solution(
        utilisation=flow.share,
        stable=stable,
        mean=np.where(unstable, np.inf, flow.times().sum(axis=2)),
        variance=np.where(unstable, np.inf, flow.variances().sum(axis=2)),
        least=flow.least(),
        pools=np.array([bool(station.beyond) for station in stations]),
    )


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
