"""What stands in the calendar of a course: its sessions, exam windows, days essays are due, first and last day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from lophoc.assessment.models import Quiz
from lophoc.catalogue.models import Course, Unit
from lophoc.catalogue.structure import structure
from lophoc.classes.access import Access
from lophoc.classes.audience import is_meant_for
from lophoc.schedule.models import Session

#: Exam windows and due days are changed in another room, which doesn't tell this one.
SECONDS = 300


@dataclass(frozen=True)
class Event:
    """One line of the calendar. `ends` is left out of what takes a whole day; `session` is there for sessions."""

    key: str
    title: str
    starts: datetime | date
    ends: datetime | None = None
    url: str = ""
    session: Session | None = field(default=None, compare=False)

    @property
    def day(self) -> date:
        """The day it begins, in Viet Nam."""
        return timezone.localtime(self.starts).date() if isinstance(self.starts, datetime) else self.starts


def events(course: Course, right: Access) -> list[Event]:
    """The calendar of a course as this person has it, from the cache, in order of time."""
    kept = cache.get(_key(course.pk))
    if kept is None:
        kept = (list(_sessions(course)), list(_exams(course)), _due(course))
        cache.set(_key(course.pk), kept, SECONDS)
    sessions, exams, due = kept
    own = [_of_session(each) for each in sessions if _shows(right, each)]
    return sorted([*own, *_of_units(course, exams, due), *_of_course(course)], key=_when)


def _shows(right: Access, one: Session) -> bool:
    """Whether a session is for somebody; those of the load test's classes are for nobody else."""
    of_load_test = one.klass is not None and one.klass.is_load_test
    return is_meant_for(right, one.klass_id) and right.in_load_test >= of_load_test


def forget(course: int) -> None:
    """The sessions of a course have changed."""
    cache.delete(_key(course))


def _key(course: int) -> str:
    return f"events:{course}"


def _when(event: Event) -> tuple[date, float]:
    return event.day, event.starts.timestamp() if isinstance(event.starts, datetime) else 0.0


def _sessions(course: Course) -> Iterable[Session]:
    return Session.objects.filter(course=course).select_related("klass")


def _exams(course: Course) -> Iterable[tuple[int, datetime, datetime | None]]:
    windows = Quiz.objects.filter(unit__course=course, opens__isnull=False)
    rows = windows.values_list("unit_id", "opens", "closes")
    return [(unit, opens, closes) for unit, opens, closes in rows if opens]


def _due(course: Course) -> dict[int, date]:
    rows = Unit.objects.filter(course=course, due__isnull=False).values_list("pk", "due")
    return {unit: due for unit, due in rows if due}


def _of_session(one: Session) -> Event:
    return Event(f"buoi-{one.pk}", one.title, one.starts, one.ends, session=one)


def _of_units(
    course: Course, exams: Iterable[tuple[int, datetime, datetime | None]], due: dict[int, date]
) -> Iterator[Event]:
    parts = {part.id: part for part in structure(course.slug).parts}
    for unit, opens, closes in exams:
        if unit in parts:
            yield Event(f"thi-{unit}", _("Kiểm tra: %s") % parts[unit].title, opens, closes, parts[unit].url)
    for unit, day in due.items():
        if unit in parts:
            yield Event(f"han-{unit}", _("Hạn nộp: %s") % parts[unit].title, day, url=parts[unit].url)


def _of_course(course: Course) -> Iterator[Event]:
    yield Event("mo", _("Khai giảng"), course.opens)
    yield Event("dong", _("Kết thúc khoá học"), course.closes)


def end_of(event: Event) -> datetime | date:
    """When an event is over: a whole day ends with the next."""
    return event.ends or event.starts + timedelta(days=0 if isinstance(event.starts, datetime) else 1)
