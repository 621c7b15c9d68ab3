"""Several courses on one stack: what they are as one, and which files can't be planned together."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from lms_stack.errors import CourseFileError
from lms_stack.together import as_one, read_together
from tests.unit.lms_stack.samples import COURSE, GOOD, course

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes the good course's file again, under another name and with some of its text changed."""
    shutil.copytree(GOOD.parent / "bad_courses" / "content", tmp_path / "bad_courses" / "content")

    def write(name: str, *changes: tuple[str, str]) -> Path:
        text = GOOD.read_text("utf-8")
        for old, new in ((f"name: {COURSE.name}", f"name: {name}"), *changes):
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / f"{len(list(tmp_path.glob('*.yaml')))}.yaml"
        file.write_text(text, "utf-8")
        return file

    return write


def test_a_single_course_is_itself() -> None:
    assert as_one((COURSE,)) == COURSE
    with pytest.raises(ValueError, match="one course or more"):
        as_one(())


def test_as_one_they_have_all_learners_the_longest_time_and_the_strictest_promise() -> None:
    later = COURSE.dates.model_copy(
        update={name: day + timedelta(days=30) for name, day in COURSE.dates if name != "opens"}
    )
    strict = COURSE.objectives.model_copy(update={"page_p95": 0.2, "failed_requests": 0.5})
    other = course(name="other", learners=1000, dates=later, objectives=strict)
    found = as_one((COURSE, other))
    assert (found.name, found.target) == (COURSE.name, COURSE.target)
    assert found.learners == COURSE.learners + 1000
    assert found.dates == later.model_copy(update={"opens": COURSE.dates.opens})
    assert (found.objectives.page_p95, found.objectives.failed_requests) == (0.2, COURSE.objectives.failed_requests)


def test_files_of_courses_with_names_of_their_own_are_read_in_their_order(written: Written) -> None:
    found = read_together([GOOD, written("spring"), written("autumn")])
    assert [each.name for each in found] == [COURSE.name, "spring", "autumn"]


def faults(*files: Path) -> str:
    """What is told of the file that can't be planned with those before it."""
    with pytest.raises(CourseFileError) as found:
        read_together(files)
    assert str(files[-1]) in found.value.message
    (problem,) = found.value.problems
    return str(problem)


def test_a_file_that_is_named_twice_is_refused_at_its_name() -> None:
    assert faults(GOOD, GOOD).startswith("1: name: expected another course")


def test_two_courses_of_one_name_are_refused_at_the_name(written: Written) -> None:
    told = faults(GOOD, written("spring"), written(COURSE.name))
    assert told.startswith("1: name: expected a name of its own")
    assert str(GOOD) in told


def test_another_target_is_refused_where_it_is_written(written: Written) -> None:
    other = written("spring", ("  kind: lab", "  kind: lab\n  edge_link: 2 Mbit/s"))
    line = 1 + other.read_text("utf-8").splitlines().index("target:")
    assert faults(GOOD, other).startswith(f"{line}: target: expected the target of {GOOD}")


def test_a_file_with_faults_of_its_own_tells_those(written: Written) -> None:
    assert "learners" in faults(GOOD, written("spring", (f"learners: {COURSE.learners}", "learners: many")))
