"""Quantiles of the two distributions that the demand is drawn from; the door to scipy.special.

It is imported where it is used: a third of a second that commands which plan nothing don't pay.
"""

import numpy as np
from numpy.typing import NDArray


def normal(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of the standard normal distribution."""
    from scipy.special import ndtri  # noqa: PLC0415

    return np.asarray(ndtri(chance))


def gamma(shape: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of the gamma distribution with scale 1; shapes above 0."""
    from scipy.special import gammaincinv  # noqa: PLC0415

    return np.asarray(gammaincinv(shape, chance))
