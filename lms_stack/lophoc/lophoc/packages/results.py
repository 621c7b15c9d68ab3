"""Results of packages: kept as they are reported, and read for the grade book with a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Max
from django.http import Http404

from lophoc.assessment.grades import done, improve
from lophoc.assessment.models import Grade
from lophoc.catalogue.models import Course, Progress, Unit
from lophoc.packages.models import Outcome, Package, Record
from lophoc.packages.reported import Reported

SECONDS = 300
#: So many results of one learner in one part are told apart; later ones still count as the latest.
OUTCOMES = 500


@dataclass(frozen=True)
class PackageResult:
    """A learner's best in a package: a share of 0 to 1 over its parts (None: it gave none), and whether all is done."""

    score: float | None
    completed: bool

    @property
    def points(self) -> str:
        """As the grade book shows it, out of 100."""
        return f"{100 * self.score:.0f}/100" if self.score is not None else ("✓" if self.completed else "–")


def package_of(unit: Unit) -> Package:
    """The package that a unit shows.

    :raises Http404: its material names none or was withdrawn, or the package wasn't taken in.
    """
    upload = unit.material.package.name if unit.material is not None and unit.material.live else ""
    found = cache.get(f"package:{upload}") if upload else None
    if upload and not isinstance(found, Package):
        found = Package.objects.filter(upload=upload).first()
        cache.set(f"package:{upload}", found, SECONDS)
    if not isinstance(found, Package):
        raise Http404
    return found


@transaction.atomic
def keep(learner: int, unit: Unit, part: int, told: Reported, parts: int) -> None:
    """Keep what was reported: the latest state, one more row of the history where the result is another, and progress.

    :param parts: how many parts the package has; it is done when all are.
    """
    row = {"learner_id": learner, "unit": unit, "part": part}
    record, new = Record.objects.select_for_update().get_or_create(**row, defaults=told._asdict())
    before = None if new else (record.score, record.completed, record.passed)
    if not new:
        for name, value in told._asdict().items():
            setattr(record, name, value)
        # A part that was done stays done, whatever is played in it again.
        record.completed = record.completed or bool(before and before[1])
        record.save()
    after = (record.score, record.completed, record.passed)
    if after == before or (record.score is None and not record.completed) or record.outcomes.count() >= OUTCOMES:
        return
    result = dict(zip(("score", "completed", "passed"), after, strict=True))
    Outcome.objects.create(record=record, seconds=record.seconds, **result)
    _count(learner, unit, parts)


def _count(learner: int, unit: Unit, parts: int) -> None:
    """Let a result count: as progress when all parts are done, as a grade when there is one to give for the whole."""
    rows = Record.objects.filter(learner=learner, unit=unit, part__lt=parts).annotate(best=Max("outcomes__score"))
    told = list(rows.values_list("completed", "best"))
    whole = sum(completed for completed, _ in told) >= parts
    if whole:
        done(learner, unit)
    score = _mean([best for _, best in told if best is not None])
    if score is not None and (whole or parts == 1):
        improve(learner, unit, round(100 * score, 1), 100, Grade.Source.PACKAGE)


def results(learner_ids: Sequence[int], course: Course) -> dict[tuple[int, int], PackageResult]:
    """What came of a course's packages by learner and unit, by two queries however many there are."""
    rows = Record.objects.filter(learner__in=learner_ids, unit__course=course).values_list("learner", "unit", "part")
    best: dict[tuple[int, int], list[float]] = defaultdict(list)
    for learner, unit, _, score in rows.annotate(best=Max("outcomes__score")):
        best[learner, unit] += [] if score is None else [score]
    finished = set(
        Progress.objects.filter(learner__in=learner_ids, unit__course=course, unit__kind=Unit.Kind.PACKAGE).values_list(
            "learner", "unit"
        )
    )
    return {key: PackageResult(_mean(scores), key in finished) for key, scores in best.items()}


def _mean(scores: Sequence[float]) -> float | None:
    return sum(scores) / len(scores) if scores else None


def of_learner(learner: Any, unit: Unit) -> dict[int, Record]:
    """A learner's records of a unit by part."""
    return {record.part: record for record in Record.objects.filter(learner=learner, unit=unit)}
