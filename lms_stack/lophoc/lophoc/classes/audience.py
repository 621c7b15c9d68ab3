"""Whom something is for: the whole course, or one class of it. Topics, announcements and sessions are all so."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course
from lophoc.classes.access import Access, classes_seen
from lophoc.classes.models import Class


def own_classes(right: Access) -> frozenset[int]:
    """The ids of the classes that somebody learns in, teaches or advises."""
    return frozenset(each.pk for each in (right.learns_in, *right.sees) if each)


def meant_for(right: Access) -> Q:
    """What is for the whole course or a class of this person's; for an organiser every class but the load test's."""
    if right.organises:
        return Q(klass=None) | Q(klass__is_load_test=False)
    return Q(klass=None) | Q(klass__in=own_classes(right))


def is_meant_for(right: Access, klass_id: int | None) -> bool:
    """The same of something that was read already; nothing of a class of the load test is among it."""
    return klass_id is None or right.organises or klass_id in own_classes(right)


def looks_after(right: Access, klass_id: int | None) -> bool:
    """Whether somebody may set right what is for this class (None: for the whole course) and is not their own."""
    if right.organises:
        return True
    return right.may_see_class and (klass_id is None or klass_id in {each.pk for each in right.sees})


def addressed(right: Access, course: Course) -> list[Class]:
    """The classes that somebody may address: an organiser all, others those they look after."""
    return classes_seen(right, course)


class ClassField(forms.TypedChoiceField):
    """The choice of one of these classes, or of the whole course where that is allowed; costs no query."""

    def __init__(self, classes: Iterable[Class], *, whole: bool, **options: Any) -> None:
        choices = [("", _("Cả khoá"))] if whole else []
        choices += [(str(each.pk), each.name) for each in classes]  # type: ignore[misc]  # lazy texts are texts
        super().__init__(
            choices=choices, coerce=int, empty_value=None, required=not whole, label=_("Dành cho"), **options
        )
