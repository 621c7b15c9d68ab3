"""Who has completed a course, and what the others lack: for results, reports and certificates."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lophoc.assessment.grades import Marks, latest
from lophoc.catalogue.models import Course, Progress
from lophoc.classes.models import CompletionRule
from lophoc.schedule.attendance import attendance_share


@dataclass(frozen=True)
class Completion:
    """How far a learner is: `share` of the required units done (0 to 1), `missing` as a person reads it.

    `grade` is the weighted total out of ten, to two places; a part not graded yet counts as none of its points, and
    where nothing at all is graded there is no grade.
    """

    complete: bool
    share: float
    missing: tuple[str, ...]
    grade: float | None


@dataclass(frozen=True)
class _Part:
    id: int
    title: str
    kind: str


@dataclass(frozen=True)
class Facts:
    """All that completion depends on, read once for many learners; `required` are parts, `done` a learner's units."""

    rule: CompletionRule
    required: tuple[_Part, ...]
    done: Mapping[int, set[int]]
    marks: Marks
    attended: Mapping[int, float]


def completion(course: Course, learners: Sequence[int]) -> dict[int, Completion]:
    """Completion of each of these learners by their ids; the number of queries doesn't depend on how many."""
    found = facts(course, learners)
    return {learner: judged(learner, found) for learner in learners}


def facts(course: Course, learners: Sequence[int]) -> Facts:
    """What completion of these learners depends on, by four queries, and one for attendance where that counts."""
    rule = CompletionRule.objects.filter(course=course).first() or CompletionRule(course=course)
    parts = course.units.filter(required=True).values_list("id", "title", "kind", "quiz__opens", "quiz__closes")
    progress = Progress.objects.filter(learner__in=learners, unit__course=course)
    done: defaultdict[int, set[int]] = defaultdict(set)
    for learner, unit in progress.values_list("learner_id", "unit_id"):
        done[learner].add(unit)
    return Facts(
        rule=rule,
        required=tuple(_part(*row) for row in parts.order_by("number")),
        done=done,
        marks=latest(learners, course),
        attended=attendance_share(learners, course) if rule.attendance_minimum else {},
    )


def _part(key: int, title: str, kind: str, opens: object, closes: object) -> _Part:
    return _Part(key, title, "exam" if opens or closes else kind)


def judged(learner: int, found: Facts) -> Completion:
    """What those facts mean for one of the learners."""
    required, done = found.required, found.done.get(learner, set())
    undone = [part for part in required if part.id not in done]
    grade = _total(learner, found)
    missing = (
        *(_undone(undone) if found.rule.all_units else ()),
        *_weak(learner, found),
        *_short(found.rule.total_minimum, None if grade is None else 10 * grade, _("Điểm tổng kết")),
        *_short(found.rule.attendance_minimum, 100 * found.attended.get(learner, 0.0), _("Số buổi tham dự")),
    )
    share = 1 - len(undone) / len(required) if required else 1.0
    return Completion(not missing, share, missing, grade)


def _undone(parts: Sequence[_Part]) -> list[str]:
    words = _("Chưa xong: %s")  # looked up once: a page of a long course says it ten thousand times
    return [words % part.title for part in parts]


def _weak(learner: int, found: Facts) -> list[str]:
    """The quizzes and exams below their minimum."""
    minimum = {"quiz": found.rule.quiz_minimum, "exam": found.rule.exam_minimum}
    said: list[str] = []
    for part in found.required:
        if part.kind in minimum:
            said += _short(minimum[part.kind], _percent(learner, part, found.marks), part.title)
    return said


def _percent(learner: int, part: _Part, marks: Marks) -> float | None:
    grade = marks.get((learner, part.id))
    return 100 * grade.share if grade else None


def _short(minimum: int | None, percent: float | None, what: str) -> list[str]:
    """Says that a percentage is below its minimum, if there is one."""
    if not minimum or (percent is not None and percent >= minimum - 1e-9):
        return []
    has = _("chưa có") if percent is None else f"{percent:.0f} %"
    return [_("%(what)s: %(has)s, cần ít nhất %(minimum)d %%") % {"what": what, "has": has, "minimum": minimum}]


def _total(learner: int, found: Facts) -> float | None:
    """The weighted total out of ten."""
    rule = found.rule
    weights = {
        "quiz": rule.quiz_weight,
        "exam": rule.exam_weight,
        "essay": rule.essay_weight,
        "package": rule.package_weight,
    }
    parts = [part for part in found.required if weights.get(part.kind)]
    shares = [(weights[part.kind], _percent(learner, part, found.marks)) for part in parts]
    if all(share is None for _weight, share in shares):
        return None
    return round(sum(weight * (share or 0.0) for weight, share in shares) / sum(w for w, _share in shares) / 10, 2)
