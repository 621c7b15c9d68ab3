"""The same course with other numbers of learners: what it would need, point by point."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from lms_stack.course import Course
from lms_stack.demand import LiveStart, demand_together
from lms_stack.evidence import Excuse
from lms_stack.facts import Facts, facts
from lms_stack.prices import Prices
from lms_stack.sizing.outlook import with_outlook
from lms_stack.sizing.rules import plan
from lms_stack.units import Figure, Frozen


class CurvePoint(Frozen):
    """What a number of learners needs."""

    learners: int
    requests: Figure
    cores: Figure
    """Cores kept busy at the peak."""
    planned_cores: Figure
    """Cores of the planned hosts that carry the learners."""
    egress: Figure
    line: Figure
    page_p95: Figure
    best: str
    """The design with the least regret among those that fit; empty where none does."""
    excuses: tuple[Excuse, ...]


def scaled(course: Course, learners: int) -> Course:
    """The course with so many learners, and as many instructors and classes for each of them as before."""
    factor = learners / course.learners
    counts = {name: max(1, round(getattr(course, name) * factor)) for name in ("instructors", "classes")}
    return course.model_copy(update={"learners": learners, **counts})


def shared(courses: Sequence[Course], learners: int) -> tuple[Course, ...]:
    """The courses with so many learners together, of which each has the share that it has now, and at least one."""
    ends = [sum(each.learners for each in courses[:count]) for count in range(len(courses) + 1)]
    upto = [round(learners * end / ends[-1]) for end in ends]
    return tuple(scaled(each, max(1, high - low)) for each, (low, high) in zip(courses, pairwise(upto), strict=True))


def curve(
    courses: Sequence[Course],
    learners: Iterable[int],
    known: Facts | None = None,
    prices: Prices | None = None,
    live: Mapping[str, Sequence[LiveStart]] | None = None,
) -> tuple[CurvePoint, ...]:
    """What the courses on one stack would need with each of these numbers of learners, all courses together.

    :param live: by the course's name, the starts of its live sessions.
    """
    known = known or facts()
    return tuple(_point(shared(courses, number), known, prices, live) for number in learners)


def _point(
    courses: Sequence[Course], known: Facts, prices: Prices | None, live: Mapping[str, Sequence[LiveStart]] | None
) -> CurvePoint:
    first, *beside = courses
    asked = demand_together(courses, known, live=live)
    found = with_outlook(first, plan(first, asked, known), known, prices, beside=beside, variants=False)
    outlook = found.outlook
    if outlook is None:
        raise AssertionError("with_outlook gave none")
    return CurvePoint(
        learners=asked.learners,
        requests=outlook.requests,
        cores=outlook.cores,
        planned_cores=found.stack_cores,
        egress=outlook.egress,
        line=found.bandwidth,
        page_p95=outlook.page_p95,
        best=next((design.name for design in outlook.designs if design.fits), ""),
        excuses=outlook.excuses,
    )
