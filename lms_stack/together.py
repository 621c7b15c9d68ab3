"""Several courses on one stack: read and held against each other, and what they are as one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lms_stack.course import Course, Dates, Objectives
from lms_stack.course_file import read_course
from lms_stack.errors import CourseFileError, Problem
from lms_stack.yaml_lines import Document


def read_together(files: Sequence[Path]) -> tuple[Course, ...]:
    """Read and check the courses of one stack; the first says where it stands and what it is called.

    :raises CourseFileError: a file has faults, is there twice, or its course wants another target than the first.
    """
    courses: list[Course] = []
    for file in files:
        course = read_course(file)
        problems = tuple(_faults(file, course, files[: len(courses)], courses))
        if problems:
            raise CourseFileError(file, problems)
        courses.append(course)
    return tuple(courses)


def _faults(file: Path, course: Course, files: Sequence[Path], courses: Sequence[Course]) -> Iterator[Problem]:
    """What is wrong with a course beside those before it, each of which has its file."""
    document = Document(file.read_text("utf-8-sig"))
    for other_file, other in zip(files, courses, strict=True):
        if file.resolve() == other_file.resolve():
            yield document.problem(("name",), "expected another course: this file is planned already; name it once")
        elif course.name == other.name:
            message = f"expected a name of its own, not {course.name!r} again, as in {other_file}"
            yield document.problem(("name",), message)
    if courses and course.target != courses[0].target:
        message = f"expected the target of {files[0]}, whose stack all courses share: the same lines in both files"
        yield document.problem(("target",), message)


def as_one(courses: Sequence[Course]) -> Course:
    """The courses as the stack sees them: all learners, from the first opening to the last day of access.

    Name, target, layout and engine are the first one's; of each promise the strictest holds. A single course is itself.

    :raises ValueError: there is no course.
    """
    if not courses:
        raise ValueError("expected one course or more")
    return courses[0].model_copy(
        update={
            "learners": sum(each.learners for each in courses),
            "classes": sum(each.classes for each in courses),
            "instructors": sum(each.instructors for each in courses),
            "content": tuple(unit for each in courses for unit in each.content),
            "dates": _dates([each.dates for each in courses]),
            "objectives": _strictest([each.objectives for each in courses]),
        }
    )


def _dates(dates: Sequence[Dates]) -> Dates:
    latest = {name: max(getattr(each, name) for each in dates) for name in ("closes", "access_until")}
    return dates[0].model_copy(update={"opens": min(each.opens for each in dates), **latest})


def _strictest(promises: Sequence[Objectives]) -> Objectives:
    names = Objectives.model_fields
    return promises[0].model_copy(update={name: min(getattr(each, name) for each in promises) for name in names})
