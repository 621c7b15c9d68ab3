"""Draws of the peak: uncertain inputs, times arrivals that vary from one minute to the next.

For each draw every journey has the busiest of its moments, and in it the count of one minute. Counts vary more than
Poisson's: their variance is the mean times a dispersion. They are quantiles of the gamma distribution of that mean and
variance, the continuous partner of the negative binomial, at even draws: so more learners never mean fewer arrivals
(decision 0080).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from lms_stack.course import Course
from lms_stack.demand.arrivals import JOIN, Held, arrivals, held_together, on_the_site
from lms_stack.demand.inputs import Draws, drawn, even
from lms_stack.demand.live import LiveStart
from lms_stack.demand.model import DemandInput
from lms_stack.demand.moments import moments_of, peak_moments
from lms_stack.demand.quantiles import gamma
from lms_stack.demand.traffic import by_class, egress_bits, ingress_bits, segment_bytes
from lms_stack.facts import Facts, facts
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure

#: What somebody does who comes for a live session: sign in, look around, and follow its link.
JOINING = ("sign_in", "look_around", "live_session")

#: Draws that a plan is made of, and the seed: the same course always gives the same plan.
DRAWS = 1000
SEED = 1


@dataclass(frozen=True)
class DemandDraws:
    """Monte Carlo draws of the planned peak.

    :ivar requests: (draws, classes), requests/s.
    :ivar egress: (draws,), bit/s.
    :ivar ingress: (draws,), bit/s.
    :ivar inputs: each uncertain input by the fact's name, (draws,), in its unit.
    """

    classes: tuple[RequestClass, ...]
    requests: NDArray[np.float64]
    egress: NDArray[np.float64]
    ingress: NDArray[np.float64]
    inputs: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Peak:
    """The peak of one or several courses, draw by draw.

    :ivar arrivals: of each journey, (draws,), 1/s; `means` are those before they vary.
    :ivar when: the moment at which each journey has its peak.
    :ivar concurrent: learners on study visits at once, (draws,).
    """

    courses: tuple[Held, ...]
    arrivals: dict[str, Draws]
    means: dict[str, Draws]
    when: dict[str, datetime]
    concurrent: Draws
    segment: Figure
    draws: DemandDraws


def demand_draws(
    courses: Sequence[Course],
    known: Facts | None = None,
    *,
    live: Mapping[str, Sequence[LiveStart]] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> DemandDraws:
    """Draws of the peak of all courses that share a stack.

    :param known: the facts to use; those shipped with this version where it is None.
    :param live: by the course's name, the starts of its live sessions.
    :raises ValueError: there is no course, or two have one name.
    """
    return peak(held_together(courses, known or facts(), live), draws, seed).draws


def peak(courses: Sequence[Held], draws: int = DRAWS, seed: int = SEED) -> Peak:
    """The peak of all courses that share a stack; what is at another time doesn't add."""
    known = courses[0].known
    moments = moments_of(courses)
    busiest = {name: rates.max(axis=0) for name, rates in _summed(courses, moments, draws, seed).items()}
    means = _with_joins(busiest)
    counted = {name: _varied(name, rates, known, seed) for name, rates in means.items()}
    concurrent = [on_the_site(each, moments, drawn(each.inputs, draws, seed)) for each in courses]
    segment = segment_bytes([each.course for each in courses], concurrent, known)
    return Peak(
        courses=tuple(courses),
        arrivals=counted,
        means=means,
        when=peak_moments(courses, moments),
        concurrent=np.max(sum(concurrent), axis=0),
        segment=segment,
        draws=_draws(counted, segment, known, _inputs(courses, draws, seed)),
    )


def _summed(courses: Sequence[Held], moments: Sequence[datetime], draws: int, seed: int) -> dict[str, Draws]:
    """Mean arrivals of each journey over all courses, (moments, draws)."""
    total: dict[str, Draws] = defaultdict(lambda: np.zeros((len(moments), draws)))
    for each in courses:
        for name, rates in arrivals(each, moments, draws, seed).items():
            total[name] = total[name] + rates
    return {name: rates for name, rates in total.items() if rates.any()}


def _with_joins(means: dict[str, Draws]) -> dict[str, Draws]:
    """Who comes for a live session signs in and looks around.

    The exam's takers sign in as well and at another time, so only those count who are more than they.
    """
    joins = means.pop(JOIN, None)
    if joins is None:
        return means
    more = np.maximum(joins - means.get("exam", 0.0), 0.0)
    return means | {name: means.get(name, 0.0) + more for name in JOINING}


def _varied(journey: str, means: Draws, known: Facts, seed: int) -> Draws:
    """Arrivals per second as they are counted in one interval of the peak."""
    interval, dispersion = (known.activity[name].number for name in ("peak_interval", "arrival_dispersion"))
    shape = np.maximum(means * interval / dispersion, 1e-12)
    return gamma(shape, even(f"arrivals of {journey}", len(means), seed)) * dispersion / interval


def _draws(counted: Mapping[str, Draws], segment: Figure, known: Facts, inputs: dict[str, Draws]) -> DemandDraws:
    asked = {name: known.journeys[name].requests for name in counted}
    classes = tuple(sorted({name for requests in asked.values() for name in requests}))
    requests = np.stack(list(counted.values()), axis=1) @ np.array(by_class(asked, classes))
    return DemandDraws(
        classes=classes,
        requests=requests,
        egress=requests @ np.array(egress_bits(classes, segment.value, known)),
        ingress=requests @ np.array(ingress_bits(classes, known)),
        inputs=inputs,
    )


def named_inputs(courses: Sequence[Held]) -> dict[str, DemandInput]:
    """The inputs of all courses: general ones once, those of a course file by the course where there are several."""
    found = {}
    for each in courses:
        for name, one in each.inputs.items():
            own = one.written and len(courses) > 1
            key = f"{name} of {each.course.name}" if own else name
            found[key] = one.model_copy(update={"course": each.course.name}) if own else one
    return found


def _inputs(courses: Sequence[Held], draws: int, seed: int) -> dict[str, Draws]:
    return drawn(named_inputs(courses), draws, seed)
