"""What must hold before a course opens (Articles 7 and 10.8)."""

from calendar import monthrange
from datetime import date

from django.utils.translation import gettext as _

from lophoc.catalogue.models import Course
from lophoc.content.models import Material

MONTHS = 6


def access_at_least_until(closes: date) -> date:
    """The first day to which a course that closes then may be read."""
    month = closes.month + MONTHS
    year, month = closes.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(closes.day, monthrange(year, month)[1]))


def obstacles(course: Course) -> list[str]:
    """Why a course can't open, each material that hinders it by name; by two queries."""
    units = list(course.units.select_related("material").defer("material__body"))
    if not units:
        return [_("Khoá học chưa có học phần nào.")]
    approved = set(Material.objects.approved().filter(units__course=course).values_list("pk", flat=True))
    return [fault for unit in units if (fault := _fault(unit.title, unit.material, approved))]


def _fault(title: str, material: Material | None, approved: set[int]) -> str:
    if material is None or material.pk not in approved:
        return _("“%s”: học liệu chưa được thẩm định.") % title
    return "" if material.licence else _("“%s”: học liệu chưa rõ giấy phép.") % title
