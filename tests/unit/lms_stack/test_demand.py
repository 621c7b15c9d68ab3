"""From a course to the planned peak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course import Exam, Unit
from lms_stack.demand import Demand, demand
from lms_stack.facts import facts
from lms_stack.request_classes import RequestClass
from tests.unit.lms_stack.samples import COURSE, course


def journeys(asked: Demand) -> dict[str, float]:
    """Arrivals per second by journey."""
    return {each.journey: each.arrivals.value for each in asked.journeys}


def without(*kinds: str) -> tuple[Unit, ...]:
    """The course's content but for some kinds."""
    return tuple(unit for unit in COURSE.content if unit.kind not in kinds)


@given(st.integers(1, 2_000_000), st.integers(1, 1_000_000))
def test_more_learners_never_ask_for_less(learners: int, more: int) -> None:
    fewer, larger = (demand(course(learners=number)) for number in (learners, learners + more))
    assert larger.request_rate > fewer.request_rate
    assert larger.egress.value > fewer.egress.value
    assert larger.ingress.value > fewer.ingress.value
    assert larger.storage.value >= fewer.storage.value


@given(st.integers(1, 2_000_000), st.floats(1.2, 100))
def test_clearly_more_learners_ask_for_more_of_each_class_but_those_of_instructors(
    learners: int, factor: float
) -> None:
    fewer, larger = (demand(course(learners=number)) for number in (learners, round(learners * factor) + 1))
    journeys = facts().journeys.values()
    at_work = {name for journey in journeys if journey.role != "learner" for name in journey.requests}
    learned = fewer.requests.keys() - at_work
    assert all(larger.requests[name].value >= fewer.requests[name].value for name in learned)


@given(st.floats(1e5, 1e7), st.floats(1.01, 10))
def test_a_higher_bit_rate_never_asks_for_less_of_the_line(rate: float, factor: float) -> None:
    def egress(bit_rate: float) -> float:
        lessons = tuple(
            lesson.model_copy(update={"video": lesson.video and lesson.video.model_copy(update={"bit_rate": bit_rate})})
            for lesson in COURSE.lessons
        )
        return demand(course(content=lessons)).egress.value

    assert egress(rate * factor) > egress(rate)


def test_request_rates_are_arrivals_times_what_each_journey_asks_for() -> None:
    asked = demand(COURSE)
    for name, rate in asked.requests.items():
        assert rate.value == pytest.approx(
            sum(each.arrivals.value * each.requests.get(name, 0) for each in asked.journeys)
        )


def test_a_course_without_videos_has_no_watch_journey_and_no_segments() -> None:
    lessons = tuple(lesson.model_copy(update={"video": None}) for lesson in COURSE.lessons)
    asked = demand(course(content=lessons))
    assert "watch" not in journeys(asked)
    assert RequestClass.VIDEO_SEGMENT not in asked.requests
    assert asked.segment_bytes.value == 0


@pytest.mark.parametrize(("kind", "journey"), [("exam", "exam"), ("quiz", "quiz"), ("essay", "essay")])
def test_what_a_course_does_not_have_nobody_comes_for(kind: str, journey: str) -> None:
    assert journey in journeys(demand(COURSE))
    assert journey not in journeys(demand(course(content=without(kind))))


def test_the_forum_is_read_and_written_only_where_there_is_one() -> None:
    with_forum, without_forum = (journeys(demand(course(forum=forum))) for forum in ("topics.yaml", None))
    assert with_forum.keys() - without_forum.keys() == {"forum", "forum_read_only"}


def test_the_planned_peak_has_the_evening_and_the_exam_though_they_are_on_two_days() -> None:
    both = demand(COURSE)
    evening = demand(course(content=without("exam")))
    exam = demand(course(content=tuple(unit for unit in COURSE.content if isinstance(unit, Exam))))
    assert both.egress.value >= evening.egress.value * 0.99
    assert both.request_rate > max(evening.request_rate, exam.request_rate)
    assert journeys(both)["watch"] == pytest.approx(journeys(evening)["watch"])
    assert 0.6 * journeys(exam)["exam"] < journeys(both)["exam"] <= journeys(exam)["exam"]


def test_a_large_exams_peak_is_the_percentile_of_its_inputs_product() -> None:
    asked = demand(course(learners=600_000, content=tuple(unit for unit in COURSE.content if unit.kind == "exam")))
    starts = journeys(asked)["exam"] * 60 / 600_000
    known = facts().activity
    likely = known["exam_attendance"].interval.mid * known["exam_busiest_minute"].interval.mid
    assert likely < starts < known["exam_busiest_minute"].interval.high * 1.1


def test_every_figure_is_planned_at_the_high_end_of_its_interval() -> None:
    asked = demand(COURSE)
    for figure in (asked.concurrent_learners, asked.egress, asked.ingress, *asked.requests.values()):
        assert figure.interval is not None
        assert figure.value == figure.interval.high


def test_every_journey_asks_only_for_classes_whose_cost_is_known() -> None:
    known = facts()
    for journey in known.journeys.values():
        assert journey.requests.keys() <= known.service_demands.demands.keys()
    assert set(known.service_demands.demands) == set(RequestClass)


def test_a_demand_comes_back_from_json_as_it_was() -> None:
    asked = demand(COURSE)
    assert Demand.model_validate_json(asked.model_dump_json()) == asked
