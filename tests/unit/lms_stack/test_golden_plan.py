"""From a course to its plan, held to a file: whatever changes a number or its reason shows as a diff of plan.json.

The facts are those of tests/golden/facts.json, so that a newly measured fact alone changes nothing here.
`pytest tests/unit/lms_stack/test_golden_plan.py --update-golden` writes both anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import Facts, facts
from lms_stack.plan import Plan
from lms_stack.sizing import plan
from lms_stack.units import Frozen

GOLDEN = Path(__file__).parent.parent.parent / "golden"


def document(value: Frozen) -> str:
    """A value as it lies in the folder."""
    return json.dumps(value.model_dump(mode="json", exclude_none=True), ensure_ascii=False, indent=2) + "\n"


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest) -> Facts:
    """The facts that the golden plan was made with."""
    file = GOLDEN / "facts.json"
    if request.config.getoption("--update-golden"):
        file.write_text(document(facts()), "utf-8")
    return Facts.model_validate_json(file.read_text("utf-8"))


def read(text: str) -> Any:
    """A document with numbers to nine digits: the last ones differ from one processor's vector units to another's."""
    return json.loads(text, parse_float=lambda number: float(f"{float(number):.9g}"))


def made(known: Facts) -> Plan:
    """The plan of the golden course."""
    course = read_course(GOLDEN / "course.yaml")
    return plan(course, demand(course, known), known)


def test_the_plan_is_the_golden_one_number_by_number_and_reason_by_reason(
    request: pytest.FixtureRequest, kept: Facts
) -> None:
    file = GOLDEN / "plan.json"
    found = document(made(kept))
    if request.config.getoption("--update-golden"):
        file.write_text(found, "utf-8")
    assert read(found) == read(file.read_text("utf-8")), (
        "the plan has changed; if that is meant: pytest tests/unit/lms_stack/test_golden_plan.py --update-golden"
    )


def test_facts_come_back_from_json_as_they_were() -> None:
    assert Facts.model_validate_json(document(facts())) == facts()
