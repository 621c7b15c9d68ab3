"""What the draws say of a plan."""

from dataclasses import replace
from itertools import pairwise

import pytest

from lms_stack.course import Expectations
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.plan import Plan
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.sizing import plan, with_outlook
from lms_stack.sizing.growth import disk_operations
from tests.unit.lms_stack.samples import course
from tests.unit.lms_stack.sizing.loads import DRAWS, changed, load, outlook, outlooked
from tests.unit.lms_stack.test_sizing import figures

SIZES = [1, 600, 5_000, 100_000, 5_000_000]


@pytest.mark.parametrize("learners", SIZES)
def test_every_number_of_an_outlook_has_a_unit_and_a_reason(learners: int) -> None:
    found = figures(outlook(learners))
    assert len(found) > 100
    assert all(each.reason.strip() and each.unit.strip() for each in found)


@pytest.mark.parametrize("learners", SIZES)
def test_a_plan_with_its_outlook_comes_back_from_json_as_it_was(learners: int) -> None:
    found = outlooked(learners)
    assert Plan.model_validate_json(found.model_dump_json()) == found


def test_nothing_that_is_built_changes_by_the_outlook() -> None:
    taught = course(learners=5_000)
    bare = plan(taught, demand(taught))
    assert with_outlook(taught, bare, draws=20).model_copy(update={"outlook": None}) == bare


@pytest.mark.parametrize("learners", SIZES)
def test_half_of_a_class_is_quicker_than_its_p95_and_that_than_its_p99(learners: int) -> None:
    for each in outlook(learners).latencies:
        assert each.p50.value <= each.p95.value <= each.p99.value <= facts().sizing["longest_wait"].number


def test_the_slowest_pages_are_at_least_as_slow_as_each_class_of_pages() -> None:
    found = outlook(600)
    pages = [each.p95.value for each in found.latencies if each.request_class not in FILE_CLASSES]
    assert found.page_p95.value >= max(pages) * (1 - 1e-9)


def test_a_promise_that_nobody_can_keep_is_kept_in_no_draw() -> None:
    taught = course(learners=600)
    strict = taught.model_copy(update={"objectives": taught.objectives.model_copy(update={"page_p95": 0.0001})})
    found = with_outlook(strict, plan(strict, demand(strict)), draws=50).outlook
    assert found is not None
    assert found.within_objective.value == 0
    assert outlook(600).within_objective.value > 0.5


def test_more_learners_ask_more_of_the_disks_and_leave_more_on_them() -> None:
    few, many = outlook(600), outlook(60_000)
    assert many.disk_operations.value > few.disk_operations.value
    assert many.weekly_growth.value == pytest.approx(100 * few.weekly_growth.value)


def test_the_course_grows_by_its_weeks() -> None:
    found = outlook(600)
    weeks = ((course().dates.closes - course().dates.opens).days + 1) / 7
    assert found.course_growth.value == pytest.approx(weeks * found.weekly_growth.value)


def test_start_slots_of_an_exam_never_ask_for_more_than_one_start_for_all() -> None:
    choices = outlook(60_000).exam_slots
    assert choices[0].slots == 1
    assert choices[0].saved.value == 0
    assert len(choices) > 2
    for one, more in pairwise(choices):
        assert more.slots > one.slots
        assert more.starts.value < one.starts.value
        assert more.cores.value <= one.cores.value
        assert more.saved.value == pytest.approx(choices[0].cores.value - more.cores.value)
    assert choices[-1].saved.value > 0


def test_a_course_without_an_exam_has_no_start_slots() -> None:
    taught = course(content=course().lessons)
    found = with_outlook(taught, plan(taught, demand(taught)), draws=20).outlook
    assert found is not None
    assert found.exam_slots == ()


def test_what_a_course_file_says_for_certain_need_not_be_found_out() -> None:
    names = [each.name for each in outlook(600).find_out_first]
    assert len(names) == 3
    known = course(expectations=Expectations.model_validate({names[0]: "20 %"}))
    found = with_outlook(known, plan(known, demand(known)), draws=DRAWS).outlook
    assert found is not None
    assert names[0] not in [each.name for each in found.find_out_first]


def test_only_requests_that_write_ask_something_of_the_disks() -> None:
    known = changed("commit_operations", 5, where="sizing")
    reading = load(rate=10)
    writing = replace(reading, classes=(RequestClass.LOGIN,))
    assert disk_operations(reading, known).value == 0
    assert disk_operations(writing, known).value == pytest.approx(50)
