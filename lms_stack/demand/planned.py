"""From the draws of a peak to the planned one: a chosen percentile, each figure with its reason.

Pages and films are planned apart, as the first fill the servers and the second the line. For pages the planned peak is
the percentile of all requests of a draw together, shared out over the journeys as their own percentiles are: the
percentile of the sum, which is less than the sum of the percentiles. Film has the percentile of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lms_stack.course import VIET_NAM, Course
from lms_stack.demand.arrivals import Held, held, held_together
from lms_stack.demand.draws import Peak, named_inputs, peak
from lms_stack.demand.inputs import Draws
from lms_stack.demand.live import LiveStart
from lms_stack.demand.model import Demand, JourneyDemand
from lms_stack.demand.reasons import reason_at_once, reason_of
from lms_stack.demand.traffic import egress_bits, ingress_bits, letters, storage
from lms_stack.facts import Facts, facts
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure, Interval, show

#: The journey that fills the line and not the servers.
FILM = "watch"


def demand(course: Course, known: Facts | None = None, *, live: Sequence[LiveStart] = (), slots: int = 1) -> Demand:
    """The planned peak of a course; the same course always has the same.

    :param known: the facts to use; those shipped with this version where it is None.
    :param live: the starts of its live sessions (lms_stack/demand/live.py reads them).
    :param slots: into how many start slots each exam is spread.
    """
    return _planned((held(course, known or facts(), live, slots),))


def demand_together(
    courses: Sequence[Course],
    known: Facts | None = None,
    *,
    live: Mapping[str, Sequence[LiveStart]] | None = None,
    slots: Mapping[str, int] | None = None,
) -> Demand:
    """The planned peak of several courses on one stack: the percentile of their sum, moment by moment.

    :param live: by the course's name, the starts of its live sessions.
    :param slots: by the course's name, into how many start slots its exams are spread; one where it is left out.
    :raises ValueError: there is no course, or two have one name.
    """
    return _planned(held_together(courses, known or facts(), live, slots))


@dataclass(frozen=True)
class _Percentile:
    """Low, likely and planned value of drawn figures."""

    planned: float

    def interval(self, drawn: Draws, unit: str, high: float | None = None) -> Interval:
        """From the opposite percentile over the median to the planned one, or to a planned value that is given."""
        low, mid, own = np.quantile(drawn, [1 - self.planned, 0.5, self.planned])
        end = float(own if high is None else high)
        likely = min(float(mid), end)
        return Interval(low=min(float(low), likely), mid=likely, high=end, unit=unit, confidence=2 * self.planned - 1)

    def __str__(self) -> str:
        return f"{100 * self.planned:g}th percentile"


def _planned(courses: tuple[Held, ...]) -> Demand:
    found = peak(courses)
    known = courses[0].known
    percentile = _Percentile(known.activity["peak_percentile"].number)
    journeys = _journeys(found, percentile)
    requests = _requests(found, journeys, percentile)
    learners = sum(each.course.learners for each in courses)
    return Demand(
        learners=learners,
        concurrent_learners=_concurrent(found, percentile),
        journeys=tuple(journeys),
        requests=requests,
        segment_bytes=found.segment,
        egress=_egress(found, requests, percentile),
        ingress=_ingress(found, requests, percentile),
        storage=storage([each.course for each in courses], known),
        letters=letters(learners, known),
        inputs=tuple(named_inputs(courses).values()),
        live={each.course.name: each.live for each in courses if each.live},
    )


def _figure(interval: Interval, why: str) -> Figure:
    return Figure(value=interval.high, unit=interval.unit, reason=f"{why} = {interval}", interval=interval)


def _concurrent(found: Peak, percentile: _Percentile) -> Figure:
    interval = percentile.interval(found.concurrent, "learners")
    why = reason_at_once(found.courses)
    return _figure(interval, f"{percentile} of {why} in the busiest evening hour")


def _journeys(found: Peak, percentile: _Percentile) -> list[JourneyDemand]:
    known = found.courses[0].known
    values = {name: _own(found, name, percentile) for name in found.arrivals}
    share = _share_of_the_sum(found, values, percentile)
    journeys = []
    for name, own in values.items():
        value = own if name == FILM else own * share
        interval = percentile.interval(found.arrivals[name], "1/s", value)
        at = found.when[name].astimezone(VIET_NAM)
        joint = "" if name == FILM else f", × {share:.3g} as all pages together reach their {percentile}"
        why = f"{percentile} of a minute around {at:%Y-%m-%d %H:%M}: {reason_of(name, found.courses)}{joint}"
        journeys.append(
            JourneyDemand(journey=name, arrivals=_figure(interval, why), requests=known.journeys[name].requests)
        )
    return journeys


def _own(found: Peak, name: str, percentile: _Percentile) -> float:
    """A journey's own percentile; its mean where it is so rare that most minutes have none."""
    return max(float(np.quantile(found.arrivals[name], percentile.planned)), float(found.means[name].mean()))


def _share_of_the_sum(found: Peak, values: Mapping[str, float], percentile: _Percentile) -> float:
    """What the percentile of all pages together is of the sum of the journeys' percentiles."""
    known = found.courses[0].known
    sizes = {name: sum(known.journeys[name].requests.values()) for name in values if name != FILM}
    together = sum(found.arrivals[name] * size for name, size in sizes.items())
    apart = sum(values[name] * size for name, size in sizes.items())
    return min(1.0, max(float(np.quantile(together, percentile.planned)), float(np.mean(together))) / apart)


def _requests(found: Peak, journeys: Sequence[JourneyDemand], percentile: _Percentile) -> dict[RequestClass, Figure]:
    figures = {}
    for column, name in enumerate(found.draws.classes):
        parts = [(each, each.requests[name]) for each in journeys if name in each.requests]
        value = sum(each.arrivals.value * count for each, count in parts)
        why = " + ".join(f"{each.journey} {each.arrivals} × {count:g}" for each, count in parts)
        figures[name] = _figure(percentile.interval(found.draws.requests[:, column], "1/s", value), why)
    return figures


def _egress(found: Peak, requests: Mapping[RequestClass, Figure], percentile: _Percentile) -> Figure:
    known = found.courses[0].known
    bits = egress_bits(found.draws.classes, found.segment.value, known)
    overhead = known.sizing["protocol_overhead"].number
    return _carried(found.draws.egress, bits, requests, percentile, f"bytes of each class × 8 × overhead {overhead:g}")


def _ingress(found: Peak, requests: Mapping[RequestClass, Figure], percentile: _Percentile) -> Figure:
    known = found.courses[0].known
    bits = ingress_bits(found.draws.classes, known)
    overhead = known.sizing["protocol_overhead"].number
    what = f"1,200 B (500,000 B an essay) × 8 × overhead {overhead:g}"
    return _carried(found.draws.ingress, bits, requests, percentile, what)


def _carried(
    drawn: Draws,
    bits: Sequence[float],
    requests: Mapping[RequestClass, Figure],
    percentile: _Percentile,
    what: str,
) -> Figure:
    value = sum(figure.value * size for figure, size in zip(requests.values(), bits, strict=True))
    why = f"requests/s at the planned peak × {what}; median {show(float(np.median(drawn)), 'bit/s')}"
    return _figure(percentile.interval(drawn, "bit/s", value), why)
