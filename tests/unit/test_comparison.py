"""This run beside the last: what chance explains is no regression, what it can't explain is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult, Measurement, ResourceUse, Saturation, WhatIf
from lms_stack.request_classes import RequestClass
from loadtests.comparison import KeyFigure, compared, last_run, p95_seen

BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)
HEALTH = GeneratorHealth(
    loop_lag_p99=0.004,
    run_queue_share=0.02,
    cpu_share=0.3,
    intended_arrivals=300,
    started_arrivals=300,
    cpu_warning=False,
)


def row(count: int = 1000, slower: float = 1.0, failed: int = 0) -> ClassResult:
    """A class whose times are 50, 200, 400 and 600 ms, all of them `slower` times as long."""
    return ClassResult(
        request_class=RequestClass.LESSON_PAGE,
        intended=count,
        completed=count - failed,
        failed=failed,
        p50=0.05 * slower,
        p95=0.2 * slower,
        p99=0.4 * slower,
        longest=0.6 * slower,
    )


def measured(each: ClassResult, cpu: float = 0.4, **changes: Any) -> Measurement:
    """One minute's hold of one class on one host."""
    load = LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=60),
        classes=(each,),
        generator=HEALTH,
    )
    use = ResourceUse(resource="cpu", host="lms-1", name="CPU", share=cpu, capacity="2 cores", size=2.0)
    return Measurement(load=load, resources=(use,), **changes)


def changes(now: Measurement, before: Measurement) -> dict[str, str]:
    """What is said of each figure."""
    return {figure.name: figure.change for figure in compared(now, before)}


SAME = {"failed": "same", "CPU / request, lms-1": "same", "p95, lesson_page": "same"}


@settings(deadline=None)  # the first example loads scipy.stats
@given(count=st.integers(60, 100_000), failed=st.integers(0, 20))
def test_a_run_is_never_worse_or_better_than_itself(count: int, failed: int) -> None:
    run = measured(row(count, failed=failed))
    assert changes(run, run) == SAME


def test_times_that_doubled_are_a_regression_and_halved_ones_an_improvement() -> None:
    slow, quick = measured(row(slower=2.0)), measured(row())
    assert changes(slow, quick) == SAME | {"p95, lesson_page": "worse"}
    assert changes(quick, slow) == SAME | {"p95, lesson_page": "better"}


def ramped(rate: float, *, reached: bool = True) -> Measurement:
    """A run whose ramp broke at a rate, or did not break."""
    run = measured(row())
    knee = Saturation(requests_per_second=rate, learners=10 * rate, evidence="", reached=reached)
    return run.model_copy(update={"load": run.load.model_copy(update={"saturation": knee})})


def test_a_knee_that_came_down_is_a_regression_and_one_that_went_up_is_none() -> None:
    assert changes(ramped(100), ramped(140))["saturation"] == "worse"
    assert changes(ramped(140), ramped(100))["saturation"] == "better"
    assert changes(ramped(100), ramped(105))["saturation"] == "same"


def test_a_ramp_that_did_not_break_has_no_knee_to_compare() -> None:
    assert "saturation" not in changes(ramped(100, reached=False), ramped(140))
    assert "saturation" not in changes(measured(row()), ramped(140))


def test_few_requests_leave_room_for_chance() -> None:
    assert changes(measured(row(60, slower=1.6)), measured(row(60))) == SAME


def test_a_step_as_small_as_two_runs_of_one_stack_make_is_no_regression_however_many_requests() -> None:
    assert changes(measured(row(1_000_000, slower=1.4)), measured(row(1_000_000))) == SAME


def test_more_cpu_for_each_request_is_a_regression() -> None:
    assert changes(measured(row(), cpu=0.5), measured(row())) == SAME | {"CPU / request, lms-1": "worse"}
    assert changes(measured(row(), cpu=0.41), measured(row())) == SAME


def test_failures_count_when_there_are_more_than_chance_brings() -> None:
    assert changes(measured(row(failed=2)), measured(row()))["failed"] == "same"
    assert changes(measured(row(failed=20)), measured(row()))["failed"] == "worse"


@settings(deadline=None)
@given(count=st.integers(60, 100_000), slower=st.floats(0.01, 100))
def test_the_interval_of_a_p95_holds_it_and_stays_between_p50_and_the_longest(count: int, slower: float) -> None:
    each = row(count, slower)
    seen = p95_seen(each)
    assert seen is not None
    assert each.p50 is not None
    assert each.longest is not None
    assert each.p50 <= seen.low <= seen.value <= seen.high <= each.longest * 1.000001


def test_the_interval_of_a_p95_narrows_with_more_requests() -> None:
    few, many = p95_seen(row(100)), p95_seen(row(10_000))
    assert few is not None
    assert many is not None
    assert few.low < many.low < many.high < few.high


def test_a_class_too_rare_for_a_p95_is_not_compared() -> None:
    assert p95_seen(row(59)) is None
    assert "p95, lesson_page" not in changes(measured(row(59)), measured(row(1000)))


def test_what_an_older_version_did_not_tell_is_left_out() -> None:
    now = measured(row())
    before = now.model_copy(update={"resources": tuple(u.model_copy(update={"size": None}) for u in now.resources)})
    assert "CPU / request, lms-1" not in changes(now, before)


def test_a_figure_is_shown_before_now_and_as_a_step() -> None:
    figure = next(f for f in compared(measured(row(slower=2.0)), measured(row())) if f.name == "p95, lesson_page")
    assert figure.shown == ("200 ms", "400 ms", "+100 %")
    assert KeyFigure.model_validate_json(figure.model_dump_json()) == figure


def filed(folder: Path, run: Measurement, verdict: str = "fits") -> None:
    """A measurement as verify leaves it."""
    folder.mkdir()
    (folder / "measurement.json").write_text(run.model_dump_json())
    (folder / "report.json").write_text(f'{{"verdict": "{verdict}", "plan_hash": "abc"}}')


def test_the_last_run_is_the_newest_older_one_under_the_same_what_ifs(tmp_path: Path) -> None:
    filed(tmp_path / "20270101T000000Z", measured(row(100)))
    filed(tmp_path / "20270102T000000Z", measured(row(200)))
    filed(tmp_path / "20270103T000000Z", measured(row(300), what_if=WhatIf(learners=9)))
    filed(tmp_path / "20270103T120000Z", measured(row(500)), "invalid")
    filed(tmp_path / "20270104T000000Z", measured(row(400)))
    found = last_run(tmp_path, WhatIf(), before="20270104T000000Z")
    assert found is not None
    assert (found.folder, found.verdict, found.plan_hash) == ("20270102T000000Z", "fits", "abc")
    assert found.measured == measured(row(200))


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"load": 1}'])
def test_a_run_that_was_killed_or_is_of_another_version_is_passed_over(tmp_path: Path, damage: str) -> None:
    filed(tmp_path / "20270101T000000Z", measured(row(100)))
    filed(tmp_path / "20270102T000000Z", measured(row(200)))
    (tmp_path / "20270102T000000Z" / "measurement.json").write_text(damage)
    (tmp_path / "20270103T000000Z").mkdir()
    found = last_run(tmp_path, WhatIf())
    assert found is not None
    assert found.folder == "20270101T000000Z"
    assert last_run(tmp_path / "nothing", WhatIf()) is None
