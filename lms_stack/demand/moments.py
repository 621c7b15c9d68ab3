"""The moments at which the courses of one stack can have their peak, and at which of them each journey has its own."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from lms_stack.demand.arrivals import Held, medians
from lms_stack.demand.inputs import Draws

#: Of the moments of one journey so many are looked at draw by draw: the busiest may be another in each.
_LOOKED_AT = 3


def moments_of(courses: Sequence[Held]) -> tuple[datetime, ...]:
    """The moments that can be the busiest of some journey, in their order.

    These are the busiest hour of all study visits together and of each course, the openings of exams, the beginnings of
    live sessions, and the evenings on which essays are due.
    """
    every = sorted({_busiest_evening(courses), *(moment for each in courses for moment in _events(each))})
    busiest = {every[row] for rates in _together(courses, every).values() for row in np.argsort(-rates)[:_LOOKED_AT]}
    return tuple(sorted(busiest))


def peak_moments(courses: Sequence[Held], moments: Sequence[datetime]) -> dict[str, datetime]:
    """When each journey has its peak, every input being at its median."""
    return {name: moments[int(np.argmax(rates))] for name, rates in _together(courses, moments).items()}


def _together(courses: Sequence[Held], moments: Sequence[datetime]) -> dict[str, Draws]:
    totals: dict[str, Draws] = defaultdict(lambda: np.zeros(len(moments)))
    for each in courses:
        for name, rates in medians(each, moments).items():
            totals[name] = totals[name] + rates[:, 0]
    return totals


def _events(each: Held) -> set[datetime]:
    """The moments of one course."""
    first = each.course.dates.opens
    due = {(unit.due - first).days for unit in each.course.content if unit.kind == "essay"}
    openings = {exam.opens for exam in each.course.exams}
    live = {one.starts for one in each.live}
    return {each.days.busiest_hour, *map(each.days.busiest_hour_of, due), *openings, *live}


def _busiest_evening(courses: Sequence[Held]) -> datetime:
    """The evening on which the most learners of all courses together are on the site."""
    first = min(each.course.dates.opens for each in courses)
    last = max(each.course.dates.closes for each in courses)
    learners = np.zeros((last - first).days + 1)
    for each in courses:
        start = (each.course.dates.opens - first).days
        learners[start : start + len(each.days.of_day)] += each.course.learners * each.days.of_day
    evening = courses[0].days.busiest_hour_of(0) + timedelta(days=int(np.argmax(learners)))
    return evening + (first - courses[0].course.dates.opens)
