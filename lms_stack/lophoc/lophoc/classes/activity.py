"""What those who teach and advise a course have done, and when: marks, posts, announcements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from lophoc.accounts.models import User
from lophoc.assessment.models import Grade
from lophoc.catalogue.models import Course
from lophoc.forum.models import Post
from lophoc.notices.models import Announcement

#: Of each kind, so many of the latest acts are listed.
LATEST = 200


@dataclass(frozen=True)
class Act:
    """One thing that somebody did."""

    when: datetime
    who: User
    what: str
    about: str


@dataclass(frozen=True)
class Total:
    """All that somebody did."""

    who: User
    marks: int
    posts: int
    announcements: int
    last: datetime | None


def staff_of(course: Course) -> list[User]:
    """Those who teach or advise a class of the course, but the load test's."""
    classes = course.classes.filter(is_load_test=False)
    return list(User.objects.filter(Q(teaches__in=classes) | Q(advises__in=classes)).distinct().order_by("username"))


def _done(course: Course, people: Sequence[User]) -> tuple[tuple[Any, str, str], ...]:
    """What is looked at: rows of these people, their person's field and their moment's."""
    return (
        (Grade.objects.filter(unit__course=course, by__in=people), "by", "when"),
        (Post.objects.filter(topic__course=course, author__in=people), "author", "written"),
        (Announcement.objects.filter(course=course, author__in=people), "author", "written"),
    )


def totals(course: Course, people: Sequence[User]) -> list[Total]:
    """How much each did, by one query for each kind of act."""
    counts = []
    moments: dict[int, list[datetime]] = {each.pk: [] for each in people}
    for rows, who, when in _done(course, people):
        found = rows.order_by().values_list(who).annotate(count=Count("pk"), last=Max(when))
        counts.append({person: count for person, count, _last in found})
        for person, _count, last in found:
            moments[person].append(last)
    marks, posts, news = counts
    return [
        Total(
            each,
            marks.get(each.pk, 0),
            posts.get(each.pk, 0),
            news.get(each.pk, 0),
            max(moments[each.pk], default=None),
        )
        for each in people
    ]


def acts(course: Course, people: Sequence[User]) -> list[Act]:
    """The latest acts of these people, the newest first, by one query for each kind."""
    (marks, *_by), (posts, *_author), (news, *_writer) = _done(course, people)
    found = [
        *(
            Act(row.when, row.by, _("chấm điểm"), f"{row.unit.title}: {row.learner} – {row}")
            for row in marks.select_related("by", "unit", "learner").order_by("-when")[:LATEST]
        ),
        *(
            Act(row.written, row.author, _("viết trong diễn đàn"), row.topic.title)
            for row in posts.select_related("author", "topic").order_by("-written")[:LATEST]
        ),
        *(
            Act(row.written, row.author, _("gửi thông báo"), row.title)
            for row in news.select_related("author").order_by("-written")[:LATEST]
        ),
    ]
    return sorted(found, key=lambda act: act.when, reverse=True)
