"""What came of quizzes and essays, for the course page and the grade book; a fixed number of queries each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max

from lophoc.assessment.models import Attempt, Submission
from lophoc.catalogue.models import Course, Progress
from lophoc.catalogue.structure import Structure


@dataclass
class Row:
    """One learner's line of the grade book: results in the order of the course's graded parts."""

    learner: Any
    done: int = 0
    results: list[str] = field(default_factory=list)


def best_scores(learner: int | None, course: Course) -> dict[int, str]:
    """A learner's best result in each quiz of a course, by the unit's id."""
    found = _best(Attempt.objects.filter(learner=learner, quiz__unit__course=course))
    return {unit: result for (_, unit), result in found.items()}


def _best(attempts: Any) -> dict[tuple[int, int], str]:
    rows = attempts.filter(submitted__isnull=False).values_list("learner_id", "quiz_id")
    rows = rows.annotate(best=Max("score"), points=Max("points"))
    return {(learner, quiz): f"{best:g}/{points:g}" for learner, quiz, best, points in rows}


def handed_in(learners: Sequence[int], course: Course) -> set[tuple[int, int]]:
    """Who has handed in which essay."""
    return set(
        Submission.objects.filter(learner__in=learners, unit__course=course)
        .values_list("learner_id", "unit_id")
        .distinct()
    )


def grades(learners: Sequence[Any], found: Structure) -> list[Row]:
    """The grade book's lines for these learners, by three queries."""
    ids = [learner.pk for learner in learners]
    best = _best(Attempt.objects.filter(learner__in=ids, quiz__unit__course=found.course))
    essays = handed_in(ids, found.course)
    done: dict[int, int] = defaultdict(int)
    counted = Progress.objects.filter(learner__in=ids, unit__course=found.course).values_list("learner_id")
    done.update(counted.annotate(count=Count("id")))
    graded = [part for part in found.parts if part.kind != "lesson"]
    return [Row(each, done[each.pk], [_result(each.pk, part, best, essays) for part in graded]) for each in learners]


def _result(learner: int, part: Any, best: dict[tuple[int, int], str], essays: set[tuple[int, int]]) -> str:
    if part.kind == "essay":
        return "đã nộp" if (learner, part.id) in essays else "–"
    return best.get((learner, part.id), "–")
