"""The report: says the verdict in both languages, holds everything in one file, and trusts nobody's text."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.measurement import (
    ClassResult,
    GeneratorHealth,
    LoadResult,
    Measurement,
    ResourceUse,
    Sample,
    UnitUse,
    WhatIf,
)
from lms_stack.request_classes import RequestClass
from lms_stack.sizing import plan
from lms_stack.verdict import Bottleneck, Excuse, Outcome, Verdict
from loadtests.report import report_page, write_report

COURSE = read_course(Path(__file__).parent / "good_course.yaml")
DEMAND = demand(COURSE)
PLAN = plan(COURSE, DEMAND)
BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>"


def measured(samples: int = 30, **changes: Any) -> Measurement:
    """A measurement; `changes` are of its one request class."""
    times = {"p50": 0.05, "p95": 0.2, "p99": 0.4, "longest": 0.6}
    counts: dict[str, Any] = {"intended": 200.0, "completed": 200, "failed": 0}
    row = ClassResult(request_class=RequestClass.LOGIN, **{**counts, **times, **changes})
    load = LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=60),
        classes=(row,),
        generator=GeneratorHealth(
            loop_lag_p99=0.004,
            run_queue_share=0.02,
            cpu_share=0.3,
            intended_arrivals=300,
            started_arrivals=300,
            cpu_warning=False,
        ),
        samples=tuple(
            Sample(second=float(n), requests=50, failures=0, p95=0.1 if n else None, in_flight=3, bits=5e7)
            for n in range(samples)
        ),
    )
    use = ResourceUse(resource="cpu", host="lms-1", name="CPU", share=0.41, capacity="0.75 cores")
    return Measurement(load=load, resources=(use,), what_if=WhatIf(learners=2400))


def page(measurement: Measurement, judged: Verdict) -> str:
    """The report's page."""
    return report_page(COURSE, PLAN, DEMAND, measurement, judged)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_verdict_is_told_in_vietnamese_and_english(outcome: Outcome) -> None:
    words = {Outcome.FITS: "ĐỦ NĂNG LỰC", Outcome.DOES_NOT_FIT: "CHƯA ĐỦ NĂNG LỰC", Outcome.INVALID: "KHÔNG HỢP LỆ"}
    text = page(measured(), Verdict(outcome=outcome))
    assert words[outcome] in text
    assert "Article 6" in text
    assert "Điều 6" in text


def test_the_page_asks_no_other_host_for_anything() -> None:
    text = page(measured(), Verdict(outcome=Outcome.FITS))
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?https?://""", text)
    assert "@import" not in text
    assert text.count("<svg") == 6


def test_what_others_wrote_is_shown_and_never_run() -> None:
    judged = Verdict(
        outcome=Outcome.DOES_NOT_FIT,
        bottleneck=Bottleneck(resource="cpu", host=HOSTILE, evidence=HOSTILE),
        excuses=(Excuse(reason=HOSTILE, resource=HOSTILE, evidence=HOSTILE),),
    )
    text = page(measured(failed=3, failures={HOSTILE: 3}), judged)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_cpu_time_of_a_service_is_told_for_one_request() -> None:
    used = measured().model_copy(update={"units": (UnitUse(host="lms-1", unit="nginx.service", cores=0.1),)})
    shown = page(used, Verdict(outcome=Outcome.FITS))
    assert "nginx.service" in shown
    assert "<td>30 ms</td>" in shown  # 0.1 core for 60 s, 200 requests


def test_a_run_that_saw_nothing_still_makes_a_report() -> None:
    empty = measured(samples=0, completed=0, p50=None, p95=None, p99=None, longest=None)
    assert "–" in page(empty, Verdict(outcome=Outcome.INVALID))


def test_the_document_beside_the_page_says_the_same_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    write_report(tmp_path, COURSE, PLAN, DEMAND, measured(), Verdict(outcome=Outcome.FITS))
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert document["verdict"] == "fits"
    assert document["what_if"] == {"learners": 2400}
    assert Measurement.model_validate_json((tmp_path / "measurement.json").read_text("utf-8")) == measured()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_the_same_measurement_gives_the_same_page() -> None:
    judged = Verdict(outcome=Outcome.FITS)
    assert page(measured(), judged) == page(measured(), judged)
