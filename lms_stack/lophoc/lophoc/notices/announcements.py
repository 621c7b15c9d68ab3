"""What a course and its classes are told: kept in the cache for the pages, mailed by the worker."""

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q
from django_tasks import task

from lophoc.accounts.models import User
from lophoc.catalogue.models import Course
from lophoc.classes.access import Access
from lophoc.classes.audience import is_meant_for
from lophoc.classes.models import Enrolment
from lophoc.notices.mail import absolute, queue_mail
from lophoc.notices.models import Announcement

SECONDS = 3600
#: How many a course page shows.
LATEST = 3
#: How many of a course are looked through for these: enough for each class to have some.
KEPT = 300


def latest(course: Course, right: Access) -> list[Announcement]:
    """The announcements that the course page shows somebody, pinned ones first; no query but the first time."""
    key = f"announcements:{course.pk}"
    kept = cache.get(key)
    if kept is None:
        shown = Announcement.objects.filter(course=course, is_withdrawn=False)
        shown = shown.filter(Q(klass=None) | Q(klass__is_load_test=False))
        kept = list(shown.defer("body")[:KEPT])
        cache.set(key, kept, SECONDS)
    return [each for each in kept if is_meant_for(right, each.klass_id)][:LATEST]


def forget(course: int) -> None:
    """The announcements of a course have changed."""
    cache.delete(f"announcements:{course}")


@task()
def mail_out(announcement_id: int) -> int:
    """Queue the mails of an announcement to its learners; how many."""
    one = Announcement.objects.filter(pk=announcement_id, is_withdrawn=False).select_related("course").first()
    if one is None:
        return 0
    there = Enrolment.objects.filter(learner=OuterRef("pk"), klass__course=one.course, klass__is_load_test=False)
    if one.klass_id:
        there = there.filter(klass=one.klass_id)
    learners = User.objects.filter(Exists(there)).iterator(chunk_size=1000)
    context = {"announcement": one, "course": one.course, "link": absolute("announcements", one.course.slug)}
    return queue_mail("notices/mail/announcement.txt", learners, context, mandatory=one.is_mandatory)
