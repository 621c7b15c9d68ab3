"""A course's structure, read from the cache: it changes seldom and every page needs it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from lophoc.catalogue.models import Course, Unit

SECONDS = 300
_ADDRESSES = {
    Unit.Kind.LESSON: "lesson",
    Unit.Kind.QUIZ: "quiz",
    Unit.Kind.ESSAY: "essay",
    Unit.Kind.PACKAGE: "package",
}


@dataclass(frozen=True)
class Part:
    """A unit without its text; `opens` and `closes` are the window of an exam."""

    id: int
    number: int
    kind: str
    title: str
    minutes: int
    url: str
    due: date | None = None
    required: bool = True
    online: bool = True
    opens: datetime | None = None
    closes: datetime | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which it can be done, if it has one."""
        return self.due or (timezone.localdate(self.closes) if self.closes else None)


@dataclass(frozen=True)
class Structure:
    """A course and its parts."""

    course: Course
    parts: tuple[Part, ...]


def structure(slug: str) -> Structure:
    """A course's structure.

    :raises Http404: there is no such course.
    """
    found = cache.get(_key(slug))
    if not isinstance(found, Structure):
        found = _read(slug)
        cache.set(_key(slug), found, SECONDS)
    return found


def forget(slug: str) -> None:
    """Read the course anew the next time, for it or one of its materials has changed; once more when that is stored."""
    keys = [_key(slug), *(_unit_key(*unit) for unit in Unit.objects.filter(course__slug=slug).values_list(*_PLACE))]
    cache.delete_many(keys)
    transaction.on_commit(lambda: cache.delete_many(keys))


def unit_of(course: Course, number: int, kind: str) -> Unit:
    """One unit of a course, with the text of its material's version on show, from the cache.

    :raises Http404: there is no such unit.
    """
    key = _unit_key(course.pk, number)
    found: Any = cache.get(key)
    if found is None:
        found = _whole(Unit.objects.filter(course=course, number=number).select_related("material").first())
        cache.set(key, found, SECONDS)
    if not isinstance(found, Unit) or found.kind != kind:
        raise Http404
    return found


def _whole(unit: Unit | None) -> Unit | None:
    """A unit that says what its material says; one whose material was withdrawn says nothing."""
    if unit is not None and unit.material is not None:
        shown = unit.material if unit.material.live else None
        unit.html = shown.html if shown else ""
        unit.video = (shown.video.name or "") if shown else ""
        unit.slides = (shown.document.name or "") if shown else ""
    return unit


_PLACE = ("course_id", "number")


def _unit_key(course: int, number: int) -> str:
    return f"unit:{course}:{number}"


def _key(slug: str) -> str:
    return f"course:{slug}"


def _read(slug: str) -> Structure:
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        raise Http404
    units = course.units.select_related("quiz").defer("html")
    return Structure(course, tuple(_part(course, unit) for unit in units))


def _part(course: Course, unit: Unit) -> Part:
    url = reverse(_ADDRESSES[Unit.Kind(unit.kind)], args=(course.slug, unit.number))
    quiz = getattr(unit, "quiz", None)
    window = (quiz.opens, quiz.closes) if quiz else (None, None)
    told = (unit.pk, unit.number, unit.kind, unit.title, unit.minutes, url)
    return Part(*told, unit.due, unit.required, unit.online, *window)
