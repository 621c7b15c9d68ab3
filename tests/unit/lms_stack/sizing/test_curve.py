"""The same course with other numbers of learners."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.sizing.curve import curve, scaled, shared
from tests.unit.lms_stack.samples import COURSE, course


def test_the_course_itself_is_the_point_of_its_own_learners() -> None:
    assert scaled(COURSE, COURSE.learners) == COURSE


def test_instructors_and_classes_keep_step_with_the_learners() -> None:
    taught = course(learners=600, instructors=10, classes=20)
    larger = scaled(taught, 6_000)
    assert (larger.learners, larger.instructors, larger.classes) == (6_000, 100, 200)
    assert scaled(taught, 1).instructors == 1


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4), st.integers(1, 5_000_000))
def test_several_courses_keep_their_shares_of_the_learners(each: list[int], learners: int) -> None:
    courses = tuple(course(name=f"c{number}", learners=count) for number, count in enumerate(each))
    found = [one.learners for one in shared(courses, learners)]
    assert learners <= sum(found) < learners + len(found)
    for count, before in zip(found, each, strict=True):
        assert count == pytest.approx(learners * before / sum(each), abs=1)
    assert shared(courses, sum(each)) == courses


def test_a_point_of_several_courses_is_that_of_all_of_them_together() -> None:
    courses = (course(name="a", learners=2_000), course(name="b", learners=4_000))
    (both,) = curve(courses, (6_000,))
    (one,) = curve((course(learners=6_000),), (6_000,))
    assert both.learners == 6_000
    assert both.requests.value == pytest.approx(one.requests.value, rel=0.1)


def test_the_need_grows_with_the_learners() -> None:
    points = curve((COURSE,), (1_000, 10_000, 100_000))
    for few, many in pairwise(points):
        assert many.requests.value > few.requests.value
        assert many.cores.value > few.cores.value
        assert many.egress.value > few.egress.value
        assert many.planned_cores.value > few.planned_cores.value
        assert many.line.value >= few.line.value


def test_a_point_names_the_best_design_or_what_stands_in_the_way() -> None:
    few, many = curve((COURSE,), (1_000, 5_000_000))
    assert few.best
    assert not few.excuses
    assert not many.best
    assert many.excuses


def test_planned_cores_are_those_of_the_hosts_that_carry_the_learners() -> None:
    (point,) = curve((COURSE,), (20_000,))
    assert "loadgen" not in point.planned_cores.reason
    assert "app-1" in point.planned_cores.reason
