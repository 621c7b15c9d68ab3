"""The same course with other numbers of learners."""

from itertools import pairwise

from lms_stack.sizing.curve import curve, scaled
from tests.unit.lms_stack.samples import COURSE, course


def test_the_course_itself_is_the_point_of_its_own_learners() -> None:
    assert scaled(COURSE, COURSE.learners) == COURSE


def test_instructors_and_classes_keep_step_with_the_learners() -> None:
    taught = course(learners=600, instructors=10, classes=20)
    larger = scaled(taught, 6_000)
    assert (larger.learners, larger.instructors, larger.classes) == (6_000, 100, 200)
    assert scaled(taught, 1).instructors == 1


def test_the_need_grows_with_the_learners() -> None:
    points = curve(COURSE, (1_000, 10_000, 100_000))
    for few, many in pairwise(points):
        assert many.requests.value > few.requests.value
        assert many.cores.value > few.cores.value
        assert many.egress.value > few.egress.value
        assert many.planned_cores.value > few.planned_cores.value
        assert many.line.value >= few.line.value


def test_a_point_names_the_best_design_or_what_stands_in_the_way() -> None:
    few, many = curve(COURSE, (1_000, 5_000_000))
    assert few.best
    assert not few.excuses
    assert not many.best
    assert many.excuses


def test_planned_cores_are_those_of_the_hosts_that_carry_the_learners() -> None:
    (point,) = curve(COURSE, (20_000,))
    assert "loadgen" not in point.planned_cores.reason
    assert "app-1" in point.planned_cores.reason
