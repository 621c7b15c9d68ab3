"""Cores shared by exponential requests, solved without the model's formulas: a request that is followed as it goes."""

import numpy as np
from scipy.linalg import solve_banded

from lms_stack.queueing.formulas import Array


def shared(cores: float, load: float, demand: float = 1.0, most: int = 2000) -> tuple[float, float]:
    """Mean and variance of the time at a station of cores, among others with exponential demands of mean 1.

    E[T | n others] and E[T² | n others] solve two tridiagonal systems, by the first step that is taken from n.

    :param load: busy cores.
    :param demand: mean of the exponential demand of the request that is followed.
    """
    n = np.arange(most, dtype=float)
    each = np.minimum(1, cores / (n + 1))
    up, down, out = np.full(most, load), n * each, each / demand
    up[-1] = 0
    bands = np.zeros((3, most))
    bands[0, 1:], bands[1], bands[2, :-1] = -up[:-1], up + down + out, -down[1:]
    first = solve_banded((1, 1), bands, np.ones(most))
    second = solve_banded((1, 1), bands, 2 * first)
    found = _found(cores, load, most)
    mean = float(found @ first)
    return mean, float(found @ second) - mean**2


def _found(cores: float, load: float, most: int) -> Array:
    """How likely an arrival finds n others."""
    n = np.arange(1, most)
    logs = np.concatenate([[0.0], np.cumsum(np.log(load / np.minimum(n, cores)))])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())
