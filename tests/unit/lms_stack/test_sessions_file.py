"""The file of a course's sessions: what it becomes, and what is said of one that is wrong."""

import shutil
from pathlib import Path

import pytest

from lms_stack.course_file import read_course
from lms_stack.errors import CourseFileError
from playbooks.content import bundle

COURSES = Path(__file__).parents[3] / "courses"
LINE = "- {kind: room, title: A, starts: 2027-03-20T08:00, ends: 2027-03-20T11:00, place: B}\n"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """The sessions of a copy of the demo course, to be spoilt."""
    shutil.copytree(COURSES, tmp_path / "courses")
    return tmp_path / "courses" / "demo" / "buoi-hoc.yaml"


def test_sessions_reach_the_bundle_with_zones_and_the_names_of_their_classes() -> None:
    live, room = bundle(read_course(COURSES / "demo.yaml"), COURSES)["sessions"]
    assert live["starts"] == "2027-03-17T20:00:00+07:00"
    assert live["join_link"].startswith("https://")
    assert "class" not in live
    assert room["class"] == "Lớp 1"
    assert room["place"]


def test_a_right_line_is_taken(sessions: Path) -> None:
    sessions.write_text(LINE, "utf-8")
    assert len(bundle(read_course(sessions.parents[1] / "demo.yaml"), sessions.parents[1])["sessions"]) == 1


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("room", "rom", "2: [1].kind: expected"),
        ("2027-03-20T11:00", "2027-03-20T07:00", "[1].ends: expected a time after the beginning, 2027-03-20T08:00"),
        ("2027-03-20T08:00", "2027-02-20T08:00", "[1].starts: expected a day of the course"),
        (", place: B", "", "expected a `place`"),
        ("place: B", "place: B, class: 11", "[1].class: expected the number of a class, 1 to 10, not 11"),
        ("place: B", "place: B, join_link: 'javascript:x'", "[1].join_link: expected a web address"),
        ("place: B", "place: B, plase: C", "[1].plase: unknown key"),
        ("- {", "{", "1: the file"),
        ("- {", "- [", "1: the file"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(sessions: Path, right: str, wrong: str, told: str) -> None:
    sessions.write_text("# buổi học\n" + LINE.replace(right, wrong, 1), "utf-8")
    with pytest.raises(CourseFileError) as caught:
        read_course(sessions.parents[1] / "demo.yaml")
    assert told in caught.value.message
    assert "buoi-hoc.yaml" in caught.value.message
