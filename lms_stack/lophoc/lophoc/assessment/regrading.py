"""Scoring a quiz anew after a key was corrected: every grade that changes gets a new row, the old ones stay."""

from collections import defaultdict

from django.db import transaction
from django_tasks import task

from lophoc.assessment.asking import Paper, asked, paper
from lophoc.assessment.grades import latest
from lophoc.assessment.models import Attempt, Grade
from lophoc.catalogue.models import Progress
from lophoc.classes.models import Enrolment


@task()
def regrade(unit_id: int, class_ids: list[int], reason: str, by: int) -> int:
    """Score the quiz's attempts in these classes anew; gives back how many grades changed."""
    found = paper(unit_id)
    return sum(_regrade_class(found, class_id, reason, by) for class_id in class_ids)


@transaction.atomic
def _regrade_class(found: Paper, class_id: int, reason: str, by: int) -> int:
    learners = list(Enrolment.objects.filter(klass=class_id).values_list("learner_id", flat=True))
    held = latest(learners, found.quiz.unit.course)
    grades = []
    for learner, (attempt, points, of) in _best(found, learners).items():
        old = held.get((learner, found.quiz.pk))
        if old and (old.source == Grade.Source.MANUAL or (old.points, old.of) == (points, of)):
            continue
        grades.append(
            Grade(
                learner_id=learner,
                unit_id=found.quiz.pk,
                points=points,
                of=of,
                source=Grade.Source.QUIZ,
                attempt=attempt,
                reason=reason,
                by_id=by,
            )
        )
    Grade.objects.bulk_create(grades)
    passed = [each.learner_id for each in grades if 100 * each.share >= found.quiz.passing]
    Progress.objects.bulk_create(
        [Progress(learner_id=learner, unit_id=found.quiz.pk) for learner in passed], ignore_conflicts=True
    )
    return len(grades)


def _best(found: Paper, learners: list[int]) -> dict[int, tuple[Attempt, float, float]]:
    """Each learner's best attempt by the keys of now."""
    scored: dict[int, list[tuple[Attempt, float, float]]] = defaultdict(list)
    for attempt in Attempt.objects.filter(quiz=found.quiz, learner__in=learners, submitted__isnull=False):
        questions = asked(attempt, found)
        if of := sum(each.question.points for each in questions):
            scored[attempt.learner_id].append((attempt, sum(each.earned for each in questions), of))
    return {learner: max(rows, key=lambda row: row[1] / row[2]) for learner, rows in scored.items()}
