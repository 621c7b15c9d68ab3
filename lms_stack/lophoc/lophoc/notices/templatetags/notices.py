"""For the course page: `{% load notices %}{% latest_announcements course access %}`."""

from typing import Any

from django import template

from lophoc.catalogue.models import Course
from lophoc.classes.access import Access
from lophoc.notices.announcements import latest

register = template.Library()


@register.inclusion_tag("notices/latest.html")
def latest_announcements(course: Course, access: Access) -> dict[str, Any]:
    """The newest announcements that this person is told."""
    return {"announcements": latest(course, access), "course": course}
