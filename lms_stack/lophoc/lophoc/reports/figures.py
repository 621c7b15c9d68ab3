"""What reports count: one line of figures for each learner, added up by unit, school or class (Articles 5.1.đ and 12).

Every page and file is made from the same lines, so their numbers agree. A learner who is in two classes of a course
counts in the first alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import task

from lophoc.assessment.models import Attempt, Submission
from lophoc.catalogue.models import Course, Progress
from lophoc.certificates.models import Certificate
from lophoc.classes.completion import completion
from lophoc.classes.models import Class
from lophoc.forum.models import Post
from lophoc.reports.models import CourseSummary
from lophoc.reports.people import enrolments_of
from lophoc.surveys.answering import satisfaction
from lophoc.surveys.models import Survey

GROUPINGS = {"don-vi": gettext_lazy("Đơn vị"), "truong": gettext_lazy("Trường"), "lop": gettext_lazy("Lớp")}
#: In what is kept after a course's deletion, a group of fewer learners has no grades: they would be somebody's.
LEAST_GRADED = 5


@dataclass(frozen=True)
class Figures:
    """Figures of one learner or of a group: how many people, how many things they did, and the sum of their grades."""

    enrolled: int = 0
    active: int = 0
    units_done: int = 0
    attempts: int = 0
    essays: int = 0
    posts: int = 0
    completed: int = 0
    certificates: int = 0
    graded: int = 0
    grades: float = 0.0

    def __add__(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})

    @property
    def inactive(self) -> int:
        """Those who did nothing yet."""
        return self.enrolled - self.active

    @property
    def unfinished(self) -> int:
        """Those who haven't completed the course."""
        return self.enrolled - self.completed

    @property
    def completed_percent(self) -> float:
        """The share of those enrolled who completed the course."""
        return round(100 * self.completed / self.enrolled, 1) if self.enrolled else 0.0

    @property
    def active_percent(self) -> float:
        """The share of those enrolled who did anything."""
        return round(100 * self.active / self.enrolled, 1) if self.enrolled else 0.0

    @property
    def mean_grade(self) -> float | None:
        """Of those who have a grade, out of ten."""
        return round(self.grades / self.graded, 2) if self.graded else None


#: What each report shows, by its name in addresses: its title, and headings of columns by attributes of `Figures`.
REPORTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ghi-danh": (
        gettext_lazy("Ghi danh"),
        {
            "enrolled": gettext_lazy("Số người học"),
            "active": gettext_lazy("Đã vào học"),
            "inactive": gettext_lazy("Chưa vào học"),
        },
    ),
    "hoat-dong": (
        gettext_lazy("Hoạt động"),
        {
            "enrolled": gettext_lazy("Số người học"),
            "active": gettext_lazy("Đã vào học"),
            "active_percent": gettext_lazy("Tỉ lệ %"),
            "units_done": gettext_lazy("Học phần đã xong"),
            "attempts": gettext_lazy("Lượt làm bài kiểm tra"),
            "essays": gettext_lazy("Bài luận đã nộp"),
            "posts": gettext_lazy("Bài viết diễn đàn"),
        },
    ),
    "hoan-thanh": (
        gettext_lazy("Hoàn thành"),
        {
            "enrolled": gettext_lazy("Số người học"),
            "completed": gettext_lazy("Đã hoàn thành"),
            "unfinished": gettext_lazy("Chưa hoàn thành"),
            "completed_percent": gettext_lazy("Tỉ lệ hoàn thành %"),
        },
    ),
    "ket-qua": (
        gettext_lazy("Kết quả"),
        {
            "enrolled": gettext_lazy("Số người học"),
            "graded": gettext_lazy("Số người có điểm"),
            "mean_grade": gettext_lazy("Điểm trung bình (thang 10)"),
            "completed": gettext_lazy("Đã hoàn thành"),
            "certificates": gettext_lazy("Được cấp giấy chứng nhận"),
        },
    ),
}

Groups = dict[str, Figures]
#: One learner's groups, by grouping, and figures.
Line = tuple[Mapping[str, str], Figures]


def lines_of(course: Course, *, load_test: bool = False) -> list[Line]:
    """The line of each learner of a course; the number of queries doesn't depend on how many there are.

    :param load_test: of the load test's learners alone, who otherwise never count.
    """
    places = enrolments_of(course, load_test=load_test).order_by("klass__name", "pk")
    groups: dict[int, dict[str, str]] = {}
    for key, unit, school, klass in places.values_list("learner_id", "learner__unit", "learner__school", "klass__name"):
        groups.setdefault(key, {"don-vi": unit, "truong": school, "lop": klass})
    done = completion(course, list(groups))
    counts = {
        "units_done": _count(Progress.objects.filter(unit__course=course), "learner_id"),
        "attempts": _count(Attempt.objects.filter(quiz__unit__course=course, submitted__isnull=False), "learner_id"),
        "essays": _count(Submission.objects.filter(unit__course=course), "learner_id"),
        "posts": _count(Post.objects.filter(topic__course=course), "author_id"),
        "certificates": _count(Certificate.objects.filter(course=course, revoked_at=None), "learner_id"),
    }
    return [(groups[key], _figures(done[key], {name: of.get(key, 0) for name, of in counts.items()})) for key in groups]


def _count(rows: QuerySet[Any], whose: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(whose).annotate(count=Count("pk")))


def _figures(done: Any, counts: dict[str, int]) -> Figures:
    did = any(count for name, count in counts.items() if name != "certificates")
    return Figures(
        enrolled=1,
        active=int(did),
        completed=int(done.complete),
        graded=int(done.grade is not None),
        grades=done.grade or 0.0,
        **counts,
    )


def total_of(lines: Iterable[Line]) -> Figures:
    """All lines together."""
    return sum((figures for _groups, figures in lines), Figures())


def grouped(lines: Iterable[Line], grouping: str) -> Groups:
    """The lines added up by one grouping, in the order of the groups' names; those without one come last."""
    found: Groups = {}
    for groups, figures in lines:
        name = groups[grouping]
        found[name] = found.get(name, Figures()) + figures
    return dict(sorted(found.items(), key=lambda item: (not item[0], item[0])))


@transaction.atomic
def summarise(course: Course, *, for_good: bool = True) -> CourseSummary:
    """Count a course's figures and keep them; called before a course is deleted too, for reports go on needing them.

    :param for_good: the course will be deleted, so grades of small groups are left out.
    """
    lines = lines_of(course)
    keep = _kept if for_good else asdict
    by = {grouping: {name: keep(each) for name, each in grouped(lines, grouping).items()} for grouping in GROUPINGS}
    surveys = Survey.objects.filter(course=course, is_load_test=False)
    instructors = Class.objects.filter(course=course, is_load_test=False, is_trial=False, instructor__isnull=False)
    facts = {name: getattr(course, name) for name in ("title", "organiser", "form", "opens", "closes")}
    summary, _new = CourseSummary.objects.update_or_create(
        slug=course.slug,
        defaults={
            **facts,
            "instructors": instructors.values("instructor").distinct().count(),
            "counted_at": timezone.now(),
            "figures": {
                "total": asdict(total_of(lines)),
                "by": by,
                "satisfaction": {each.audience: satisfaction(each) for each in surveys},
            },
        },
    )
    return summary


def _kept(figures: Figures) -> dict[str, Any]:
    kept = asdict(figures)
    return kept | {"graded": 0, "grades": 0.0} if figures.graded < LEAST_GRADED else kept


@task()
def summarise_all() -> int:
    """Count anew the figures of every course that is still there; gives back how many."""
    courses = list(Course.objects.all())
    for course in courses:
        summarise(course, for_good=False)
    return len(courses)


def stored(summary: CourseSummary) -> Figures:
    """The figures of a whole course, as they were kept."""
    return Figures(**summary.figures["total"])


def stored_groups(summaries: Iterable[CourseSummary], grouping: str) -> Groups:
    """The kept figures of many courses, added up by unit or school."""
    found: Groups = {}
    for summary in summaries:
        for name, figures in summary.figures["by"][grouping].items():
            found[name] = found.get(name, Figures()) + Figures(**figures)
    return dict(sorted(found.items(), key=lambda item: (not item[0], item[0])))


def table(groups: Groups, report: str, first: Any, total: Figures) -> tuple[list[Any], list[list[Any]]]:
    """A report as headings and lines, the last of them the total; for the page and the files alike."""
    columns = REPORTS[report][1]
    lines = [(name or _("(chưa ghi)"), figures) for name, figures in groups.items()]
    rows = [[name, *(getattr(each, column) for column in columns)] for name, each in [*lines, (_("Tổng"), total)]]
    return [first, *columns.values()], rows
