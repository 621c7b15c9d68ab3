"""The report of one measurement: a page for people and a document for programs."""

import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.facts import facts
from lms_stack.measurement import Measurement
from lms_stack.plan import Plan
from lms_stack.readiness import plan_hash
from lms_stack.units import show
from lms_stack.verdict import Outcome, Verdict
from loadtests import charts, tables
from loadtests.aside import Aside
from loadtests.attribution import Breaking, breaking_order
from loadtests.wording import both, count

#: Where nothing stands beside a measurement.
NOTHING = Aside()

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


def write_measurement(folder: Path, measured: Measurement) -> None:
    """Write measurement.json, which a certificate is bound to by its hash, whole or not at all."""
    _write(folder / "measurement.json", measured.model_dump_json(indent=1))


def write_report(
    folder: Path,
    course: Course,
    plan: Plan,
    demand: Demand,
    measured: Measurement,
    judged: Verdict,
    aside: Aside = NOTHING,
) -> None:
    """Write report.html, report.json and measurement.json into a folder, each whole or not at all."""
    document = report_document(course, plan, demand, measured, judged, aside)
    write_measurement(folder, measured)
    _write(folder / "report.html", report_page(course, plan, demand, measured, judged, aside))
    _write(folder / "report.json", json.dumps(document, ensure_ascii=False, indent=1))


def report_document(
    course: Course, plan: Plan, demand: Demand, measured: Measurement, judged: Verdict, aside: Aside = NOTHING
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
        "phases": [each.model_dump(mode="json", exclude={"classes"}) for each in load.phases],
        "saturation": load.saturation.model_dump() if load.saturation else None,
        "recovery": load.recovery.model_dump() if load.recovery else None,
        "generator": {**load.generator.model_dump(), "achieved_share": load.generator.achieved_share},
        "resources": [use.model_dump() for use in measured.resources],
        "breaking_order": [row.model_dump() for row in breaking_order(measured, demand)],
        "units": [use.model_dump() for use in measured.units],
        "predicted": [use.model_dump(mode="json") for use in plan.predicted],
        "missing_metrics": list(measured.missing_metrics),
        "edge": [row.model_dump(mode="json", exclude={"generator"}) for row in tables.edge_rows(measured, aside)],
        "edge_trouble": aside.edge_trouble,
        "compared_with": aside.last.folder if aside.last else None,
        "comparison": [row.model_dump() for row in tables.compared_rows(measured, aside)],
        "queries": dict(aside.queries),
        "certificate": aside.certificate.model_dump(mode="json") if aside.certificate else None,
    }


def report_page(
    course: Course, plan: Plan, demand: Demand, measured: Measurement, judged: Verdict, aside: Aside = NOTHING
) -> str:
    """The report as one page that needs nothing else."""
    objective = course.objectives.page_p95
    order = breaking_order(measured, demand)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            course=course,
            plan=plan,
            demand=demand,
            measured=measured,
            judged=judged,
            aside=aside,
            words=WORDS[judged.outcome],
            what_if=measured.what_if.model_dump(exclude_none=True),
            objective=show(objective, "s"),
            rows=tables.class_rows(measured, demand, plan, aside),
            breaking=tables.breaking_rows(order, aside),
            excuses=tables.excuse_rows(judged, measured, aside),
            bottleneck=tables.bottleneck_cell(judged, measured, aside),
            first=tables.first_to_break(measured, demand),
            edge=tables.edge_rows(measured, aside),
            compared=tables.compared_rows(measured, aside),
            phases=tables.phase_rows(measured.load),
            units=tables.unit_rows(measured, aside),
            health=tables.health_rows(measured.load),
            steady=tables.steadiness(measured.load),
            around=tables.surroundings(measured, plan),
            mobile=tables.mobile_rows(measured),
            charts=_charts(plan, demand, measured, order, objective),
            plan_hash=plan_hash(plan),
            limits={name: show(fact.number, fact.unit) for name, fact in facts().thresholds.items()},
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("loadtests"), autoescape=True, undefined=StrictUndefined)
    environment.globals |= {"show": show, "count": count, "both": both}
    return environment


def _charts(
    plan: Plan, demand: Demand, measured: Measurement, order: Sequence[Breaking], objective: float
) -> dict[str, str]:
    load = measured.load
    return {
        "requests": charts.requests_over_time(load),
        "p95": charts.p95_over_time(load, objective),
        "bits": charts.bits_over_time(load),
        "classes": charts.classes_against_objective(load.classes, objective),
        "predicted": charts.predicted_and_measured(plan.predicted, measured),
        "breaking": charts.breaking_order(order, demand.learners),
    }


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    part.replace(path)
