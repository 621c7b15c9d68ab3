"""A machine's speed drifts while it is calibrated: loads are put on one footing by the classes they have in common.

On shared hardware the same requests took up to half as much CPU time again a few minutes later, on all tiers alike
(docs/calibration.md). lophoc counts its own CPU time by class, and a class costs the same in every load but for that
drift: so a factor for each load and a demand for each class are fitted to these counts by turns (iterative proportional
fitting; Deming and Stephan, Annals of Mathematical Statistics 11, 1940), and each load's CPU times are divided by its
factor.
"""

from collections.abc import Sequence

import numpy as np

from lms_stack.observation import Observation, Window
from lms_stack.regression import SEEN, Array, summed
from lms_stack.units import Z80

#: Turns of the fit: it comes near its end by a factor of two or more with each.
TURNS = 60


def drift(observations: Sequence[Observation]) -> Array:
    """(loads,): CPU time of each load over that on the machine as it was on average, 1 where it shares no class."""
    windows = [each.windows for each in observations]
    classes = sorted({name for each in windows for window in each for name in window.requests})
    counts, spent = (summed(windows, classes, of) for of in ("requests", "app_seconds"))
    usable = (counts >= SEEN) & (spent > 0)
    usable &= usable.sum(axis=0) >= 2  # a class of one load alone ties it to no other
    counts, spent = np.where(usable, counts, 0.0), np.where(usable, spent, 0.0)
    factors = np.ones(len(observations))
    tied = usable.any(axis=1)
    for _ in range(TURNS if tied.any() else 0):
        costs = _ratio(spent.sum(axis=0), (counts * factors[:, None]).sum(axis=0))
        factors = np.where(tied, _ratio(spent.sum(axis=1), counts @ costs), 1.0)
        factors[tied] /= np.exp(np.log(factors[tied]).mean())
    return factors


def at_one_speed(observations: Sequence[Observation]) -> tuple[list[Observation], Array]:
    """The loads as if the machine had been as fast as on average in all of them, and the drift that was taken out."""
    factors = drift(observations)
    return [_scaled(each, float(factor)) for each, factor in zip(observations, factors, strict=True)], factors


def spread_by(factors: Array) -> float:
    """Within what factor the machine's speed stays of its average four times in five, by the drift that was seen."""
    return float(np.exp(Z80 * np.log(factors).std(ddof=1))) if len(factors) > 1 else 1.0


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def _scaled(seen: Observation, factor: float) -> Observation:
    return seen.model_copy(update={"windows": tuple(_window(each, factor) for each in seen.windows)})


def _window(window: Window, factor: float) -> Window:
    return window.model_copy(
        update={
            "app_seconds": {name: spent / factor for name, spent in window.app_seconds.items()},
            "cpu": {role: spent / factor for role, spent in window.cpu.items()},
            "other": window.other / factor,
        }
    )
