"""1,000 draws of the peak and of what its requests cost: the same course, each time as it may turn out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from lms_stack.course import Course
from lms_stack.demand import DemandDraws, LiveStart, demand_draws
from lms_stack.facts import Facts
from lms_stack.request_classes import RequestClass
from lms_stack.roles import STACK_ROLES
from lms_stack.units import Z80, Figure, Interval

Array = NDArray[np.float64]

DRAWS = 1000


@dataclass(frozen=True)
class LoadDraws:
    """What the servers may have to do at the peak, draw by draw."""

    classes: tuple[RequestClass, ...]
    requests: Array
    """(draws, classes): requests/s."""
    costs: Array
    """(draws, classes, roles): seconds of one core, in the order of STACK_ROLES."""
    egress: Array
    """(draws,): bit/s."""
    ingress: Array
    """(draws,): bit/s."""
    inputs: dict[str, Array]
    """Each uncertain input by its name, (draws,)."""

    @property
    def busy(self) -> Array:
        """(draws, roles): cores kept busy, by the utilisation law."""
        return np.asarray(np.einsum("dk,dkr->dr", self.requests, self.costs))


def load_draws(
    courses: Sequence[Course],
    known: Facts,
    *,
    live: Mapping[str, Sequence[LiveStart]] | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> LoadDraws:
    """Draw the peak of the courses on one stack, and their service demands.

    A service demand is log-normal: it can't be negative, and its spread is a factor (low = mid / spread and
    high = mid × spread hold the middle 80 %). Part of the factor is the machine's and common to all roles.

    :param live: by the course's name, the starts of its live sessions.
    """
    peak = demand_draws(courses, known, live=live, draws=draws, seed=seed)
    return with_costs(peak, known, seed=seed)


def with_costs(peak: DemandDraws, known: Facts, *, seed: int = 1) -> LoadDraws:
    """Draws of the peak with what each of its requests costs."""
    table = known.service_demands
    measured = np.array([[table.demands[name].of(role) for role in STACK_ROLES] for name in peak.classes])
    factors = _factors(len(peak.egress), known, seed)
    return LoadDraws(
        classes=peak.classes,
        requests=peak.requests,
        costs=measured[None] * factors[:, None, :],
        egress=peak.egress,
        ingress=peak.ingress,
        inputs=peak.inputs | {"service_demands": factors.mean(axis=1)},
    )


def _factors(draws: int, known: Facts, seed: int) -> Array:
    """(draws, roles): times the measured service demand."""
    random = np.random.default_rng([seed, 1])
    sigma = log(known.service_demands.spread) / Z80
    shared = known.sizing["machine_share"].number
    machine, role = random.standard_normal((draws, 1)), random.standard_normal((draws, len(STACK_ROLES)))
    return np.asarray(np.exp(sigma * (np.sqrt(shared) * machine + np.sqrt(1 - shared) * role)))


def interval(values: Array, unit: str) -> Interval:
    """The middle 80 % of the draws and their median."""
    low, mid, high = (float(each) for each in np.quantile(values, (0.1, 0.5, 0.9)))
    return Interval(low=low, mid=mid, high=high, unit=unit)


def figure(values: Array, unit: str, reason: str) -> Figure:
    """The median of the draws, with the interval that holds their middle 80 %."""
    likely = interval(values, unit)
    return Figure(value=likely.mid, unit=unit, reason=reason, interval=likely)
