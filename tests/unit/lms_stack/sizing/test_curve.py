"""The same course with other numbers of learners, and which input the answer hangs on."""

from itertools import pairwise

import numpy as np
import pytest

from lms_stack.sizing.curve import curve, scaled
from lms_stack.sizing.influence import find_out_first
from tests.unit.lms_stack.samples import COURSE, course
from tests.unit.lms_stack.sizing.loads import load


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


def test_the_input_that_moves_the_answer_is_told_first_and_a_known_one_not_at_all() -> None:
    random = np.random.default_rng(3)
    strong, weak = random.uniform(1, 2, 500), random.uniform(1, 2, 500)
    drawn = load(draws=500)
    drawn.requests[:, 0] *= strong**3 + 0.05 * weak
    drawn.inputs.update(weak=weak, strong=strong, known=np.ones(500))
    first, second = find_out_first(drawn, {"strong": "what moves it"})
    assert (first.name, first.of, second.name) == ("strong", "cores", "weak")
    assert first.correlation.reason.startswith("what moves it: ")
    assert first.correlation.value == pytest.approx(1, abs=0.01)
    assert abs(second.correlation.value) < 0.3
