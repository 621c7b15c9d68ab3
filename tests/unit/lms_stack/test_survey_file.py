"""The file of a course's survey: what it becomes, and what is said of one that is wrong."""

import shutil
from pathlib import Path

import pytest

from lms_stack.course_file import read_course
from lms_stack.errors import CourseFileError
from playbooks.content import bundle

COURSES = Path(__file__).parents[3] / "courses"
LINES = """learners:
  - {section: content, kind: likert, text: Hay}
  - {section: system, kind: choice, text: Máy nào, choices: [Điện thoại, Máy tính]}
"""


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """The survey of a copy of the demo course, to be spoilt."""
    shutil.copytree(COURSES, tmp_path / "courses")
    return tmp_path / "courses" / "demo" / "khao-sat.yaml"


def read(survey: Path) -> dict[str, list[dict[str, object]]]:
    """What the bundle of that copy says of surveys."""
    folder = survey.parents[1]
    found: dict[str, list[dict[str, object]]] = bundle(read_course(folder / "demo.yaml"), folder)["survey"]
    return found


def test_questions_reach_the_bundle(survey: Path) -> None:
    survey.write_text(LINES, "utf-8")
    assert read(survey) == {
        "learners": [
            {"section": "content", "kind": "likert", "text": "Hay", "choices": []},
            {"section": "system", "kind": "choice", "text": "Máy nào", "choices": ["Điện thoại", "Máy tính"]},
        ],
        "instructors": [],
    }


def test_the_demo_asks_learners_about_all_three_subjects() -> None:
    asked = bundle(read_course(COURSES / "demo.yaml"), COURSES)["survey"]["learners"]
    assert {each["section"] for each in asked if each["kind"] == "likert"} == {"organisation", "content", "system"}


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("content", "contents", "2: learners[1].section: expected"),
        ("likert", "stars", "learners[1].kind: expected"),
        (", choices: [Điện thoại, Máy tính]", "", "3: learners[2]: expected `choices`, at least two"),
        ("Hay", "Hay, choices: [a, b]", "learners[1].choices: expected none, for it is of kind likert"),
        ("Hay", "Hay, points: 2", "learners[1].points: unknown key; expected one of section, kind"),
        ("learners:", "learner:", "learner: unknown key; expected one of learners, instructors"),
        ("learners:", "learners: [", "1: the file"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(survey: Path, right: str, wrong: str, told: str) -> None:
    survey.write_text(LINES.replace(right, wrong, 1), "utf-8")
    with pytest.raises(CourseFileError) as caught:
        read(survey)
    assert told in caught.value.message
    assert "khao-sat.yaml" in caught.value.message
