"""A site that gets slower, that stood still or doesn't come back promises nothing; ordinary noise is none of these."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_stack.facts import facts
from lms_stack.measurement import GeneratorHealth, LoadResult, Recovery, StandStill, Trend
from lms_stack.steadiness import not_recovered, stand_still, trend, unsteady

LIMITS = {name: fact.number for name, fact in facts().thresholds.items()}
BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)


def a_load(**changes: Any) -> LoadResult:
    """A load of which nothing but the changes is known."""
    health: dict[str, Any] = {"loop_lag_p99": 0.0, "run_queue_share": 0.0, "cpu_share": 0.1}
    return LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=60),
        classes=(),
        generator=GeneratorHealth(**health, intended_arrivals=1, started_arrivals=1, cpu_warning=False),
        **changes,
    )


def pages(seconds: int, grows: float, seed: int = 1, rate: int = 30) -> list[list[float]]:
    """Pages of each second, with a median that goes evenly from 0.1 s to `grows` times that."""
    chance = random.Random(seed)
    return [
        [chance.lognormvariate(0, 0.5) * 0.1 * (1 + (grows - 1) * second / seconds) for _ in range(rate)]
        for second in range(seconds)
    ]


def reasons(found: Trend | None) -> list[str]:
    """What is said of a trend."""
    return [each.reason for each in unsteady(a_load(trend=found), 1.0, LIMITS)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([30, 60]))
def test_a_site_that_stays_as_it_is_is_not_called_slower(seed: int, seconds: int) -> None:
    assert reasons(trend(pages(seconds, 1.0, seed))) == []


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_answers_that_take_ever_longer_are_called_so(seed: int) -> None:
    assert reasons(trend(pages(60, 4.0, seed))) == ["answers get slower with time"]


def test_a_disturbance_near_the_end_is_no_trend() -> None:
    steady = pages(60, 1.0)
    disturbed = [[time * 10 for time in second] if at in (52, 53) else second for at, second in enumerate(steady)]
    assert reasons(trend(disturbed)) == []


def test_growth_that_nobody_feels_is_no_reason() -> None:
    quick = [[time / 50 for time in second] for second in pages(60, 4.0)]
    assert reasons(trend(quick)) == []


def test_too_few_pages_say_nothing_of_a_trend() -> None:
    assert trend(pages(60, 4.0, rate=1)) is None
    assert trend([]) is None


def test_a_freeze_is_found_with_its_beginning_and_its_length() -> None:
    answered = {tenth: 0.1 for tenth in range(150, 750) if not 300 <= tenth < 330} | {330: 3.0}
    found = stand_still(answered, 15, 75)
    assert found == StandStill(began=29.9, seconds=3.0, waited=3.0)
    said = [each.reason for each in unsteady(a_load(stand_still=found), 1.0, LIMITS)]
    assert said == ["the site stood still for 3.0 s"]


def test_a_time_in_which_nobody_asked_is_no_freeze() -> None:
    answered = {tenth: 0.1 for tenth in range(150, 750) if not 300 <= tenth < 350}
    assert stand_still(answered, 15, 75) is None


def test_a_freeze_that_outlasts_the_hold_is_found() -> None:
    answered = dict.fromkeys(range(150, 740), 0.1) | {790: 5.0}
    found = stand_still(answered, 15, 75)
    assert found is not None
    assert found.seconds == pytest.approx(5.0)


@pytest.mark.parametrize("seconds", [None, 45.0])
def test_a_site_that_does_not_come_back_soon_is_told(seconds: float | None) -> None:
    load = a_load(recovery=Recovery(seconds=seconds, evidence="p95 9 s"))
    assert len(list(not_recovered(load, LIMITS))) == 1


def test_a_site_that_comes_back_at_once_is_well() -> None:
    assert not list(not_recovered(a_load(recovery=Recovery(seconds=5.0, evidence="")), LIMITS))
    assert not list(not_recovered(a_load(), LIMITS))


@pytest.mark.parametrize(
    ("change", "called"),
    [
        ({}, True),
        ({"growth": 1.3, "last": 0.13}, False),
        ({"growth_low": 1.05}, False),
        ({"chance": 0.2}, False),
        ({"first": 0.001, "last": 0.004}, False),
    ],
)
def test_a_trend_counts_where_it_is_large_sure_steady_and_felt(change: dict[str, float], called: bool) -> None:
    told = {"first": 0.1, "last": 0.4, "growth": 4.0, "growth_low": 2.0, "chance": 0.001}
    assert bool(reasons(Trend(**{**told, **change}))) is called
