"""What somebody has read in a forum: kept in the cache, so that marks cost no query; lost, they say "new" too often."""

from collections.abc import Iterable
from typing import Any

from django.core.cache import cache

from lophoc.forum.models import Topic

SECONDS = 90 * 86_400
#: So many topics are remembered, those read last.
REMEMBERED = 300


def _key(person: int, course: int) -> str:
    return f"forum-read:{person}:{course}"


def mark_new(person: int, course: int, topics: Iterable[Any]) -> None:
    """Give each topic `is_new`: whether posts were added since this person last read it."""
    seen: dict[int, int] = cache.get(_key(person, course)) or {}
    for topic in topics:
        topic.is_new = topic.posts_count > seen.get(topic.pk, 0)


def mark_read(person: int, topic: Topic) -> None:
    """This person has read the topic as it is now."""
    key = _key(person, topic.course_id)
    seen: dict[int, int] = cache.get(key) or {}
    if seen.pop(topic.pk, None) != topic.posts_count:
        newest = [*seen.items(), (topic.pk, topic.posts_count)][-REMEMBERED:]
        cache.set(key, dict(newest), SECONDS)
