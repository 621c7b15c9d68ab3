"""Several courses on one stack: what is planned for all of them, and what each adds."""

from datetime import timedelta
from functools import cache

import pytest

from lms_stack.course import Course
from lms_stack.demand import demand, demand_together
from lms_stack.facts import facts
from lms_stack.outlook import Outlook
from lms_stack.plan import Plan
from lms_stack.sizing import growth, plan, with_outlook
from lms_stack.sizing.shares import _added
from tests.unit.lms_stack.samples import course
from tests.unit.lms_stack.sizing.loads import DRAWS
from tests.unit.lms_stack.test_demand_process import moved
from tests.unit.lms_stack.test_sizing import figures

LARGE, SMALL = 30_000, 6_000


@cache
def together(days: int, **changes: object) -> Plan:
    """A large course and a small one some days later, on one stack."""
    courses = pair(days, **changes)
    return with_outlook(courses[0], plan(courses[0], demand_together(courses)), beside=courses[1:], draws=DRAWS)


def pair(days: int, **changes: object) -> tuple[Course, Course]:
    return course(name="large", learners=LARGE), moved(days, name="small", learners=SMALL, **changes)


def outlook(found: Plan) -> Outlook:
    assert found.outlook is not None
    return found.outlook


def test_one_course_alone_has_no_shares() -> None:
    taught = course(learners=LARGE)
    assert outlook(with_outlook(taught, plan(taught, demand(taught)), draws=20)).courses == ()


def test_each_course_adds_what_is_planned_less_without_it() -> None:
    found = together(0)
    shares = outlook(found).courses
    assert [(each.name, each.learners) for each in shares] == [("large", LARGE), ("small", SMALL)]
    large, small = pair(0)
    without = plan(large, demand(large))
    assert shares[1].requests.value == pytest.approx(found.demand.request_rate - without.demand.request_rate)
    assert shares[1].cores.value == pytest.approx(found.stack_cores.value - without.stack_cores.value)
    assert shares[1].egress.value == pytest.approx(found.demand.egress.value - without.demand.egress.value)
    assert shares[1].alone.value == pytest.approx(demand(small).request_rate)


def test_a_course_with_its_exam_on_another_day_adds_less_than_one_with_the_same_evening() -> None:
    same, apart = (outlook(together(days)).courses[1] for days in (0, 3))
    assert apart.requests.value < 0.9 * same.requests.value
    assert same.requests.value == pytest.approx(same.alone.value, rel=0.15)


def test_a_course_a_year_later_adds_nothing() -> None:
    added = outlook(together(400)).courses[1]
    assert 0 <= added.requests.value < 0.02 * added.alone.value
    assert added.cores.value >= 0


def test_no_course_is_told_to_take_something_away() -> None:
    assert _added(10.0, 10.1, "1/s").value == 0
    assert _added(10.0, 9.0, "1/s").value == pytest.approx(1)


def test_the_outlook_is_that_of_all_courses_together() -> None:
    alone = course(name="large", learners=LARGE)
    single = outlook(with_outlook(alone, plan(alone, demand(alone)), draws=DRAWS))
    both = outlook(together(0))
    assert both.requests.value == pytest.approx(single.requests.value * (LARGE + SMALL) / LARGE, rel=0.05)
    assert both.weekly_growth.value == pytest.approx(single.weekly_growth.value * (LARGE + SMALL) / LARGE)


def test_the_strictest_promise_of_all_courses_counts() -> None:
    strict = course().objectives.model_copy(update={"page_p95": 0.0001})
    assert outlook(together(0, objectives=strict)).within_objective.value == 0
    assert outlook(together(0)).within_objective.value > 0


def test_start_slots_are_offered_for_the_exam_of_each_course_by_its_name() -> None:
    choices = outlook(together(0)).exam_slots
    exams = list(dict.fromkeys(each.exam for each in choices))
    assert [each.rpartition(" ")[2] for each in exams] == ["(large)", "(small)"]
    most = {exam: max(each.saved.value for each in choices if each.exam == exam) for exam in exams}
    assert most[exams[0]] > most[exams[1]] >= 0


def test_each_course_grows_as_long_as_it_runs() -> None:
    short, long = course(learners=100), moved(0, name="long", learners=300)
    closes = long.dates.closes + timedelta(weeks=8)
    long = long.model_copy(update={"dates": long.dates.model_copy(update={"closes": closes})})
    week = growth.weekly(short, facts())
    weeks = ((short.dates.closes - short.dates.opens).days + 1) / 7
    assert growth.over_course((short,), week).value == pytest.approx(week.value * weeks)
    assert growth.over_course((short, long), week).value == pytest.approx(week.value * (weeks + 0.75 * 8))


def test_a_plan_of_several_courses_has_a_reason_for_every_number_and_comes_back_from_json() -> None:
    found = together(0)
    assert all(each.reason.strip() and each.unit.strip() for each in figures(found))
    assert Plan.model_validate_json(found.model_dump_json()) == found
