"""The report of one measurement: a page for people and a document for programs."""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.measurement import Measurement
from lms_stack.plan import Plan
from lms_stack.verdict import Verdict


def write_report(
    folder: Path, course: Course, plan: Plan, demand: Demand, measured: Measurement, judged: Verdict
) -> None:
    """Write report.html, report.json and measurement.json into a folder, each whole or not at all."""
    document = report_document(course, plan, demand, measured, judged)
    _write(folder / "measurement.json", measured.model_dump_json(indent=1))
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
        "plan_hash": sha256(plan.model_dump_json().encode()).hexdigest(),
        "hold": {"started": load.hold_started.isoformat(), "ended": load.hold_ended.isoformat()},
        "classes": [each.model_dump(mode="json") for each in load.classes],
        "generator": {**load.generator.model_dump(), "achieved_share": load.generator.achieved_share},
        "resources": [use.model_dump() for use in measured.resources],
        "predicted": [use.model_dump(mode="json") for use in plan.predicted],
        "missing_metrics": list(measured.missing_metrics),
    }


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    part.replace(path)
