"""What scripts/accuracy makes of what it measured: requests that were served, errors, and the table."""

from datetime import UTC, datetime, timedelta

import pytest

from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult
from lms_stack.observation import Observation, Window
from lms_stack.request_classes import RequestClass
from scripts.accuracy_mixes import (
    Foretold,
    Proved,
    error,
    late,
    middles,
    of_the_application,
    served,
    table,
    timed,
)

_NOW = datetime(2027, 3, 1, tzinfo=UTC)


def _window(logins: float) -> Window:
    requests = {RequestClass.LOGIN: logins, RequestClass.STATIC_ASSET: 2 * logins}
    return Window(load="x", seconds=5, requests=requests, app_seconds={}, queries={}, cpu={})


def test_what_was_served_is_told_from_the_time_on_that_was_asked_for() -> None:
    seen = Observation(load="x", windows=(_window(10), _window(20), _window(40)))
    assert served(seen.windows)[RequestClass.LOGIN] == pytest.approx(70 / 15)
    settled = served(late(seen, 1 / 3))
    assert settled[RequestClass.LOGIN] == pytest.approx(6)
    assert of_the_application(settled) == pytest.approx(6)


def _load() -> LoadResult:
    health = GeneratorHealth(
        loop_lag_p99=0.002,
        run_queue_share=0,
        cpu_share=0.1,
        intended_arrivals=400,
        started_arrivals=400,
        cpu_warning=False,
    )
    rows = (
        ClassResult(request_class=RequestClass.LOGIN, intended=100, completed=100, failed=0, p50=0.05, p95=0.2),
        ClassResult(request_class=RequestClass.INBOX, intended=300, completed=300, failed=0, p50=0.02, p95=0.1),
        ClassResult(request_class=RequestClass.CALENDAR, intended=5, completed=5, failed=0, p50=0.02, p95=9.0),
        ClassResult(request_class=RequestClass.STATIC_ASSET, intended=90, completed=90, failed=5, p50=0.02, p95=9.0),
    )
    return LoadResult(
        started=_NOW, hold_started=_NOW, hold_ended=_NOW + timedelta(seconds=30), classes=rows, generator=health
    )


def _proved(saturation: tuple[float, float], p95: float) -> Proved:
    times = {RequestClass.LOGIN: p95 * 2, RequestClass.INBOX: p95, RequestClass.CALENDAR: 1.0}
    foretold = Foretold(times, 0.5)
    rates = {RequestClass.LOGIN: 3.0, RequestClass.INBOX: 10.0}
    shares = tuple(timed(share, rates, foretold, _load(), cpu=0.55, load_average=0.4) for share in (0.5, 0.8))
    return Proved(
        mix="quizzes",
        saturation=saturation,
        offered=120,
        cpu_at_saturation=0.99,
        load_average=0.5,
        slowness=(1.0, 1.1, 0.9),
        timed=shares,
    )


def test_p95_is_the_mean_over_pages_by_their_requests_without_rare_classes_and_files() -> None:
    found = _proved((100, 95), 0.11).timed[0]
    assert list(found.p95) == pytest.approx([(0.22 * 100 + 0.11 * 300) / 400, (0.2 * 100 + 0.1 * 300) / 400])
    assert set(found.classes) == {RequestClass.LOGIN, RequestClass.INBOX}
    assert found.failed == pytest.approx(5 / 500)
    assert error(found.p95) == pytest.approx(0.1)


def test_the_table_says_how_many_figures_meet_the_targets() -> None:
    wild = _proved((150, 100), 0.2).model_copy(update={"mix": "exam begins"})
    said = table(middles([_proved((105, 100), 0.11), wild]))
    assert "| quizzes | 105/s | 100/s | +5% |" in said
    assert "Saturation within 10%: 1 of 2, the worst 50% off. p95 within 25%: 2 of 4, the worst 100% off." in said


def test_of_a_mix_that_was_played_in_three_rounds_the_medians_count() -> None:
    (found,) = middles([_proved((105, 100), 0.11), _proved((400, 90), 0.5), _proved((100, 300), 0.1)])
    assert list(found.saturation) == [105, 100]
    p95 = (0.22 * 100 + 0.11 * 300) / 400
    assert [pair[0] for pair in found.p95] == pytest.approx([p95, p95])
    assert len(found.load_average) == 9
