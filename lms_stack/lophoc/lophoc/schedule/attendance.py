"""Who was there, and the share of sessions that a learner attended."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from lophoc.catalogue.models import Course
from lophoc.classes.models import Enrolment
from lophoc.schedule.models import Attendance, Mark, Session


def joined(session: Session, learner: int) -> None:
    """A learner clicked on the link: present, unless a person has decided otherwise."""
    row = Attendance(session=session, learner_id=learner, present=True, joined=timezone.now())
    Attendance.objects.bulk_create([row], ignore_conflicts=True)
    Attendance.objects.filter(session=session, learner=learner, joined=None).update(joined=timezone.now())


@transaction.atomic
def take(session: Session, learners: Iterable[int], present: Collection[int], by: int) -> int:
    """Record who of these learners was there; only what is new is written, and kept as history. How many that is."""
    asked = set(learners)
    held = dict(session.attendance.filter(learner__in=asked).values_list("learner_id", "present"))
    said = {learner: learner in present for learner in asked}
    news = {learner: there for learner, there in said.items() if held.get(learner) is not there}
    rows = [Attendance(session=session, learner_id=learner, present=there) for learner, there in news.items()]
    unique = ["session", "learner"]
    Attendance.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=["present"])
    marks = (Mark(session=session, learner_id=learner, present=there, by_id=by) for learner, there in news.items())
    Mark.objects.bulk_create(marks)
    return len(news)


def attended(learner_ids: Iterable[int], course: Course) -> dict[int, tuple[int, int]]:
    """For each learner of a course: how many sessions they attended, and of how many that count; one query."""
    counted = Session.objects.filter(course=course, counts=True, is_cancelled=False).order_by().values("course")
    of_class = counted.filter(Q(klass=None) | Q(klass=OuterRef("klass")))
    attended = of_class.filter(attendance__learner=OuterRef("learner"), attendance__present=True)
    rows = Enrolment.objects.filter(learner__in=list(learner_ids), klass__course=course).values_list(
        "learner_id", _count(attended), _count(of_class)
    )
    return {learner: (there, all_) for learner, there, all_ in rows}


def _count(sessions: Any) -> Any:
    return Coalesce(Subquery(sessions.annotate(count=Count("pk", distinct=True)).values("count")), 0)


def attendance_share(learner_ids: Iterable[int], course: Course) -> dict[int, float]:
    """The share of all sessions that count, from 0 to 1, that each learner attended; 1 where there are none.

    Those still to come are among them, so that nobody has completed a course before its last session. One query.
    """
    return {learner: there / of if of else 1.0 for learner, (there, of) in attended(learner_ids, course).items()}
