"""Draws around the planned peak of a Demand, until the demand's own are there."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from lms_stack.course import Course
from lms_stack.demand import demand
from lms_stack.facts import Facts, facts
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DemandDraws:
    """Draws of the planned peak."""

    classes: tuple[RequestClass, ...]
    requests: Array
    egress: Array
    ingress: Array
    inputs: dict[str, Array]


def demand_draws(course: Course, known: Facts | None = None, *, draws: int = 1000, seed: int = 1) -> DemandDraws:
    """Each figure log-normal in its interval, all of them up or down together."""
    asked = demand(course, known or facts())
    normal = np.random.default_rng(seed).standard_normal(draws)
    return DemandDraws(
        classes=tuple(asked.requests),
        requests=np.stack([_drawn(each, normal) for each in asked.requests.values()], axis=1),
        egress=_drawn(asked.egress, normal),
        ingress=_drawn(asked.ingress, normal),
        inputs={"evening_concurrency": normal},
    )


def _drawn(figure: Figure, normal: Array) -> Array:
    if not figure.interval or figure.interval.low <= 0:
        return np.full_like(normal, figure.value)
    low, mid, high = figure.interval.low, figure.interval.mid, figure.interval.high
    sigma = np.where(normal > 0, log(high / mid), log(mid / low)) / 1.2816
    return np.asarray(mid * np.exp(sigma * normal))
