"""Who may do what: one table of roles against rights (Article 8). Every view asks it; docs and tests are made from it.

Learners, instructors and advisers are so by their classes (classes/access.py); the other roles hold for the whole
site and are Django groups, so that Wagtail's permissions can hang on them.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What a person is in the organisation of a course."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    ADVISER = "adviser"
    ORGANISER = "organiser"
    BUILDER = "builder"
    APPRAISER = "appraiser"
    TECHNICIAN = "technician"


class Right(StrEnum):
    """What somebody may do. The first six are held in a course, by its classes; the others on the whole site."""

    STUDY = "study"
    SUBMIT = "submit"
    POST = "post"
    SEE_CLASS = "see_class"
    GRADE = "grade"
    ANNOUNCE = "announce"
    ORGANISE = "organise"
    BUILD = "build"
    APPRAISE = "appraise"
    ADMINISTER = "administer"


IN_CLASS = frozenset({Right.STUDY, Right.SUBMIT, Right.POST, Right.SEE_CLASS, Right.GRADE, Right.ANNOUNCE})

TABLE: dict[Role, frozenset[Right]] = {
    Role.LEARNER: frozenset({Right.STUDY, Right.SUBMIT, Right.POST}),
    Role.INSTRUCTOR: frozenset({Right.STUDY, Right.POST, Right.SEE_CLASS, Right.GRADE, Right.ANNOUNCE}),
    Role.ADVISER: frozenset({Right.STUDY, Right.POST, Right.SEE_CLASS, Right.ANNOUNCE}),
    Role.ORGANISER: frozenset({Right.STUDY, Right.POST, Right.SEE_CLASS, Right.GRADE, Right.ANNOUNCE, Right.ORGANISE}),
    Role.BUILDER: frozenset({Right.BUILD}),
    Role.APPRAISER: frozenset({Right.APPRAISE}),
    Role.TECHNICIAN: frozenset({Right.ADMINISTER}),
}
#: The roles of the whole site.
SITE_ROLES = (Role.ORGANISER, Role.BUILDER, Role.APPRAISER, Role.TECHNICIAN)


_KEPT = "_site_roles"


def site_roles(user: Any) -> frozenset[Role]:
    """The roles that somebody has on the whole site; no query for those who are no staff."""
    if not user.is_authenticated or not user.is_staff:
        return frozenset()
    # Kept on the person, by attribute: a request's user is a proxy, whose own __dict__ has nothing of the person's.
    if getattr(user, _KEPT, None) is None:
        names = set(user.groups.values_list("name", flat=True))
        setattr(user, _KEPT, frozenset(role for role in SITE_ROLES if role in names))
    return frozenset(getattr(user, _KEPT))


def site_rights(user: Any) -> frozenset[Right]:
    """What somebody may do on the whole site."""
    return frozenset(right for role in site_roles(user) for right in TABLE[role])


def real_rights(user: Any) -> frozenset[Right]:
    """What somebody may do on the whole site over what is real: staff of the load test nothing."""
    rights = site_rights(user)
    return frozenset() if rights and user.is_load_test else rights


def assign(user: Any, roles: Iterable[Role]) -> None:
    """Give somebody just these roles of the whole site."""
    wanted = frozenset(roles)
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in sorted(wanted)])
    setattr(user, _KEPT, None)
    if user.is_staff != bool(wanted):
        user.is_staff = bool(wanted)
        user.save(update_fields=("is_staff",))


def requires(right: Right) -> Callable[[View], View]:
    """Refuse a view of the whole site to those without a right; strangers are sent to the sign-in.

    Staff of the load test are refused too: their right is over the load test's people, not over everybody.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if right not in real_rights(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.right = right  # type: ignore[attr-defined]  # read by the test that walks every address
        return checked  # type: ignore[return-value]  # wraps keeps the signature, which mypy can't see

    return decorate
