"""The plan and the units of a course from a content bundle."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lophoc.catalogue.models import Course, Unit
from lophoc.content.load import load as load_material

_PLAN = ("form", "plan", "information_system", "how_to_take_part", "self_registration")


def load(course: Course, given: Mapping[str, Any]) -> list[Unit]:
    """Bring a course's plan and units up to date; gives back the units in the bundle's order."""
    plan = {name: given[name] for name in _PLAN if name in given}
    for name, value in plan.items():
        setattr(course, name, value)
    course.save(update_fields=list(plan))
    held = {unit.number: unit for unit in course.units.select_related("material")}
    units = [_unit(course, held.get(number), number, each) for number, each in enumerate(given["units"], 1)]
    course.units.filter(number__gt=len(units)).delete()
    return units


def _unit(course: Course, there: Unit | None, number: int, given: Mapping[str, Any]) -> Unit:
    unit = there or Unit(course=course, number=number)
    unit.material = load_material(unit.material, given, course.organiser)
    unit.kind, unit.title, unit.minutes = given["kind"], given["title"], given.get("minutes", 0)
    unit.due = date.fromisoformat(given["due"]) if given.get("due") else None
    unit.required, unit.online = given.get("required", True), given.get("online", True)
    unit.save()
    return unit
