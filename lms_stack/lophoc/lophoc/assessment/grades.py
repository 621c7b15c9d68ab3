"""Grades: the latest row of a learner and a unit holds, the earlier ones are its history."""

from collections.abc import Sequence
from typing import Any

from lophoc.assessment.models import Grade, Quiz
from lophoc.catalogue.models import Course, Progress, Unit

Marks = dict[tuple[int, int], Grade]


def latest(learners: Sequence[int], course: Course) -> Marks:
    """The grades that hold, by learner and unit; one query."""
    rows = Grade.objects.filter(learner__in=learners, unit__course=course).defer("detail", "comment")
    return {(row.learner_id, row.unit_id): row for row in rows}


def record(learner: int, unit: Unit, points: float, of: float, source: str, **more: Any) -> Grade:
    """Add a grade, and count the unit as done where the grade is enough; a package says itself when it is done."""
    grade = Grade.objects.create(learner_id=learner, unit=unit, points=points, of=of, source=source, **more)
    passing = Quiz.objects.filter(unit=unit).values_list("passing", flat=True).first() if unit.kind == "quiz" else 0
    if source != Grade.Source.PACKAGE and 100 * points >= (passing or 0) * of:
        done(learner, unit)
    return grade


def improve(learner: int, unit: Unit, points: float, of: float, source: str, **more: Any) -> Grade | None:
    """Add what a quiz or a package gave by itself, unless what holds is better or was given by a person."""
    held = Grade.objects.filter(learner=learner, unit=unit).last()
    if held and (held.source == Grade.Source.MANUAL or held.share >= points / of):
        return None
    return record(learner, unit, points, of, source, **more)


def done(learner: int, unit: Unit) -> None:
    """Count a unit as done."""
    Progress.objects.bulk_create([Progress(learner_id=learner, unit=unit)], ignore_conflicts=True)
