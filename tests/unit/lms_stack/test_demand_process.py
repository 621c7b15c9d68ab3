"""The random process behind the planned peak: inputs, days, storms, several courses, start slots."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from lms_stack.course import Course, Expectations
from lms_stack.demand import Demand, LiveStart, demand, demand_draws, demand_together, exam_slots, live_starts
from lms_stack.demand.arrivals import held
from lms_stack.demand.days import days_of
from lms_stack.demand.draws import peak
from lms_stack.demand.inputs import NAMES, drawn, inputs_of
from lms_stack.facts import Facts, facts
from lms_stack.sessions import Session
from lms_stack.sizing import plan, with_outlook
from lms_stack.sizing.influence import rank_correlation
from tests.unit.lms_stack.samples import COURSE, course

OPENS = COURSE.exams[0].opens
LEARNERS = st.integers(1, 1_000_000)


def starts(asked: Demand, journey: str = "exam") -> float:
    """Planned arrivals of a journey, 1/s."""
    return next(each.arrivals.value for each in asked.journeys if each.journey == journey)


def expecting(**said: float) -> Course:
    """The course with what its file says of its learners."""
    return course(learners=6000, expectations=Expectations.model_construct(**{**dict(Expectations()), **said}))


def moved(days: int, **changes: object) -> Course:
    """The course, some days later."""
    later = timedelta(days=days)
    dates = COURSE.dates.model_copy(update={"opens": COURSE.dates.opens + later, "closes": COURSE.dates.closes + later})
    content = tuple(
        unit.model_copy(update={"opens": unit.opens + later, "closes": unit.closes + later})
        if unit.kind == "exam"
        else unit.model_copy(update={"due": unit.due + later})
        if unit.kind == "essay"
        else unit
        for unit in COURSE.content
    )
    return course(dates=dates, content=content, **changes)


# ---- inputs


@pytest.mark.parametrize("name", NAMES)
def test_an_inputs_draws_have_its_low_likely_and_high_value_as_percentiles(name: str) -> None:
    values = drawn(inputs_of(COURSE, facts()), 4000, 1)[name]
    interval = facts().activity[name].interval
    assert np.quantile(values, [0.1, 0.5, 0.9]) == pytest.approx([interval.low, interval.mid, interval.high], rel=0.01)
    assert values.min() > 0
    assert interval.unit != "share" or values.max() <= 1


def test_inputs_are_drawn_independently_of_each_other() -> None:
    values = drawn(inputs_of(COURSE, facts()), 1000, 1)
    for first in NAMES:
        assert all(abs(rank_correlation(values[first], values[second])) < 0.12 for second in NAMES if second != first)


def test_what_the_course_file_says_is_taken_as_certain_and_said() -> None:
    asked = demand(expecting(evening_concurrency=0.15))
    found = next(each for each in asked.inputs if each.name == "evening_concurrency")
    assert found.written
    assert found.interval.low == found.interval.high == 0.15
    assert "expectations.evening_concurrency" in found.source
    assert asked.concurrent_learners.value == pytest.approx(900)
    assert [each.written for each in demand(COURSE).inputs] == [False] * len(NAMES)


@given(st.sampled_from(["evening_concurrency", "watching_share", "exam_attendance", "exam_busiest_minute"]))
def test_higher_expectations_never_ask_for_less(name: str) -> None:
    rates = [demand(expecting(**{name: share})).request_rate for share in (0.001, 0.05, 0.2, 0.6, 1.0)]
    assert rates == sorted(rates)
    assert rates[0] < rates[-1]


# ---- the draws


@given(LEARNERS, st.integers(1, 5))
def test_the_same_course_and_seed_always_have_the_same_peak(learners: int, seed: int) -> None:
    first, again = (demand_draws((course(learners=learners),), seed=seed, draws=50) for _ in range(2))
    assert np.array_equal(first.requests, again.requests)
    assert demand(course(learners=learners)) == demand(course(learners=learners))


def test_draws_have_the_shapes_and_classes_of_the_demand() -> None:
    found = demand_draws((COURSE,), draws=200)
    assert found.requests.shape == (200, len(found.classes))
    assert found.egress.shape == found.ingress.shape == (200,)
    assert set(found.classes) == demand(COURSE).requests.keys()
    assert {each.shape for each in found.inputs.values()} == {(200,)}


@pytest.mark.parametrize("learners", [60, 6000, 600_000])
def test_the_planned_peak_is_the_chosen_percentile_of_the_draws(learners: int) -> None:
    asked, found = demand(course(learners=learners)), demand_draws((course(learners=learners),))
    assert (found.egress <= asked.egress.value).mean() >= 0.95
    assert 0.95 <= (found.requests.sum(axis=1) <= asked.request_rate).mean() <= 0.99


@pytest.mark.parametrize("learners", [60, 6000])
def test_pages_together_are_at_the_percentile_of_their_sum_and_not_at_the_sum_of_percentiles(learners: int) -> None:
    asked, found = demand(course(learners=learners)), peak((held(course(learners=learners), facts()),))
    pages = {each.journey: sum(each.requests.values()) for each in asked.journeys if each.journey != "watch"}
    drawn_pages = np.sum([found.arrivals[name] * size for name, size in pages.items()], axis=0)
    planned = sum(starts(asked, name) * size for name, size in pages.items())
    assert planned == pytest.approx(np.quantile(drawn_pages, 0.95))


def test_shorter_visits_mean_more_of_them() -> None:
    short, long = (demand(expecting(visit_length=seconds)) for seconds in (900.0, 3600.0))
    assert starts(short, "study") > 2 * starts(long, "study")
    assert starts(short, "watch") == starts(long, "watch")


def test_a_higher_percentile_plans_for_more() -> None:
    known = facts()
    fact = known.activity["peak_percentile"].model_copy(update={"value": 0.99})
    surer = known.model_copy(update={"activity": known.activity | {"peak_percentile": fact}})
    assert demand(COURSE, surer).request_rate > demand(COURSE).request_rate * 1.05
    assert "99th percentile" in demand(COURSE, surer).journeys[0].arrivals.reason


def test_minutes_vary_as_a_count_of_that_mean_and_dispersion_does() -> None:
    exact = {name: facts().activity[name].interval.mid for name in NAMES if name in Expectations.model_fields}
    certain = expecting(**exact)
    found = peak((held(certain, facts()),), draws=4000)
    counts, mean = found.arrivals["exam"] * 60, found.means["exam"][0] * 60
    assert counts.mean() == pytest.approx(mean, rel=0.01)
    assert counts.var() == pytest.approx(2 * mean, rel=0.05)
    assert np.quantile(counts, 0.95) == pytest.approx(nbinom.ppf(0.95, mean, 0.5), rel=0.01)


# ---- days, storms, sessions


def test_a_day_with_a_deadline_is_busier_than_the_same_day_of_another_week() -> None:
    days = days_of(COURSE, facts())
    due = next(unit.due for unit in COURSE.content if unit.kind == "essay")
    at = (due - COURSE.dates.opens).days
    assert days.of_day[at] > 1.2 * days.of_day[at - 14]
    assert days.of_day.max() == days.of_hour.max() == 1


def test_evenings_have_twice_the_visits_of_the_day_and_nobody_comes_outside_the_course() -> None:
    days = days_of(COURSE, facts())
    assert days.of_hour[18:23].mean() > 1.5 * days.of_hour[8:17].mean()
    assert days.level(days.busiest_hour) == 1
    assert days.level(days.busiest_hour_of(-1)) == 0
    assert days.level(days.busiest_hour_of(len(days.of_day))) == 0


def test_live_sessions_add_sign_ins_where_no_exam_has_more() -> None:
    no_exam = course(learners=6000, content=tuple(unit for unit in COURSE.content if unit.kind != "exam"))
    live = (LiveStart(starts=OPENS - timedelta(days=10), share=1.0),)
    assert starts(demand(no_exam, live=live), "sign_in") > 5 * starts(demand(no_exam), "sign_in")
    with_exam = course(learners=6000)
    added = demand(no_exam, live=live).request_rate - demand(no_exam).request_rate
    beside_an_exam = demand(with_exam, live=live).request_rate - demand(with_exam).request_rate
    assert beside_an_exam < added / 4
    assert "invited to a live session" in demand(no_exam, live=live).journeys[0].arrivals.reason


def test_live_sessions_of_one_hour_are_one_start_and_rooms_are_none() -> None:
    common = {"title": "x", "starts": "2027-03-17T20:00", "ends": "2027-03-17T21:00"}
    sessions = [Session.model_validate({**common, "kind": "live", "class": number}) for number in (1, 2)]
    room = Session.model_validate({**common, "kind": "room", "place": "Phòng 1"})
    found = live_starts(COURSE, [*sessions, room])
    assert [each.share for each in found] == [2 / COURSE.classes]
    everybody = Session.model_validate({**common, "kind": "live"})
    assert [each.share for each in live_starts(COURSE, [*sessions, everybody])] == [1.0]


def test_an_essays_last_evening_has_more_uploads_than_another() -> None:
    due = course(learners=60_000)
    general = facts().activity["visit_mix"].mix["essay"]
    visits = starts(demand(due), "sign_in") * general
    assert starts(demand(due), "essay") > 1.3 * visits


# ---- courses and slots


@given(LEARNERS, LEARNERS, st.integers(0, 400))
def test_the_peak_of_two_courses_is_at_most_the_sum_of_their_peaks_and_at_least_the_larger(
    first: int, second: int, days: int
) -> None:
    courses = (course(learners=first), moved(days, name="other", learners=second))
    apart = [demand(each) for each in courses]
    together = demand_together(courses)
    total = sum(each.request_rate for each in apart)
    error = 1.02  # of a percentile of 1,000 draws
    assert max(each.request_rate for each in apart) * 0.97 <= together.request_rate <= total * error
    assert together.egress.value <= sum(each.egress.value for each in apart) * error
    assert together.storage.value == pytest.approx(sum(each.storage.value for each in apart))
    assert together.learners == first + second


def test_exams_of_one_minute_add_and_those_of_two_days_do_not() -> None:
    one = course(learners=60_000)
    alone = starts(demand(one))
    assert starts(demand_together((one, moved(0, name="b", learners=60_000)))) == pytest.approx(2 * alone, rel=0.02)
    assert starts(demand_together((one, moved(1, name="b", learners=60_000)))) < 1.3 * alone


def test_one_course_together_is_that_course() -> None:
    assert demand_together((COURSE,)) == demand(COURSE)
    with pytest.raises(ValueError, match="one course or more"):
        demand_together(())
    with pytest.raises(ValueError, match="a name of their own"):
        demand_together((COURSE, COURSE))


def test_what_the_files_of_several_courses_say_is_kept_apart() -> None:
    found = demand_together((expecting(exam_attendance=0.5), moved(0, name="b")))
    names = [each.name for each in found.inputs if each.name == "exam_attendance"]
    assert len(names) == 2
    assert {each.written for each in found.inputs if each.name == "exam_attendance"} == {True, False}
    assert {each.course for each in found.inputs} == {COURSE.name, ""}


def test_the_learners_at_once_are_told_for_each_of_several_courses() -> None:
    quiet = moved(0, name="quiet", learners=3000, expectations=expecting(evening_concurrency=0.1).expectations)
    reason = demand_together((course(learners=6000), quiet)).concurrent_learners.reason
    assert f"{COURSE.name}: 6,000 learners × evening concurrency" in reason
    assert "quiet: 3,000 learners × evening concurrency (10 %)" in reason


def test_each_of_several_courses_keeps_its_own_live_sessions_and_start_slots() -> None:
    sessions = (LiveStart(starts=OPENS - timedelta(days=10), share=1.0),)
    pair = (course(learners=60_000), moved(0, name="b", learners=60_000))
    with_live = demand_together(pair, live={"b": sessions})
    assert with_live.live == {"b": sessions}
    assert starts(with_live, "live_session") > 0
    spread = [demand_together(pair, slots=slots) for slots in ({}, {"b": 4}, {"b": 4, COURSE.name: 4})]
    of_one = [starts(each) / starts(spread[0]) for each in spread]
    assert of_one == pytest.approx([1, 0.625, 0.25], rel=0.12)


def test_more_start_slots_mean_lower_peaks_and_the_last_has_its_whole_time() -> None:
    many = course(learners=6000)
    found = exam_slots((many,), demand(many))
    assert [each.slots for each in found] == [1, 2, 3, 4, 6, 8]
    assert [each.starts.value for each in found] == sorted((each.starts.value for each in found), reverse=True)
    assert [each.requests.value for each in found] == sorted((each.requests.value for each in found), reverse=True)
    exam = COURSE.exams[0]
    for each in found:
        assert each.apart.value * (each.slots - 1) + exam.duration <= (exam.closes - exam.opens).total_seconds() + 1e-6
    assert found[0].starts.value == pytest.approx(starts(demand(many)))
    assert found[3].starts.value < found[0].starts.value / 3
    assert found[-1].requests.value < found[0].requests.value


def test_a_window_as_long_as_the_exam_has_one_slot_and_a_course_without_exam_none() -> None:
    exam = COURSE.exams[0]
    tight = exam.model_copy(update={"closes": exam.opens + timedelta(seconds=exam.duration)})
    content = tuple(unit for unit in COURSE.content if unit.kind != "exam")
    narrow, without = course(content=(*content, tight)), course(content=content)
    assert [each.slots for each in exam_slots((narrow,), demand(narrow))] == [1]
    assert exam_slots((without,), demand(without)) == ()


def test_the_peak_of_each_number_of_slots_is_worked_out_once_and_that_of_one_start_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counted(courses: Sequence[Course], *facts: Facts, slots: Mapping[str, int], **others: Any) -> Demand:
        asked.extend(slots.values())
        return demand_together(courses, *facts, slots=slots, **others)

    exams = (*COURSE.content, COURSE.exams[0].model_copy(update={"title": "again"}))
    twice = course(content=exams)
    monkeypatch.setattr("lms_stack.demand.slots.demand_together", counted)
    found = with_outlook(twice, plan(twice, demand(twice)), draws=20).outlook
    assert found is not None
    assert sorted(asked) == sorted({each.slots for each in found.exam_slots} - {1})


def test_a_course_of_one_day_and_one_learner_is_planned() -> None:
    day = date(2027, 3, 1)
    short = COURSE.dates.model_copy(update={"opens": day, "closes": day + timedelta(days=1)})
    asked = demand(course(learners=1, dates=short, content=COURSE.content[:1]))
    assert asked.request_rate > 0
    assert all(each.arrivals.value > 0 for each in asked.journeys)
