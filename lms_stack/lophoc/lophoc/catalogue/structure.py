"""A course's structure, read from the cache: it changes seldom and every page needs it."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import Http404
from django.urls import reverse

from lophoc.catalogue.models import Course, Unit

SECONDS = 300
_ADDRESSES = {Unit.Kind.LESSON: "lesson", Unit.Kind.QUIZ: "quiz", Unit.Kind.ESSAY: "essay"}


@dataclass(frozen=True)
class Part:
    """A unit without its text."""

    id: int
    number: int
    kind: str
    title: str
    minutes: int
    url: str


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
    """Read the course anew the next time, for it has changed."""
    cache.delete(_key(slug))


def unit_of(course: Course, number: int, kind: str) -> Unit:
    """One unit of a course, with its text, from the cache.

    :raises Http404: there is no such unit.
    """
    key = f"unit:{course.pk}:{course.bundle_hash[:12]}:{number}"
    found: Any = cache.get(key)
    if found is None:
        found = Unit.objects.filter(course=course, number=number).first()
        cache.set(key, found, SECONDS)
    if not isinstance(found, Unit) or found.kind != kind:
        raise Http404
    return found


def _key(slug: str) -> str:
    return f"course:{slug}"


def _read(slug: str) -> Structure:
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        raise Http404
    units = course.units.defer("html")
    return Structure(course, tuple(_part(course, unit) for unit in units))


def _part(course: Course, unit: Unit) -> Part:
    url = reverse(_ADDRESSES[Unit.Kind(unit.kind)], args=(course.slug, unit.number))
    return Part(unit.pk, unit.number, unit.kind, unit.title, unit.minutes, url)
