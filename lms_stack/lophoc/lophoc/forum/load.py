"""The first topics of a course, from its bundle."""

from collections.abc import Mapping, Sequence
from typing import Any

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class
from lophoc.forum.models import Post, Topic


def load(course: Course, given: Sequence[Mapping[str, Any]]) -> None:
    """Open the topics that are not there yet; what people wrote since stays.

    :raises Class.DoesNotExist: a topic names a class that the course doesn't have.
    """
    for each in given:
        klass = Class.objects.get(course=course, name=each["class"]) if each.get("class") else None
        topics = Topic.objects.filter(course=course, title=each["title"], klass=klass, is_load_test=False)
        if topics.exists():
            continue
        pinned = bool(each.get("pinned", False))
        topic = Topic.objects.create(course=course, title=each["title"], klass=klass, posts_count=1, is_pinned=pinned)
        Post.objects.create(topic=topic, body=each["body"])
