"""The sessions of a course, live or in a room: a file of its own beside the course file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from lms_stack.course import VIET_NAM, Course
from lms_stack.course_values import Count, Moment, Text
from lms_stack.course_words import explained
from lms_stack.side_file import read_side_file
from lms_stack.units import Frozen
from lms_stack.yaml_lines import Place

Link = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=500)]


class Session(Frozen):
    """People meet, on the web or in a room; `class` is the number of the class, all classes where it is left out."""

    kind: Literal["live", "room"]
    title: Text
    starts: Moment
    ends: Moment
    klass: Count | None = Field(None, alias="class")
    join_link: Link | None = None
    recording_link: Link | None = None
    place: Text | None = None
    address: Text | None = None
    counts: bool = True


_SESSIONS = TypeAdapter(tuple[Session, ...])


def read_sessions(path: Path, course: Course) -> tuple[Session, ...]:
    """Read and check the sessions of a course.

    :raises CourseFileError: the file can't be read, isn't YAML, or has faults; it lists all of them.
    """
    return read_side_file(path, _SESSIONS, _explained, lambda found: _faults(found, course))


def _explained(detail: Any) -> str:
    """A fault in the words of the course file, which don't know the keys and links of this one."""
    if detail["type"] == "extra_forbidden":
        keys = ", ".join(field.alias or name for name, field in Session.model_fields.items())
        return f"unknown key; expected one of {keys}"
    if detail["type"] == "string_pattern_mismatch":
        return f"expected a web address, like https://hop.example.org/lop-1, not {detail['input']!r}"
    return explained(detail)


def _faults(sessions: tuple[Session, ...], course: Course) -> Iterator[tuple[Place, str]]:
    first, last = course.dates.opens, course.dates.closes
    for index, each in enumerate(sessions):
        if each.ends <= each.starts:
            yield (index, "ends"), f"expected a time after the beginning, {each.starts:%Y-%m-%dT%H:%M}"
        if not first <= _day(each) <= last:
            yield (index, "starts"), f"expected a day of the course, {first} to {last}, not {_day(each)}"
        if each.klass and each.klass > course.classes:
            yield (index, "class"), f"expected the number of a class, 1 to {course.classes}, not {each.klass}"
        if each.kind == "room" and not each.place:
            yield (index,), "expected a `place`, for it is in a room"


def _day(session: Session) -> date:
    return session.starts.astimezone(VIET_NAM).date()
