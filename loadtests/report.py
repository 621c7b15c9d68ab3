"""The report of one measurement: a page for people and a document for programs."""

import json
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.facts import facts
from lms_stack.measurement import ClassResult, GeneratorHealth, Measurement
from lms_stack.plan import Plan
from lms_stack.units import show
from lms_stack.verdict import Outcome, Verdict
from loadtests import charts

WORDS = {
    Outcome.FITS: {
        "vi": "ĐỦ NĂNG LỰC",
        "en": "Fits: the planned peak was carried with room to spare.",
        "meaning_vi": "Máy chủ và đường truyền phục vụ được cao điểm dự kiến mà không nghẽn, đúng yêu cầu của Điều 6 "
        "Thông tư 21/2017/TT-BGDĐT, trong điều kiện đã đo.",
        "meaning_en": "Servers and line carry the expected peak without congestion, as Article 6 of Circular 21/2017 "
        "asks, under the conditions that were measured.",
    },
    Outcome.DOES_NOT_FIT: {
        "vi": "CHƯA ĐỦ NĂNG LỰC",
        "en": "Does not fit: learners would have felt the planned peak.",
        "meaning_vi": "Ở cao điểm dự kiến, học viên sẽ gặp trang chậm, lỗi hoặc nghẽn; chưa đáp ứng Điều 6 Thông tư "
        "21/2017/TT-BGDĐT. Điểm nghẽn dưới đây cần được tăng trước.",
        "meaning_en": "At the expected peak learners would meet slow pages, errors or congestion, which Article 6 of "
        "Circular 21/2017 forbids. Enlarge the bottleneck first.",
    },
    Outcome.INVALID: {
        "vi": "PHÉP ĐO KHÔNG HỢP LỆ",
        "en": "Invalid: this measurement proves nothing.",
        "meaning_vi": "Không được dùng kết quả này làm căn cứ theo Điều 6. "
        "Hãy khắc phục nguyên nhân dưới đây rồi đo lại.",
        "meaning_en": "It must not be used as evidence for Article 6. Remove the causes below and measure again.",
    },
}


def write_report(
    folder: Path, course: Course, plan: Plan, demand: Demand, measured: Measurement, judged: Verdict
) -> None:
    """Write report.html, report.json and measurement.json into a folder, each whole or not at all."""
    document = report_document(course, plan, demand, measured, judged)
    _write(folder / "measurement.json", measured.model_dump_json(indent=1))
    _write(folder / "report.html", report_page(course, plan, demand, measured, judged))
    _write(folder / "report.json", json.dumps(document, ensure_ascii=False, indent=1))


def report_document(
    course: Course, plan: Plan, demand: Demand, measured: Measurement, judged: Verdict
) -> dict[str, Any]:
    """What the report says, as data."""
    load = measured.load
    return {
        "verdict": judged.outcome.value,
        "bottleneck": judged.bottleneck.model_dump() if judged.bottleneck else None,
        "excuses": [excuse.model_dump() for excuse in judged.excuses],
        "deployment": plan.deployment,
        "course": course.title,
        "learners": demand.learners,
        "requests_per_second": demand.request_rate,
        "what_if": measured.what_if.model_dump(exclude_none=True),
        "plan_hash": plan_hash(plan),
        "hold": {"started": load.hold_started.isoformat(), "ended": load.hold_ended.isoformat()},
        "classes": [each.model_dump(mode="json") for each in load.classes],
        "generator": {**load.generator.model_dump(), "achieved_share": load.generator.achieved_share},
        "resources": [use.model_dump() for use in measured.resources],
        "units": [use.model_dump() for use in measured.units],
        "predicted": [use.model_dump(mode="json") for use in plan.predicted],
        "missing_metrics": list(measured.missing_metrics),
    }


def plan_hash(plan: Plan) -> str:
    """What tells one plan from every other."""
    return sha256(plan.model_dump_json().encode()).hexdigest()


def report_page(course: Course, plan: Plan, demand: Demand, measured: Measurement, judged: Verdict) -> str:
    """The report as one page that needs nothing else."""
    objective = course.objectives.page_p95
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            course=course,
            plan=plan,
            demand=demand,
            measured=measured,
            judged=judged,
            words=WORDS[judged.outcome],
            what_if=measured.what_if.model_dump(exclude_none=True),
            objective=show(objective, "s"),
            rows=[_row(each, demand) for each in measured.load.classes],
            units=_units(measured),
            health=_health(measured.load.generator),
            charts=_charts(plan, measured, objective),
            plan_hash=plan_hash(plan),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("loadtests"), autoescape=True, undefined=StrictUndefined)


def _row(result: ClassResult, demand: Demand) -> dict[str, Any]:
    times = (result.p50, result.p95, result.p99, result.longest)
    planned = demand.requests.get(result.request_class)
    return {
        "result": result,
        "planned": str(planned) if planned else "–",
        "times": ["–" if time is None else show(time, "s") for time in times],
    }


def _units(measured: Measurement) -> list[tuple[str, str, str, str]]:
    """What each service took of the CPU, and that divided by the requests of the hold."""
    load = measured.load
    seconds = (load.hold_ended - load.hold_started).total_seconds()
    served = sum(each.completed + each.failed for each in load.classes)
    return [
        (use.unit, use.host, show(use.cores, "core"), show(use.cores * seconds / served, "s") if served else "–")
        for use in measured.units
    ]


def _health(generator: GeneratorHealth) -> list[tuple[str, str, str]]:
    limits = {name: fact.number for name, fact in facts().thresholds.items()}
    started = f"{generator.started_arrivals} / {generator.intended_arrivals}"
    return [
        ("event-loop lag p99", show(generator.loop_lag_p99, "s"), f"≤ {show(limits['loop_lag_p99'], 's')}"),
        (
            "waiting for its CPU",
            show(generator.run_queue_share, "share"),
            f"≤ {show(limits['run_queue_share'], 'share')}",
        ),
        ("arrivals started", started, f"≥ {show(limits['achieved_share'], 'share')}"),
        ("its CPU", show(generator.cpu_share, "share"), "–"),
        ("Locust's CPU warning", "yes" if generator.cpu_warning else "no", "no"),
    ]


def _charts(plan: Plan, measured: Measurement, objective: float) -> dict[str, str]:
    samples = measured.load.samples
    return {
        "requests": charts.requests_over_time(samples),
        "p95": charts.p95_over_time(samples, objective),
        "bits": charts.bits_over_time(samples),
        "classes": charts.classes_against_objective(measured.load.classes, objective),
        "predicted": charts.predicted_and_measured(plan.predicted, measured),
    }


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    part.replace(path)
