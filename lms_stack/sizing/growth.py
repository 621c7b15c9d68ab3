"""What the disks must do at the peak, and what grows on them over the course."""

from collections.abc import Sequence

from lms_stack.course import Course
from lms_stack.facts import Facts
from lms_stack.request_classes import RequestClass
from lms_stack.sizing.draws import LoadDraws, figure
from lms_stack.units import Figure, Interval, show

#: Requests that write into the database; the others only read.
WRITING = frozenset(
    {
        RequestClass.LOGIN,
        RequestClass.LESSON_DONE,
        RequestClass.QUIZ_ATTEMPT,
        RequestClass.QUIZ_SAVE,
        RequestClass.QUIZ_SUBMIT,
        RequestClass.FORUM_POST,
        RequestClass.ESSAY_UPLOAD,
        RequestClass.PACKAGE_REPORT,
        RequestClass.SURVEY_SUBMIT,
        RequestClass.SESSION_JOIN,
        RequestClass.MESSAGE_POST,
        RequestClass.MARK_ESSAY,
        RequestClass.ATTENDANCE_SAVE,
        RequestClass.CONTENT_UPLOAD,
        RequestClass.ANNOUNCEMENT_POST,
    }
)


def disk_operations(load: LoadDraws, known: Facts) -> Figure:
    """Operations a second that the database's disk must do at the peak."""
    writing = [index for index, name in enumerate(load.classes) if name in WRITING]
    each = known.sizing["commit_operations"]
    return figure(
        load.requests[:, writing].sum(axis=1) * each.number,
        "operations/s",
        f"writing requests/s × {each.number:g} operations each ({each.source})",
    )


def weekly(course: Course, known: Facts) -> Figure:
    """What a week of study leaves in the database and the logs."""
    visits = known.sizing["visits_a_week"].interval
    writes, requests = _per_visit(known)
    row, line = known.sizing["request_growth"].number, known.sizing["log_line"].number
    grown = visits.scaled(course.learners * (writes * row + requests * line), "B")
    reason = (
        f"{course.learners:,} learners × {visits} × ({writes:.0f} writing requests of {show(row, 'B')} + "
        f"{requests:.0f} lines of log of {show(line, 'B')}) a visit"
    )
    return Figure(value=grown.high, unit="B", reason=reason, interval=grown)


def _per_visit(known: Facts) -> tuple[float, float]:
    """Writing requests, and all requests, of one study visit."""
    mix = known.activity["visit_mix"].mix
    counts = [(name, times * count) for j, times in mix.items() for name, count in known.journeys[j].requests.items()]
    return sum(count for name, count in counts if name in WRITING), sum(count for _, count in counts)


def over_course(courses: Sequence[Course], week: Figure) -> Figure:
    """The same over the courses, each as long as it runs; essays and lectures are in the storage of the demand.

    :param week: what a week leaves in which all of them run.
    """
    lengths = [((each.dates.closes - each.dates.opens).days + 1) / 7 for each in courses]
    learners = [each.learners for each in courses]
    weeks = sum(long * count for long, count in zip(lengths, learners, strict=True)) / sum(learners)
    likely = week.interval or Interval.exact(week.value, "B")
    grown = likely.scaled(weeks)
    reason = f"{show(week.value, 'B')} a week × {weeks:.1f} weeks; uploads and lectures come on top (storage)"
    return Figure(value=grown.high, unit="B", reason=reason, interval=grown)
