"""The end of a course: stopping it, telling organisers of its deletion, and deleting it (Article 10.8)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from lophoc.accounts.models import User
from lophoc.accounts.rights import Role
from lophoc.assessment.models import Submission
from lophoc.catalogue.models import Course
from lophoc.catalogue.opening import access_at_least_until
from lophoc.catalogue.structure import forget
from lophoc.notices.mail import queue_mail
from lophoc.reports.figures import summarise

NOTICE = timedelta(days=14)
_MAIL = "catalogue/deletion.txt"


def stop(course: Course) -> None:
    """Take nothing more from learners from now on; those who took part go on reading for six months at least."""
    course.closes = timezone.localdate() - timedelta(days=1)
    course.opens = min(course.opens, course.closes)
    course.access_until = max(course.access_until, access_at_least_until(course.closes))
    course.save(update_fields=("opens", "closes", "access_until"))
    forget(course.slug)


def tell(today: date) -> list[str]:
    """Remind organisers, once for each, of courses that will be deleted within two weeks; gives back which."""
    due = Course.objects.filter(access_until__lt=today + NOTICE, access_until__gte=today, deletion_told=None)
    told = list(due)
    for course in told:
        with transaction.atomic():
            Course.objects.filter(pk=course.pk).update(deletion_told=today)
            queue_mail(_MAIL, organisers(), {"course": course, "day": day_of_deletion(course)}, mandatory=True)
    return [course.slug for course in told]


def organisers() -> Iterable[User]:
    """Those who organise courses here."""
    return User.objects.filter(groups__name=Role.ORGANISER, is_active=True)


def day_of_deletion(course: Course) -> date:
    """The day after the last one on which it can be read."""
    return course.access_until + timedelta(days=1)


def delete_due(today: date) -> list[str]:
    """Delete the courses that nobody may read any more; gives back which."""
    return [_deleted(course) for course in Course.objects.filter(access_until__lt=today)]


@transaction.atomic
def _deleted(course: Course) -> str:
    """Keep a course's figures for the reports, then delete it and what people did in it; materials stay.

    Files go first: where the media store is away, the course is still there and due at the next run, and no file stays
    behind that nobody knows of any more.
    """
    summarise(course)
    for submission in Submission.objects.filter(unit__course=course).exclude(file="").iterator():
        submission.file.delete(save=False)
    forget(course.slug)
    course.delete()
    return course.slug
