"""The starts of live sessions: when, and for how many of the learners."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from lms_stack.course import Course
from lms_stack.sessions import Session, read_sessions
from lms_stack.units import Frozen


class LiveStart(Frozen):
    """One moment at which live sessions begin, and the share of the course's learners that has one then."""

    starts: datetime
    share: float


def live_starts(course: Course, sessions: Iterable[Session]) -> tuple[LiveStart, ...]:
    """The live sessions of a course by their beginning; sessions in a room ask nothing of the stack."""
    invited: dict[datetime, float] = {}
    for each in sessions:
        if each.kind == "live":
            share = 1 / course.classes if each.klass else 1.0
            invited[each.starts] = min(1.0, invited.get(each.starts, 0.0) + share)
    return tuple(LiveStart(starts=at, share=share) for at, share in sorted(invited.items()))


def read_live_starts(course: Course, folder: Path) -> tuple[LiveStart, ...]:
    """The live sessions of the file that the course names, relative to the course file's folder.

    :raises CourseFileError: the file has faults.
    """
    return live_starts(course, read_sessions(folder / course.sessions, course)) if course.sessions else ()
