"""What a person may do in a course."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from lophoc.accounts.rights import TABLE, Right, Role, real_rights, site_rights
from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import structure
from lophoc.classes.models import Class, Enrolment


@dataclass(frozen=True)
class Access:
    """A person's rights in one course: the class they learn in, those they teach, and what dates allow.

    `organises` is over the whole course; `plays_organiser` is of the load test's organisers, over its classes alone.
    """

    learns_in: Class | None
    teaches: tuple[Class, ...]
    advises: tuple[Class, ...]
    organises: bool
    plays_organiser: bool
    open_now: bool

    @property
    def rights(self) -> frozenset[Right]:
        """What the table of rights gives to the roles that this person has here."""
        held = {
            Role.LEARNER: self.learns_in is not None,
            Role.INSTRUCTOR: bool(self.teaches),
            Role.ADVISER: bool(self.advises),
            Role.ORGANISER: self.organises or self.plays_organiser,
        }
        return frozenset(right for role, has in held.items() if has for right in TABLE[role])

    @property
    def sees(self) -> tuple[Class, ...]:
        """The classes whose learners this person looks after; an organiser looks after all, see `classes_seen`."""
        return tuple(dict.fromkeys((*self.teaches, *self.advises)))

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
        """Whether this person marks and sees grade books."""
        return Right.GRADE in self.rights

    @property
    def may_see_class(self) -> bool:
        """Whether this person sees how the learners of a class get on."""
        return Right.SEE_CLASS in self.rights

    @property
    def may_post(self) -> bool:
        """Whether this person writes in the forum."""
        return self.may_submit or self.may_see_class

    @property
    def in_load_test(self) -> bool:
        """Whether this is an account of the load test, which sees only its own class."""
        return any(each.is_load_test for each in (self.learns_in, *self.sees) if each)


def access(user: Any, course: Course) -> Access:
    """A person's rights in a course, by one query (two for staff).

    :raises PermissionDenied: they have none, or the course isn't open yet, or can no longer be read.
    """
    found = _classes_of(user, course)
    right = Access(
        learns_in=next((each for each in found if each.learns), None),
        teaches=tuple(each for each in found if each.instructor_id == user.pk),
        advises=tuple(each for each in found if each.advised),
        organises=Right.ORGANISE in real_rights(user),
        plays_organiser=_plays_organiser(user) and any(each.is_load_test for each in found),
        open_now=course.is_open and course.opens <= timezone.localdate() <= course.closes,
    )
    readable = course.is_open and timezone.localdate() <= course.access_until
    if not right.rights or not (readable or Right.ORGANISE in right.rights):
        raise PermissionDenied
    return right


def _plays_organiser(user: Any) -> bool:
    return Right.ORGANISE in site_rights(user) and user.is_load_test


def organiser(user: Any, course: Course, *, played: bool = False) -> Access:
    """The rights in a course of one who organises it.

    :param played: also of an organiser of the load test, who is to be shown nothing but its classes.
    :raises PermissionDenied: they don't.
    """
    right = access(user, course)
    if not (right.organises or (played and right.plays_organiser)):
        raise PermissionDenied
    return right


def organised(request: HttpRequest, slug: str, *, played: bool = False) -> tuple[Course, Access]:
    """A course from the cache, and the rights in it of an organiser; see `organiser`.

    :raises Http404: there is no such course.
    :raises PermissionDenied: who asks doesn't organise it.
    """
    course = structure(slug).course
    return course, organiser(request.user, course, played=played)


_ENROLMENTS, _ADVISERS = Enrolment._meta.db_table, Class.advisers.through._meta.db_table
#: The classes of a course in which somebody learns, teaches or advises. In SQL, for every page asks it: to have it put
#: together from models each time took a quarter of a page's CPU time.
_CLASSES = f"""
    SELECT * FROM (
        SELECT one.*,
            EXISTS (SELECT 1 FROM {_ENROLMENTS} WHERE klass_id = one.id AND learner_id = %(person)s) AS learns,
            EXISTS (SELECT 1 FROM {_ADVISERS} WHERE class_id = one.id AND user_id = %(person)s) AS advised
        FROM {Class._meta.db_table} one WHERE one.course_id = %(course)s
    ) found WHERE learns OR advised OR instructor_id = %(person)s
"""  # noqa: S608  # names of tables, no one's words


def _classes_of(user: Any, course: Course) -> tuple[Any, ...]:
    """The classes in which somebody learns, teaches or advises; `learns` and `advised` tell which."""
    return tuple(Class.objects.raw(_CLASSES, {"person": user.pk, "course": course.pk}))


def classes_seen(right: Access, course: Course) -> list[Class]:
    """The classes whose learners this person may look at: an organiser all real ones, the load test's only its own."""
    if right.organises:
        return list(Class.objects.filter(course=course, is_load_test=False))
    return list(right.sees)


def courses_of(user: Any) -> QuerySet[Course]:
    """The courses that a person learns in, teaches, advises or, as an organiser, sees all of."""
    courses = Course.objects.order_by("-opens")
    if Right.ORGANISE in real_rights(user):
        return courses
    mine = Class.objects.filter(course=OuterRef("pk")).filter(
        Q(instructor=user.pk) | Q(enrolments__learner=user.pk) | Q(advisers=user.pk)
    )
    return courses.filter(Exists(mine), is_open=True, access_until__gte=timezone.localdate())
