"""A verdict is never better than its evidence."""

from datetime import UTC, datetime, timedelta
from math import nan
from typing import Any

import pytest

from lms_stack.course import Objectives
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult, Measurement, ResourceUse
from lms_stack.request_classes import RequestClass
from lms_stack.verdict import Outcome, Verdict, verdict

WELL = {
    "loop_lag_p99": 0.004,
    "run_queue_share": 0.02,
    "cpu_share": 0.3,
    "intended_arrivals": 300,
    "started_arrivals": 300,
    "cpu_warning": False,
}
BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)


def a_class(name: RequestClass, **changes: Any) -> ClassResult:
    """A class that was served well."""
    times = {"p50": 0.05, "p95": 0.2, "p99": 0.4, "longest": 0.6}
    counts = {"intended": 200.0, "completed": 200, "failed": 0}
    return ClassResult(request_class=name, **{**counts, **times, **changes})


def use(resource: Any, share: float, host: str = "lms-1") -> ResourceUse:
    """A resource of the stack."""
    return ResourceUse(resource=resource, host=host, name=resource, share=share, capacity="its size")


def judged(
    *classes: ClassResult,
    resources: tuple[ResourceUse, ...] | None = None,
    missing: tuple[str, ...] = (),
    **health: Any,
) -> Verdict:
    """The verdict on a run that was well but for what is given."""
    load = LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=60),
        classes=classes or (a_class(RequestClass.COURSE_PAGE), a_class(RequestClass.VIDEO_SEGMENT, p95=2.0)),
        generator=GeneratorHealth(**{**WELL, **health}),
    )
    found = (use("cpu", 0.5), use("link", 0.4)) if resources is None else resources
    return verdict(Measurement(load=load, resources=found, missing_metrics=missing), Objectives())


def test_a_peak_carried_with_room_to_spare_fits() -> None:
    assert judged() == Verdict(outcome=Outcome.FITS)


@pytest.mark.parametrize(
    "sign",
    [
        {"loop_lag_p99": 0.2},
        {"loop_lag_p99": nan},
        {"run_queue_share": 0.4},
        {"started_arrivals": 200},
        {"intended_arrivals": 0, "started_arrivals": 0},
        {"cpu_warning": True},
    ],
)
def test_a_sick_generator_makes_it_invalid_whatever_the_stack_did(sign: dict[str, Any]) -> None:
    assert judged(**sign).outcome is Outcome.INVALID
    failed = a_class(RequestClass.LOGIN, completed=100, failed=100)
    assert judged(failed, resources=(use("cpu", 1.0),), **sign).outcome is Outcome.INVALID


def test_an_empty_run_is_invalid() -> None:
    nothing = a_class(RequestClass.LOGIN, intended=0.0, completed=0, p50=None, p95=None, p99=None, longest=None)
    assert judged(nothing).outcome is Outcome.INVALID


def test_a_run_without_the_stacks_own_metrics_is_invalid() -> None:
    assert judged(resources=()).outcome is Outcome.INVALID
    assert judged(missing=("cpu of lms-1",)).outcome is Outcome.INVALID


def test_failed_requests_do_not_fit_and_name_the_application_where_nothing_is_full() -> None:
    answer = judged(a_class(RequestClass.LOGIN, completed=0, failed=200, failures={"content: expected page": 200}))
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "application"


def test_journeys_that_broke_off_do_not_fit_even_if_every_answer_that_came_was_right() -> None:
    broken_off = a_class(RequestClass.QUIZ_SUBMIT, completed=10)
    answer = judged(a_class(RequestClass.LOGIN), a_class(RequestClass.COURSE_PAGE), broken_off)
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert "could not be made" in answer.excuses[0].reason


@pytest.mark.parametrize("p95", [1.5, nan])
def test_pages_later_than_the_objective_do_not_fit(p95: float) -> None:
    assert judged(a_class(RequestClass.COURSE_PAGE, p95=p95)).outcome is Outcome.DOES_NOT_FIT


def test_a_video_segment_may_take_as_long_as_it_plays() -> None:
    pages = a_class(RequestClass.COURSE_PAGE)
    assert judged(pages, a_class(RequestClass.VIDEO_SEGMENT, p95=9.0)).outcome is Outcome.FITS
    assert judged(pages, a_class(RequestClass.VIDEO_SEGMENT, p95=11.0)).outcome is Outcome.DOES_NOT_FIT


@pytest.mark.parametrize("resource", ["cpu", "link", "pool"])
def test_a_full_resource_does_not_fit_although_nobody_felt_it_yet(resource: str) -> None:
    resources = (use("cpu", 0.5), use("link", 0.4)) if resource == "pool" else (use("cpu", 0.5),)
    answer = judged(resources=(*resources, use(resource, 0.97)))
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == resource


def test_of_two_full_resources_the_one_that_the_offered_load_needs_most_of_is_named() -> None:
    pages = a_class(RequestClass.COURSE_PAGE, intended=800.0, completed=300, failed=500)
    videos = a_class(RequestClass.VIDEO_SEGMENT, intended=800.0, completed=700, failed=100, p95=3.0)
    answer = judged(pages, videos, resources=(use("link", 0.99), use("cpu", 0.98)))
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "cpu"
