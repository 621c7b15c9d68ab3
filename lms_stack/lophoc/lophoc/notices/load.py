"""The first announcements of a course, from its bundle."""

from collections.abc import Mapping, Sequence
from typing import Any

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class
from lophoc.notices.announcements import forget
from lophoc.notices.models import Announcement


def load(course: Course, given: Sequence[Mapping[str, Any]]) -> None:
    """Make the announcements that are not there yet; no mail goes out, for nobody has just written them.

    :raises Class.DoesNotExist: one names a class that the course doesn't have.
    """
    for each in given:
        klass = Class.objects.get(course=course, name=each["class"]) if each.get("class") else None
        texts = {"body": each["body"], "is_pinned": bool(each.get("pinned", False))}
        Announcement.objects.get_or_create(course=course, klass=klass, title=each["title"], author=None, defaults=texts)
    forget(course.pk)
