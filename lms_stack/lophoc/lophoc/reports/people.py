"""Who is counted: the learners of a course's real classes; and who may look."""

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from lophoc.accounts.models import User
from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import structure
from lophoc.classes.access import Access, access
from lophoc.classes.models import Enrolment


def enrolments_of(course: Course) -> QuerySet[Enrolment]:
    """The places in a course's classes, without those of the load test and the trial class."""
    return Enrolment.objects.filter(
        klass__course=course, klass__is_load_test=False, klass__is_trial=False, learner__is_load_test=False
    )


def learners_of(course: Course) -> QuerySet[User]:
    """The people in these places, each once."""
    return User.objects.filter(Exists(enrolments_of(course).filter(learner=OuterRef("pk"))))


def organised(request: HttpRequest, slug: str) -> tuple[Course, Access]:
    """A course, and the rights in it of an organiser.

    :raises PermissionDenied: who asks is none.
    """
    course = structure(slug).course
    right = access(request.user, course)
    if not right.organises:
        raise PermissionDenied
    return course, right
