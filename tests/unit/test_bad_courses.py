"""A gallery of bad course files, each with the very message that it gives."""

from pathlib import Path

import pytest

from lms_stack.course_file import read_course
from lms_stack.errors import CourseFileError, ExitCode

GALLERY = Path(__file__).parent / "bad_courses"
GOOD = Path(__file__).parent / "good_course.yaml"
BAD = sorted(GALLERY.glob("*.yaml"))


def test_the_gallery_has_at_least_twelve_pictures() -> None:
    assert len(BAD) >= 12


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_course_file_tells_line_field_and_what_was_expected(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GALLERY)
    with pytest.raises(CourseFileError) as caught:
        read_course(Path(file.name))
    assert caught.value.message + "\n" == file.with_suffix(".expected").read_text("utf-8")
    assert caught.value.exit_code is ExitCode.BAD_INPUT


def test_the_same_file_without_its_faults_is_taken() -> None:
    assert read_course(GOOD).learners == 120


def test_a_missing_course_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(CourseFileError, match="can't be read"):
        read_course(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseFileError):
        read_course(tmp_path / "course.yaml")
