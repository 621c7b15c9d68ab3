"""Who is counted: the learners of a course's real classes; and who may look."""

from django.db.models import Exists, OuterRef, QuerySet

from lophoc.accounts.models import User
from lophoc.catalogue.models import Course
from lophoc.classes.models import Enrolment


def enrolments_of(course: Course, *, load_test: bool = False) -> QuerySet[Enrolment]:
    """The places in a course's classes, without those of the load test (or these alone) and the trial class."""
    return Enrolment.objects.filter(
        klass__course=course, klass__is_load_test=load_test, klass__is_trial=False, learner__is_load_test=load_test
    )


def learners_of(course: Course) -> QuerySet[User]:
    """The people in these places, each once."""
    return User.objects.filter(Exists(enrolments_of(course).filter(learner=OuterRef("pk"))))
