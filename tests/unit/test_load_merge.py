"""What several generators measured becomes one result by adding up; the knee and the way back are read from it."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_stack.request_classes import RequestClass
from loadtests.generator.record import Record
from loadtests.knee import recovery, saturation
from loadtests.load_plan import JourneyLoad, LoadPlan
from loadtests.merge import Part, merged
from loadtests.seconds import Second

BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)
PAGE = RequestClass.COURSE_PAGE


def a_plan(rate: float = 10.0, **changes: Any) -> LoadPlan:
    """A plan of one journey of one page."""
    journey = JourneyLoad(name="study", rate=rate, role="learner", requests={PAGE: 1})
    told: dict[str, Any] = {"course": "mau", "lessons": (1,), "quizzes": (), "essays": ()}
    people: dict[str, Any] = {"learners": 600, "instructors": 1, "learner_pattern": "", "instructor_pattern": ""}
    return LoadPlan(url="https://198.18.0.1", ca_certificate="", journeys=(journey,), **{**told, **people, **changes})


def a_part(times: list[float], **health: Any) -> Part:
    """The result of a generator that saw one page of each of these times, one every 0.1 s of its hold."""
    record = Record()
    for number, time in enumerate(times):
        record.add("hold", PAGE, 15 + number / 10 + time, time, 1000, None)
    classes = {PAGE: record.phases["hold"][PAGE].summary(float(len(times)))}
    signs = {"loop_lag_p99": 0.001, "run_queue_share": 0.0, "cpu_share": 0.2, "cpu_warning": False, **health}
    return Part.model_validate(
        {
            "began": BEGAN,
            "phases": [{"name": "hold", "began": 15.0, "ended": 75.0, "classes": classes}],
            "generator": {**signs, "intended_arrivals": len(times), "started_arrivals": len(times)},
            "seconds": {number: second.summary() for number, second in record.seconds.items()},
            "answered": record.answered,
            "knee": None,
            "stopped": False,
        }
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.001, 30), min_size=1, max_size=200), st.integers(1, 4), st.integers(0, 100))
def test_shared_out_or_not_the_same_requests_give_the_same_percentiles(
    times: list[float], hosts: int, seed: int
) -> None:
    chance = random.Random(seed)
    shares: list[list[float]] = [[] for _ in range(hosts)]
    for time in times:
        chance.choice(shares).append(time)
    alone = merged(a_plan(), {"loadgen-1": a_part(times)}).classes[0]
    shared = merged(a_plan(), {f"loadgen-{n}": a_part(share) for n, share in enumerate(shares)}).classes[0]
    assert shared == alone


def test_of_every_sign_the_worst_generator_counts_and_each_is_kept() -> None:
    parts = {"loadgen-1": a_part([0.1] * 5, loop_lag_p99=0.002), "loadgen-2": a_part([0.1] * 7, loop_lag_p99=0.4)}
    load = merged(a_plan(), parts)
    assert load.generator.loop_lag_p99 == 0.4
    assert load.generator.intended_arrivals == 12
    assert [(each.host, each.loop_lag_p99) for each in load.generators] == [("loadgen-1", 0.002), ("loadgen-2", 0.4)]


def test_the_busiest_line_counts_with_and_without_a_known_speed() -> None:
    for speed in (None, 1e9):
        lines = {name: a_part([0.1], link_bits=bits, link_speed=speed) for name, bits in (("a", 3e7), ("b", 4e7))}
        assert merged(a_plan(), lines).generator.link_bits == 4e7


def test_a_run_that_was_stopped_before_its_hold_gives_an_empty_result() -> None:
    nothing = a_part([]).model_copy(update={"phases": [], "stopped": True})
    load = merged(a_plan(), {"loadgen-1": nothing})
    assert load.stopped
    assert load.classes == ()
    assert load.hold_ended == load.hold_started


def seconds(rates: list[int], times: list[float], failed: float = 0.0) -> dict[int, Second]:
    """Seconds of a run with so many requests, all taking a time."""
    return {
        number: Second(
            requests=rate,
            failures=int(rate * failed),
            bytes=0,
            in_flight=0,
            times=[int(time * 1e6)] * rate,
            due=rate,
            due_failed=int(rate * failed),
            due_pages=[int(time * 1e6)] * rate,
        )
        for number, (rate, time) in enumerate(zip(rates, times, strict=True))
    }


def test_the_knee_is_the_last_rate_at_which_objectives_were_kept() -> None:
    rates = [10 + second for second in range(60)]
    times = [0.1 if second < 40 else 3.0 for second in range(60)]
    found = saturation(a_plan(), seconds(rates, times), (0, 60), "p95 3 s")
    assert found is not None
    assert found.reached
    assert found.requests_per_second == pytest.approx(47)
    assert found.learners == pytest.approx(600 * 4.7)
    assert "3 s" in found.evidence


def test_the_knee_is_no_more_than_what_came_back() -> None:
    asked = seconds([10 + second for second in range(60)], [0.1 if second < 40 else 3.0 for second in range(60)])
    served = {number: each.model_copy(update={"requests": min(each.requests, 30)}) for number, each in asked.items()}
    found = saturation(a_plan(), served, (0, 60), None)
    assert found is not None
    assert found.requests_per_second == pytest.approx(30)


def test_a_ramp_that_breaks_nothing_or_a_sick_generator_is_no_knee() -> None:
    rates = [10 + second for second in range(60)]
    for said in (None, "generator: its event loop lagged by 0.2 s"):
        found = saturation(a_plan(), seconds(rates, [0.1] * 60), (0, 60), said)
        assert found is not None
        assert not found.reached
    assert saturation(a_plan(), {}, (0, 0), None) is None


def test_recovery_counts_until_the_last_broken_window() -> None:
    times = [5.0] * 12 + [0.1] * 48
    found = recovery(a_plan(), seconds([10] * 60, times), (0, 60))
    assert found is not None
    assert found.seconds == 15


def test_a_site_that_answers_nobody_has_not_recovered() -> None:
    found = recovery(a_plan(), {}, (0, 60))
    assert found is not None
    assert found.seconds is None
    slow = recovery(a_plan(), seconds([10] * 60, [5.0] * 60), (0, 60))
    assert slow is not None
    assert slow.seconds is None
