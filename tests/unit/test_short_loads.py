"""Loads for the calibration: how large each is made, and what it leaves of the plan it came from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lms_stack.facts import facts
from lms_stack.plan import STACK_ROLES
from lms_stack.request_classes import RequestClass
from loadtests.load_plan import LoadPlan
from loadtests.short_loads import LINE_SHARE, calibration_loads, cost_of, requests_of, scaled_to, with_rates
from tests.unit.stacks import small_stack, split_stack

_KNOWN = facts()


def _busy(rates: dict[str, float], roles: tuple[str, ...]) -> float:
    requests = requests_of(rates, _KNOWN.journeys)
    return sum(
        rate * _KNOWN.service_demands.demands[name].of(role) for name, rate in requests.items() for role in roles
    )


def test_a_journey_alone_is_played_as_often_as_takes_the_share_of_the_only_host() -> None:
    rates = scaled_to(0.45, {"study": 1.0}, _KNOWN.journeys, _KNOWN.service_demands, small_stack())
    assert _busy(rates, STACK_ROLES) == pytest.approx(0.45)


def test_of_several_hosts_the_busiest_has_the_share() -> None:
    rates = scaled_to(0.45, {"study": 1.0}, _KNOWN.journeys, _KNOWN.service_demands, split_stack())
    assert _busy(rates, ("app",)) == pytest.approx(2 * 0.45)


def test_films_leave_room_on_the_line() -> None:
    rates = scaled_to(0.45, {"watch": 1.0}, _KNOWN.journeys, _KNOWN.service_demands, small_stack())
    segments = requests_of(rates, _KNOWN.journeys)[RequestClass.VIDEO_SEGMENT]
    assert segments * 6e6 == pytest.approx(LINE_SHARE * 20e6)


def test_a_mix_keeps_its_proportions() -> None:
    rates = scaled_to(0.3, {"study": 2.0, "quiz": 1.0}, _KNOWN.journeys, _KNOWN.service_demands, small_stack())
    assert rates["study"] == pytest.approx(2 * rates["quiz"])


def test_the_dearest_journeys_of_the_mix_are_loads_of_their_own_and_the_others_share_one() -> None:
    mix = {"study": 3.0, "quiz": 2.0, "essay": 0.01, "gradebook": 0.02, "forum": 0.0}
    found = calibration_loads(mix, _KNOWN.journeys, _KNOWN.service_demands, most=2)
    assert list(found) == ["quiz", "study", "the rarer journeys"]
    assert found["quiz"] == {"quiz": 1.0}
    together = found["the rarer journeys"]
    assert set(together) == {"essay", "gradebook"}
    each = [cost_of({name: rate}, _KNOWN.journeys, _KNOWN.service_demands) for name, rate in together.items()]
    assert each == pytest.approx([1.0, 1.0])


def test_few_journeys_are_all_played_alone() -> None:
    found = calibration_loads({"study": 1.0, "essay": 0.01}, _KNOWN.journeys, _KNOWN.service_demands)
    assert found == {"study": {"study": 1.0}, "essay": {"essay": 1.0}}


def test_a_short_load_differs_from_the_plan_in_its_journeys_and_times_only() -> None:
    base = LoadPlan(
        url="https://198.18.7.10",
        ca_certificate="/ca",
        journeys=(),
        course="demo",
        lessons=(1,),
        quizzes=(2,),
        essays=(3,),
        packages=(4,),
        learners=100,
        instructors=2,
        learner_pattern="l{}",
        instructor_pattern="i{}",
        organisers=1,
        builders=1,
        organiser_pattern="o{}",
        builder_pattern="b{}",
    )
    made = with_rates(base, {"gradebook": 2.0}, _KNOWN.journeys, hold=15)
    assert [(each.name, each.rate, each.role) for each in made.journeys] == [("gradebook", 2.0, "instructor")]
    kept = {"journeys", "hold", "warm_up", "sessions", "think"}
    assert made.model_dump(exclude=kept) == base.model_dump(exclude=kept)


def test_a_core_is_timed_by_a_file_that_any_python_runs_from_its_standard_input() -> None:
    work = Path("lms_stack/cpu_speed.py").read_text("utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", "-"], input=work, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["pieces_per_second"] > 1
