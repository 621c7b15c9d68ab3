"""A station of c cores that its requests share: each gets a core of its own, or an equal share where there are too few.

This is how an operating system's scheduler divides its cores, and with it the number of requests at the station doesn't
depend on how their demands are distributed, only on the mean (a symmetric queue: Kelly, Reversibility and Stochastic
Networks, 1979, section 3.3; in networks: Baskett, Chandy, Muntz and Palacios, Journal of the ACM 22(2), 1975). Cores
need not be whole: `n` requests are served at min(n, c) cores, and below one core it is a slower single server.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from lms_stack.queueing.formulas import Array, erlang_b


@dataclass(frozen=True)
class Sharing:
    """What a request meets at such a station; arrays of one shape.

    An arrival finds N requests. Served at once it would take max(1, (N + 1) / c) times as long as on a core of its own.
    """

    slowdown: Array
    """Mean of that factor. Exact: the time at the station is demand × slowdown."""
    variance: Array
    """Variance of that factor."""
    forgetting: Array
    """How fast the factor changes: over a demand x that is served its correlation falls as e^(-forgetting × x)."""

    @classmethod
    def of(cls, cores: Array, load: Array, residual: Array) -> Self:
        """The station with so many cores under a load in erlang (busy cores).

        :param residual: E[X²] / 2E[X] of the demands X of what arrives, in seconds of one core.
        :returns: infinite where the load is not below the cores. Endless cores don't slow anything down.
        """
        stable, endless = load < cores, np.isinf(cores)
        c, a = np.where(endless, 1, cores), np.where(stable & ~endless, load, 0)
        rho, whole = a / c, np.floor(c)
        b = erlang_b(whole, a)
        crowded = b / (1 - rho * (1 - b))  # P(N >= whole): the next one makes more requests than cores
        first, more = whole + 1 - c, rho / (1 - rho)  # N - whole is geometric
        mean = crowded * (first + more) / c
        square = crowded * (first**2 + 2 * first * more + more * (1 + 2 * more)) / c**2
        forgetting = c * (1 - rho) ** 2 * (1 + mean) / np.where(residual > 0, residual, 1)
        return cls(
            slowdown=np.where(stable, 1 + mean, np.inf),
            variance=np.where(stable, square - mean**2, np.inf),
            forgetting=np.where(stable, forgetting, 0),
        )

    def fluctuating(self, cores: Array, load: Array, residual: Array, variance: Array, lasting: Array) -> Self:
        """The same where the cores' speed changes by itself (`Fluctuation`).

        Work piles up while they are slow. Where that is soon over, the work that waits grows as a diffusion does whose
        variance has a second part (heavy traffic); where it lasts, each speed has its own steady state, and over them
        the mean grows by the curvature. Between them the harmonic sum of both is taken: docs/model.md says how close.

        :param cores: as `of` has them, `load` and `residual` too.
        """
        here = np.isfinite(self.slowdown) & np.isfinite(cores) & (load > 0) & (variance > 0) & (lasting > 0)
        c, variance, lasting = (np.where(here, each, 1) for each in (cores, variance, lasting))
        rho = np.where(here, load / c, 0.5)
        queued = np.where(here, self.slowdown - 1, 1)
        soon_over, lasts = residual / (rho * lasting), c * (1 - rho) ** 2 / variance
        crowded = np.minimum(1, queued * c * (1 - rho) / rho)
        added = np.where(here, crowded / (1 - rho) / (soon_over + lasts), 0)
        grown = 1 + added / queued
        return replace(
            self,
            slowdown=self.slowdown + added,
            variance=self.variance * grown**2,
            forgetting=self.forgetting / grown,
        )

    def relieved(self, stations: list[int], left: Array) -> Self:
        """The same where at some stations only a share of the queueing is left.

        :param stations: their indices in the last axis.
        :param left: (draws,), the share.
        """
        slowdown, variance = self.slowdown.copy(), self.variance.copy()
        with np.errstate(invalid="ignore"):
            slowdown[:, stations] = 1 + (slowdown[:, stations] - 1) * left[:, None]
            variance[:, stations] *= left[:, None] ** 2
        return replace(self, slowdown=slowdown, variance=variance)

    def wide(self) -> Self:
        """The same with an axis for classes: (draws, 1, stations)."""
        return type(self)(self.slowdown[:, None], self.variance[:, None], self.forgetting[:, None])

    def variance_of(self, demand: Array, scv: Array) -> Array:
        """Variance of the time at the station of a request whose demand has this mean, and is gamma distributed.

        For one core and exponential demands it is exact (Coffman, Muntz and Trotter, Waiting time distributions for
        processor-sharing systems, Journal of the ACM 17(1), 1970): given a demand x it is variance × 2 (y - 1 + e^-y) /
        forgetting², y = forgetting × x. For more cores the same form is taken; docs/model.md says how close it comes.

        :param scv: squared coefficient of variation of the demand.
        """
        y = self.forgetting * demand
        q = np.maximum(scv, 1e-6)
        small = y * y * (1 + q) / 2 * (1 - y * (1 + 2 * q) / 3)
        kept = np.where(y < 1e-4, small, y - 1 + np.exp(-np.log1p(q * y) / q))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            own = self.slowdown**2 * demand**2 * scv
            others = 2 * self.variance * kept / self.forgetting**2
        return np.where(demand > 0, own + others, 0.0)
