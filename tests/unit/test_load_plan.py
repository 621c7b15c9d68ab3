"""What the generators are told to play: phases, shares, arrivals and think times."""

import random
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.sizing import plan
from loadtests.generator.arrivals import Rate, poisson
from loadtests.generator.people import accounts, fewest_first, least_at_work, thinker
from loadtests.generator.timeline import BETWEEN, Stretch, arrivals, timeline
from loadtests.load_plan import all_phases, ramp_reach

COURSE = read_course(Path(__file__).parent / "good_course.yaml")
DEMAND = demand(COURSE)
PLAN = plan(COURSE, DEMAND)


def a_plan(**changes: object) -> SimpleNamespace:
    """A load plan as the generator reads it, of a study and an exam journey."""
    journeys = [SimpleNamespace(name=name, rate=rate) for name, rate in (("study", 5.0), ("exam", 2.0))]
    told = {"journeys": journeys, "warm_up": 15.0, "hold": 60.0, "drain": 15.0, "later": [], "seed": 1}
    return SimpleNamespace(**{**told, "part": 0, "parts": 1, **changes})


def test_a_plain_test_is_a_warm_up_a_hold_and_time_to_leave() -> None:
    assert [each.phase for each in timeline(a_plan())] == ["warm-up", "hold", BETWEEN]


def test_a_full_test_goes_through_all_phases_and_lets_visitors_leave() -> None:
    later = [SimpleNamespace(**each.model_dump()) for each in all_phases(DEMAND, PLAN)]
    phases = [each.phase for each in timeline(a_plan(later=later))]
    assert phases == ["warm-up", "hold", BETWEEN, "storm", "storm", BETWEEN, "ramp", "recovery", BETWEEN]


def test_the_storm_bunches_the_starts_of_its_minute_and_adds_none() -> None:
    storm = [each for each in all_phases(DEMAND, PLAN) if each.phase == "storm"]
    assert sum(each.seconds * each.exams for each in storm) == pytest.approx(60)
    assert storm[0].exams > 1 > storm[1].exams
    assert {(each.first, each.last) for each in storm} == {(1.0, 1.0)}


def test_a_course_without_an_exam_has_no_storm() -> None:
    without = DEMAND.model_copy(update={"journeys": tuple(each for each in DEMAND.journeys if each.journey != "exam")})
    assert [each.phase for each in all_phases(without, PLAN)] == ["ramp", "recovery"]


def test_the_ramp_goes_beyond_the_expected_knee_and_never_beyond_the_generators() -> None:
    fullest = max(use.share.value for use in PLAN.predicted)
    assert ramp_reach(DEMAND, PLAN) > 1 / fullest
    weak = facts().model_copy(
        update={
            "sizing": {
                **facts().sizing,
                "loadgen_rate": facts().sizing["loadgen_rate"].model_copy(update={"value": DEMAND.request_rate * 2}),
            }
        }
    )
    assert ramp_reach(DEMAND, PLAN, weak) <= 2.1


@settings(max_examples=20, deadline=None)
@given(st.floats(0.0, 20), st.floats(0.1, 40), st.integers(0, 1000))
def test_arrivals_come_at_the_rate_that_was_asked_for(first: float, last: float, seed: int) -> None:
    found = list(poisson("study", Rate(first, last, 400), random.Random(seed)))
    expected = 400 * (first + last) / 2
    assert len(found) == pytest.approx(expected, abs=5 * expected**0.5 + 5)
    early = sum(each.at < 200 for each in found)
    half = 200 * (first + (first + last) / 2) / 2
    assert early == pytest.approx(half, abs=5 * half**0.5 + 5)
    assert all(0 <= each.at < 400 for each in found)


def test_generators_together_draw_the_whole_rate_and_no_two_draw_the_same() -> None:
    stretch = Stretch("hold", 600.0)
    parts = [arrivals(a_plan(part=part, parts=3), stretch, 1) for part in range(3)]
    assert sum(map(len, parts)) == pytest.approx(600 * 7, rel=0.1)
    assert parts[0] != parts[1] != parts[2]


def test_the_same_seed_gives_the_same_arrivals_and_exams_are_bunched() -> None:
    bunched = Stretch("storm", 100.0, exams=5.0)
    found = arrivals(a_plan(), bunched, 3)
    assert found == arrivals(a_plan(), bunched, 3)
    assert sum(each.journey == "exam" for each in found) == pytest.approx(1000, rel=0.2)
    assert sum(each.journey == "study" for each in found) == pytest.approx(500, rel=0.2)


@given(st.integers(1, 300), st.integers(1, 5))
def test_no_two_generators_use_the_same_account_where_there_are_enough(count: int, parts: int) -> None:
    shares = [accounts(count, part, parts) for part in range(parts)]
    assert all(shares)
    if count >= parts:
        assert sorted(number for share in shares for number in share) == list(range(1, count + 1))


def test_the_few_who_teach_sign_in_before_the_many_who_learn() -> None:
    people = {"learner": ("l-{}", range(60)), "instructor": ("i-{}", range(5)), "organiser": ("o-{}", range(1))}
    assert [role for role, _ in fewest_first(people)] == ["organiser", "instructor", "learner"]


def test_whoever_has_nothing_to_do_makes_the_next_journey() -> None:
    assert least_at_work(["an", "binh", "chi"], {"an": ["study"], "chi": ["forum"]}, "quiz", random.Random(1)) == "binh"


@pytest.mark.parametrize(
    ("at_work", "journey", "who"),
    [
        ({"an": ["quiz"], "binh": ["study", "forum"]}, "quiz", "binh"),
        ({"an": ["quiz"], "binh": ["study", "forum"]}, "study", "an"),
        ({"an": ["quiz"], "binh": ["quiz", "study"]}, "quiz", "an"),
    ],
)
def test_nobody_takes_two_quizzes_at_once_while_somebody_takes_none(
    at_work: dict[str, list[str]], journey: str, who: str
) -> None:
    assert least_at_work(["an", "binh"], at_work, journey, random.Random(1)) == who


def test_think_times_have_the_mean_that_was_asked_for_and_a_long_tail() -> None:
    think = thinker(1.0, 0.8, random.Random(1))
    drawn = [think() for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(1.0, rel=0.05)
    assert sorted(drawn)[10_000] < 0.8
    assert sum(time > 2.7 for time in drawn) / len(drawn) == pytest.approx(0.05, abs=0.01)
