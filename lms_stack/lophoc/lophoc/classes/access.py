"""What a person may do in a course."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils import timezone

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class


@dataclass(frozen=True)
class Access:
    """A person's rights in one course: the class they learn in, those they teach, and what dates allow."""

    learns_in: Class | None
    teaches: tuple[Class, ...]
    organises: bool
    open_now: bool

    @property
    def may_submit(self) -> bool:
        """Whether quizzes, essays and posts are taken from this person now (Article 10.8: reading goes on longer)."""
        return self.learns_in is not None and (self.open_now or self.ignores_dates)

    @property
    def ignores_dates(self) -> bool:
        """Whether this person learns in a class that dates don't bind."""
        return self.learns_in is not None and self.learns_in.ignores_dates

    @property
    def may_grade(self) -> bool:
        """Whether this person sees grade books."""
        return bool(self.teaches) or self.organises

    @property
    def may_post(self) -> bool:
        """Whether this person writes in the forum."""
        return self.may_submit or self.may_grade

    @property
    def in_load_test(self) -> bool:
        """Whether this is an account of the load test, which sees only its own class."""
        return any(each.is_load_test for each in (self.learns_in, *self.teaches) if each)


def access(user: Any, course: Course) -> Access:
    """A person's rights in a course, by one query.

    :raises PermissionDenied: they have none, or the course can no longer be read.
    """
    classes = Class.objects.filter(course=course).filter(Q(instructor=user) | Q(enrolments__learner=user)).distinct()
    found = tuple(classes)
    right = Access(
        learns_in=next((each for each in found if each.instructor_id != user.pk), None),
        teaches=tuple(each for each in found if each.instructor_id == user.pk),
        organises=bool(user.is_staff),
        open_now=course.opens <= timezone.localdate() <= course.closes,
    )
    known = right.learns_in or right.teaches or right.organises
    if not known or (timezone.localdate() > course.access_until and not right.organises):
        raise PermissionDenied
    return right


def courses_of(user: Any) -> QuerySet[Course]:
    """The courses that a person learns in, teaches or, as an organiser, sees all of."""
    courses = Course.objects.order_by("-opens")
    if user.is_staff:
        return courses
    mine = Q(classes__instructor=user) | Q(classes__enrolments__learner=user)
    return courses.filter(mine, access_until__gte=timezone.localdate()).distinct()
