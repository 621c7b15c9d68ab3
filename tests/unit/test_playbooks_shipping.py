"""What is shipped: made once, whole or not at all, named by what it is made from."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lms_stack.course_file import read_course
from playbooks.cached import archive, ensure, files_below, key
from playbooks.cards import LINES_ON_A_SLIDE, sections
from playbooks.content import as_json, bundle
from playbooks.media import media_of
from tests.unit.playbook_inputs import ROOT

COURSES = ROOT / "courses"
DEMO = read_course(COURSES / "demo.yaml")


def _write(text: str) -> Callable[[Path], None]:
    def make(part: Path) -> None:
        part.write_text(text)

    return make


def test_something_in_the_cache_is_not_made_again(tmp_path: Path) -> None:
    ensure(tmp_path / "thing", _write("first"))
    assert ensure(tmp_path / "thing", _write("second")).read_text() == "first"


def test_what_was_interrupted_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    def broken(part: Path) -> None:
        part.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure(tmp_path / "thing", broken)
    assert not (tmp_path / "thing").exists()
    assert ensure(tmp_path / "thing", _write("whole")).read_text() == "whole"


def test_a_name_changes_with_each_part_and_with_where_the_parts_are_cut() -> None:
    assert len({key("a", "b"), key("ab"), key("a", "c"), key("", "ab")}) == 4


def test_an_archive_ends_with_the_file_that_says_it_is_whole_and_belongs_to_root(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    archive(tmp_path / "x.tar", [("sub/a", tmp_path / "a")], compress=True)
    with tarfile.open(tmp_path / "x.tar") as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == ["sub/a", "complete"]
    assert {(member.uid, member.uname, member.mode) for member in members} == {(0, "root", 0o644)}


def test_caches_of_tools_are_not_shipped(tmp_path: Path) -> None:
    for name in ("a.py", "__pycache__/a.pyc", ".pytest_cache/README.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert [path.name for path in files_below(tmp_path)] == ["a.py"]


def test_the_bundle_has_every_unit_of_the_course_in_its_order() -> None:
    units = bundle(DEMO, COURSES)["units"]
    assert [unit["title"] for unit in units] == [unit.title for unit in DEMO.content]
    assert {unit["kind"] for unit in units} == {"lesson", "quiz", "essay", "package"}


def test_an_exam_is_a_quiz_with_a_window_and_one_attempt() -> None:
    (exam,) = [unit for unit in bundle(DEMO, COURSES)["units"] if "window" in unit]
    assert exam["kind"] == "quiz"
    assert exam["attempts"] == 1
    assert exam["window"]["opens"] == "2027-04-09T19:30:00+07:00"


def test_the_bundle_has_as_many_people_and_classes_as_the_course() -> None:
    found = bundle(DEMO, COURSES)
    assert len(found["learners"]) == DEMO.learners
    assert len(found["classes"]) == DEMO.classes
    assert {learner["class"] for learner in found["learners"]} == {given["name"] for given in found["classes"]}


def test_the_same_course_gives_the_same_bytes() -> None:
    assert as_json(DEMO, COURSES) == as_json(DEMO, COURSES)
    assert json.loads(as_json(DEMO, COURSES))["slug"] == "demo"


def test_another_bit_rate_is_another_lecture_but_the_same_slides() -> None:
    lessons = [lesson for lesson in DEMO.lessons if lesson.video]
    first = lessons[0]
    assert first.video is not None
    faster = first.model_copy(update={"video": first.video.model_copy(update={"bit_rate": 9e5})})
    changed = DEMO.model_copy(update={"content": tuple(faster if unit is first else unit for unit in DEMO.content)})
    before, after = media_of(DEMO, COURSES)[first.title], media_of(changed, COURSES)[first.title]
    assert before.video != after.video
    assert before.slides == after.slides


def test_a_long_section_goes_on_over_several_slides() -> None:
    text = "## Mục\n\n" + "\n\n".join(f"Đoạn {n}" for n in range(LINES_ON_A_SLIDE + 1))
    assert [heading for heading, _ in sections(text)] == ["Mục", "Mục"]
