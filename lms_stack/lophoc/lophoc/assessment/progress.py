"""What came of the graded parts of a course, for the course page and the grade book; a fixed number of queries each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from lophoc.assessment.grades import latest
from lophoc.assessment.models import Grade, Submission
from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import Part, Structure
from lophoc.classes.completion import Completion, facts, judged


@dataclass
class Row:
    """One learner's line of the grade book: results in the order of the course's graded parts."""

    learner: Any
    completion: Completion
    done: int = 0
    results: list[str] = field(default_factory=list)


def graded_parts(found: Structure) -> list[Part]:
    """The parts that give points."""
    return [part for part in found.parts if part.kind != "lesson"]


def best_scores(learner: int | None, course: Course) -> dict[int, str]:
    """A learner's grades in a course, by the unit's id."""
    return {unit: str(grade) for (_learner, unit), grade in latest([learner or 0], course).items()}


def handed_in(learners: Sequence[int], course: Course) -> set[tuple[int, int]]:
    """Who has handed in which essay."""
    return set(
        Submission.objects.filter(learner__in=learners, unit__course=course)
        .values_list("learner_id", "unit_id")
        .distinct()
    )


def grades(learners: Sequence[Any], found: Structure) -> list[Row]:
    """The grade book's lines for these learners, by a fixed number of queries."""
    ids = [learner.pk for learner in learners]
    held = facts(found.course, ids)
    essays = handed_in(ids, found.course)
    graded = graded_parts(found)
    return [
        Row(
            each,
            judged(each.pk, held),
            len(held.done.get(each.pk, ())),
            [_result((each.pk, part.id), held.marks, essays) for part in graded],
        )
        for each in learners
    ]


def _result(key: tuple[int, int], marks: Mapping[tuple[int, int], Grade], essays: set[tuple[int, int]]) -> str:
    if key in marks:
        return str(marks[key])
    return _("đã nộp") if key in essays else "–"
