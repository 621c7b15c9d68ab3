"""The sessions of a course, from its bundle."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class
from lophoc.schedule.events import forget
from lophoc.schedule.models import Session

_TEXTS = ("join_link", "recording_link", "place", "address")


def load(course: Course, given: Sequence[Mapping[str, Any]]) -> None:
    """Make the sessions, and bring those of the same title and class up to date; others stay, with their attendance.

    :raises Class.DoesNotExist: a session names a class that the course doesn't have.
    """
    for each in given:
        klass = Class.objects.get(course=course, name=each["class"]) if each.get("class") else None
        moments = {name: datetime.fromisoformat(each[name]) for name in ("starts", "ends")}
        texts = {name: each.get(name) or "" for name in _TEXTS}
        values = {**moments, **texts, "kind": Session.Kind(each["kind"]), "counts": bool(each.get("counts", True))}
        Session.objects.update_or_create(course=course, klass=klass, title=each["title"], defaults=values)
    forget(course.pk)
