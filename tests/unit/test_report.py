"""The report: says the verdict in both languages, holds everything in one file, and trusts nobody's text."""

import ast
import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.edge_times import EdgeTimes
from lms_stack.evidence import SLOWER, STOOD_STILL
from lms_stack.measurement import (
    ClassResult,
    Clock,
    CoreSpeed,
    GeneratorHealth,
    LinkCapacity,
    LoadResult,
    MachineLoad,
    Measurement,
    MobileLearner,
    PhaseName,
    PhaseResult,
    Recovery,
    ResourceUse,
    Sample,
    Saturation,
    StandStill,
    Trend,
    UnitUse,
    WhatIf,
)
from lms_stack.request_classes import RequestClass
from lms_stack.sizing import plan, with_outlook
from lms_stack.units import show
from lms_stack.validity import renewal
from lms_stack.verdict import Bottleneck, Excuse, Outcome, Verdict
from loadtests import charts, wording
from loadtests.aside import Aside
from loadtests.comparison import LastRun
from loadtests.report import report_page, write_report
from monitoring.links import graph_link, report_queries
from monitoring.names import Metric

COURSE = read_course(Path(__file__).parent / "good_course.yaml")
DEMAND = demand(COURSE)
PLAN = plan(COURSE, DEMAND)
BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
USAGE = ROOT / "monitoring" / "usage.py"
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
    use = ResourceUse(
        resource="cpu", host="lms-1", name="CPU", share=0.41, capacity="0.75 cores", size=0.75, query="cpu of lms-1"
    )
    return Measurement(load=load, resources=(use,), what_if=WhatIf(learners=2400))


@pytest.fixture(autouse=True)
def quick_charts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of a report's time; only where the charts themselves are the matter are they drawn."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(charts, "_chart", lambda *_, **__: "<svg></svg>")


@pytest.fixture
def drawn() -> None:
    """Asked for by tests that want real charts."""


def page(measurement: Measurement, judged: Verdict, aside: Aside | None = None) -> str:
    """The report's page."""
    return report_page(COURSE, PLAN, DEMAND, measurement, judged, aside or Aside())


def beside(**changes: Any) -> Aside:
    """A report's surroundings with a Prometheus to ask again."""
    link = partial(graph_link, "http://198.18.7.11:9090/", started=BEGAN, ended=BEGAN + timedelta(seconds=60))
    queries = report_queries(BEGAN, BEGAN + timedelta(seconds=60), ["login"])
    return Aside(link=link, queries=queries, **changes)


def addresses(text: str) -> list[dict[str, list[str]]]:
    """The questions behind a page's links."""
    found = re.findall(r'href="http://198\.18\.7\.11:9090/classic/graph\?([^"]+)"', text)
    return [parse_qs(unescape(question)) for question in found]


@pytest.mark.parametrize("outcome", Outcome)
def test_the_verdict_is_told_in_vietnamese_and_english(outcome: Outcome) -> None:
    words = {Outcome.FITS: "ĐỦ NĂNG LỰC", Outcome.DOES_NOT_FIT: "CHƯA ĐỦ NĂNG LỰC", Outcome.INVALID: "KHÔNG HỢP LỆ"}
    text = page(measured(), Verdict(outcome=outcome))
    assert words[outcome] in text
    assert "Article 6" in text
    assert "Điều 6" in text


@pytest.mark.usefixtures("drawn")
def test_the_page_asks_no_other_host_for_anything() -> None:
    text = page(measured(), Verdict(outcome=Outcome.FITS))
    text += page(measured(), Verdict(outcome=Outcome.FITS), beside())
    assert not re.findall(r"""src\s*=\s*["']?https?://|<link|<script|url\(["']?http""", text)
    assert "@import" not in text
    assert text.count("<svg") == 2 * 6


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


def test_every_figure_of_the_stack_leads_to_the_query_that_gave_it_over_the_hold() -> None:
    used = measured().model_copy(update={"units": (UnitUse(host="lms-1", unit="nginx.service", cores=0.1),)})
    found = addresses(page(used, Verdict(outcome=Outcome.FITS), beside()))
    asked = [question["g0.expr"][0] for question in found]
    assert "cpu of lms-1" in asked
    assert any('request_class="login"' in query for query in asked)
    assert "video_segment" not in report_queries(BEGAN, BEGAN, ["login", "video_segment"]), (
        "the application serves none"
    )
    assert any(str(Metric.UNIT_CPU_SECONDS) in query for query in asked)
    assert {(q["g0.range_input"][0], q["g0.end_input"][0]) for q in found} == {("60s", "2027-04-09 12:31:00")}


def test_the_evidence_of_a_full_resource_leads_to_its_query() -> None:
    judged = Verdict(
        outcome=Outcome.DOES_NOT_FIT,
        bottleneck=Bottleneck(resource="cpu", host="lms-1", evidence="CPU: 97 % of 0.75 cores in use"),
        excuses=(Excuse(reason="CPU exhausted", resource="cpu", evidence="lms-1: 97 % of 0.75 cores"),),
    )
    text = page(measured(), judged, beside())
    assert re.search(r'<a href="[^"]+cpu\+of\+lms-1[^"]+">CPU: 97 % of 0.75 cores in use</a>', text)
    assert re.search(r'<a href="[^"]+cpu\+of\+lms-1[^"]+">lms-1: 97 % of 0.75 cores</a>', text)


def test_a_figure_without_a_query_is_shown_without_a_link() -> None:
    old = measured()
    silent = old.model_copy(update={"resources": tuple(u.model_copy(update={"query": ""}) for u in old.resources)})
    assert "41 %" in page(silent, Verdict(outcome=Outcome.FITS), beside())
    assert addresses(page(silent, Verdict(outcome=Outcome.FITS))) == []


def test_a_regression_is_marked_beside_the_last_run() -> None:
    last = LastRun(measured=measured(), verdict="fits", plan_hash="x", folder="20270408T123000Z")
    slow: dict[str, Any] = {"p50": 0.2, "p95": 0.8, "p99": 0.9, "longest": 1.0}
    worse = page(measured(**slow), Verdict(outcome=Outcome.FITS), beside(last=last))
    assert "kém đi / worse" in worse
    assert "The plan was changed between the two" in worse
    same = page(measured(), Verdict(outcome=Outcome.FITS), beside(last=last))
    assert "kém đi / worse" not in same
    assert "No figure got worse" in same


def test_requests_that_waited_before_the_edge_are_told_in_both_languages() -> None:
    row = EdgeTimes(
        host="lms-1", request_class=RequestClass.LOGIN, count=200, errors=0, p50=0.01, p95=0.02, p99=0.03, longest=0.04
    )
    odd = page(measured(), Verdict(outcome=Outcome.FITS), beside(edge=(row,)))
    assert "Đường truyền không giải thích được" in odd
    assert "waited before the edge saw them" in odd
    fine = page(measured(p95=0.03), Verdict(outcome=Outcome.FITS), beside(edge=(row,)))
    assert "Đường truyền giải thích được mọi chênh lệch" in fine


def test_the_p95_that_the_plan_expected_stands_beside_the_measured_one() -> None:
    planned = with_outlook(COURSE, PLAN)
    assert planned.outlook is not None
    login = next(each.p95.interval for each in planned.outlook.latencies if each.request_class == "login")
    assert login is not None
    told = f"{show(login.low, 's').removesuffix(' ms')} – {show(login.high, 's')}"
    assert told.endswith(" ms")
    plain = measured().model_copy(update={"what_if": WhatIf()})
    fits = Verdict(outcome=Outcome.FITS)
    assert told in report_page(COURSE, planned, DEMAND, plain, fits)
    assert told not in report_page(COURSE, planned, DEMAND, measured(), fits), "other learners than planned"


def test_why_it_does_not_fit_is_told_in_both_languages() -> None:
    excuses = (
        Excuse(reason="edge link out exhausted", resource="link", evidence="lms-1: 99 %"),
        Excuse(reason="in the exam storm answers came late", resource="login", evidence="p95 3 s"),
        Excuse(reason="the site stood still for 2.5 s", resource="pages", evidence="no page was answered"),
    )
    text = page(measured(), Verdict(outcome=Outcome.DOES_NOT_FIT, excuses=excuses))
    for told in ("đã cạn: đường truyền ra", "lúc vào thi ồ ạt trả lời chậm", "trang đứng im 2.5 s"):
        assert told in text
    for excuse in excuses:
        assert excuse.reason in text


def test_every_reason_and_resource_has_its_vietnamese_words() -> None:
    modules = [ROOT / "lms_stack" / f"{name}.py" for name in ("verdict", "evidence", "steadiness", "deviations")]
    reasons = [
        each.value.value
        for path in modules
        for each in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(each, ast.keyword) and each.arg == "reason" and isinstance(each.value, ast.Constant)
    ]
    assert len(reasons) > 12
    assert [each for each in (*reasons, SLOWER, STOOD_STILL) if wording.reason(str(each)) == each] == []
    named = re.findall(r'(?:_Resource\("\w+", |_link\(asked, )"([^"]+)"', USAGE.read_text("utf-8"))
    assert len(named) == len(wording.RESOURCES)
    assert set(named) == set(wording.RESOURCES)


def test_a_certificate_that_ends_before_the_course_does_is_warned_of_in_both_languages() -> None:
    early = renewal(COURSE, COURSE.dates.opens)
    assert early is not None
    told = page(measured(), Verdict(outcome=Outcome.FITS), beside(renewal=early))
    assert early.vi in told
    assert early.en in told
    assert "Lưu ý" not in page(measured(), Verdict(outcome=Outcome.FITS), beside())


def test_a_log_that_could_not_be_read_is_said() -> None:
    assert "lms-1: no SSH" in page(measured(), Verdict(outcome=Outcome.FITS), beside(edge_trouble="lms-1: no SSH"))


@pytest.mark.usefixtures("drawn")
def test_phases_the_knee_steadiness_slow_lines_and_surroundings_are_told() -> None:
    def phase(name: PhaseName, began: float, ended: float) -> PhaseResult:
        at = [BEGAN + timedelta(seconds=second) for second in (began, ended)]
        return PhaseResult(name=name, started=at[0], ended=at[1], requests_per_second=77, p95=0.2, failed_share=0)

    run = measured()
    load = run.load.model_copy(
        update={
            "phases": (phase("warm-up", -15, 0), phase("hold", 0, 60), phase("ramp", 60, 100)),
            "saturation": Saturation(requests_per_second=141, learners=1234, evidence="the pages' p95 passed 1 s"),
            "recovery": Recovery(seconds=None, evidence="it never came back"),
            "stand_still": StandStill(began=20, seconds=2.5, waited=3.1),
            "trend": Trend(first=0.1, last=0.25, growth=2.5, growth_low=2.0, chance=0.001),
            "mobile": MobileLearner(
                bit_rate=2e6, starts=9, start_p50=1, start_p95=1.5, stalls=4, stalled=6, watched=120
            ),
            "link_capacity": LinkCapacity(planned=2e8, egress=1.9e8, ingress=None, at_least=True),
        }
    )
    around = {
        "load": load,
        "clocks": (Clock(host="lms-1", ahead=0.02, uncertainty=0.001),),
        "machine": MachineLoad(cores=2, busy=1.5, guests=1.25, steal=0.01),
        "core_speeds": (CoreSpeed(host="lms-1", pieces=120, first=130, last=110),),
    }
    text = page(run.model_copy(update=around), Verdict(outcome=Outcome.FITS))
    for told in (
        "khởi động / warm-up",
        "77/s",
        "141/s",
        "1\u202f234",
        "130/s → 110/s",
        "không / no",
        "it never came back",
        "2.5 s",
        "× 2.5",
    ):
        assert told in text
    for told in ("1.5 s", "4 (5 %)", "≥ 190 Mbit/s", "20 ms ± 1 ms", "0.25 cores / 2 cores", "120/s", "planned 150/s"):
        assert told in text


@pytest.mark.usefixtures("drawn")
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


@pytest.mark.usefixtures("drawn")
def test_the_same_measurement_gives_the_same_page() -> None:
    judged = Verdict(outcome=Outcome.FITS)
    assert page(measured(), judged) == page(measured(), judged)
