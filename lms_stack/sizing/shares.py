"""Several courses on one stack: what each of them adds to what is planned."""

from collections.abc import Sequence

from lms_stack.course import Course
from lms_stack.demand import demand, demand_together
from lms_stack.facts import Facts
from lms_stack.outlook import CourseShare
from lms_stack.plan import Plan
from lms_stack.sizing.rules import plan
from lms_stack.units import Figure, show


def course_shares(courses: Sequence[Course], planned: Plan, known: Facts) -> tuple[CourseShare, ...]:
    """What would be planned less without each course; nothing where there is only one.

    The shares are less than the whole: courses that have their peak at another time add little to each other's.

    :param planned: what is planned for all of them.
    """
    return tuple(_share(courses, each, planned, known) for each in courses) if len(courses) > 1 else ()


def _share(courses: Sequence[Course], each: Course, planned: Plan, known: Facts) -> CourseShare:
    live = planned.demand.live
    others = [other for other in courses if other.name != each.name]
    without = plan(courses[0], demand_together(others, known, live=live), known)
    alone = demand(each, known, live=live.get(each.name, ()))
    requests = planned.demand.request_rate, without.demand.request_rate
    return CourseShare(
        name=each.name,
        title=each.title,
        learners=each.learners,
        alone=Figure(value=alone.request_rate, unit="1/s", reason=f"the planned peak of {each.name} by itself"),
        requests=_added(*requests, "1/s"),
        egress=_added(planned.demand.egress.value, without.demand.egress.value, "bit/s"),
        cores=_added(planned.stack_cores.value, without.stack_cores.value, "core"),
    )


def _added(together: float, without: float, unit: str) -> Figure:
    """Percentiles of draws differ by chance: a course that adds nothing may seem to take a little away."""
    reason = f"{show(together, unit)} for all courses together, {show(without, unit)} without it"
    return Figure(value=max(0.0, together - without), unit=unit, reason=reason)
