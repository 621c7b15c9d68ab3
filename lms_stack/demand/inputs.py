"""The uncertain inputs of the demand, and draws of each.

An input has a low, a likely and a high value that hold the truth four times in five. It is drawn from the two-piece
log-normal whose 10th percentile, median and 90th percentile these three are: positive, skewed as shares and lengths of
time are, and it takes the three values for what the facts say they are (decision 0080). Shares end at 1.
"""

from collections.abc import Mapping
from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lms_stack.course import Course
from lms_stack.demand.model import DemandInput
from lms_stack.demand.quantiles import normal
from lms_stack.facts import Facts
from lms_stack.units import Interval

Draws: TypeAlias = NDArray[np.float64]

#: The uncertain inputs, by the name of the fact.
NAMES = (
    "evening_concurrency",
    "visit_length",
    "watching_share",
    "exam_attendance",
    "exam_busiest_minute",
    "essay_handed_in",
    "deadline_last_day",
    "deadline_busiest_hour",
    "live_attendance",
    "live_busiest_minute",
    "instructors_marking",
    "gradebook_interval",
)

#: Standard normal distance of the 90th percentile from the median.
_Z90 = 1.2815515655446004


def inputs_of(course: Course, known: Facts) -> dict[str, DemandInput]:
    """The inputs of one course: what its file says of its learners, else the facts."""
    said = dict(course.expectations)
    return {name: _input(name, said.get(name), known) for name in NAMES}


def _input(name: str, said: float | None, known: Facts) -> DemandInput:
    fact = known.activity[name]
    if said is None:
        return DemandInput(name=name, what=fact.what, interval=fact.interval, source=fact.source, written=False)
    interval = Interval.exact(said, fact.unit)
    source = f"written in the course file (expectations.{name})"
    return DemandInput(name=name, what=fact.what, interval=interval, source=source, written=True)


def even(name: str, draws: int, seed: int) -> Draws:
    """Draws of a uniform variable, one from each of as many equal parts of 0 to 1, in an order of the name's own.

    The same name gives the same draws for every course, so that what is not known of teachers in general is not
    averaged away over several courses. One draw from each part is a Latin hypercube (McKay, Beckman and Conover,
    Technometrics 21(2), 1979).
    """
    chance = np.random.default_rng([seed, crc32(name.encode())])
    return (chance.permutation(draws) + chance.random(draws)) / draws


def drawn(inputs: Mapping[str, DemandInput], draws: int, seed: int) -> dict[str, Draws]:
    """Draws of each input, in its unit."""
    return {name: _values(each.interval, even(name, draws, seed)) for name, each in inputs.items()}


def _values(interval: Interval, chance: Draws) -> Draws:
    if interval.low == interval.high:
        return np.full(chance.shape, interval.mid)
    low = max(interval.low, interval.mid * 1e-6)
    steps = normal(chance) / _Z90
    values = interval.mid * np.where(steps < 0, (interval.mid / low) ** steps, (interval.high / interval.mid) ** steps)
    return np.minimum(values, 1.0) if interval.unit == "share" else values
