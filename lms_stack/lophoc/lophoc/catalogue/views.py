"""What a learner sees first: courses, one course, its lessons."""

from collections.abc import Container, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lophoc.accounts.signed_in import signed_in
from lophoc.assessment.progress import best_scores
from lophoc.catalogue.media import signed
from lophoc.catalogue.models import Course, Progress, Unit
from lophoc.catalogue.structure import Part, Structure, structure, unit_of
from lophoc.classes.access import access, courses_of
from lophoc.classes.models import Enrolment
from lophoc.content.text import to_html
from lophoc.operations.request_class import request_class
from lophoc.packages.lectures import lecture

#: So many deadlines are shown on the course page.
DUE_SHOWN = 3
_TESTS = frozenset({Unit.Kind.QUIZ, Unit.Kind.ESSAY})


@request_class("course_list")
@require_safe
@login_required
def course_list(request: HttpRequest) -> HttpResponse:
    """The courses that a person learns in, teaches or organises, those that go on first; the learner's progress."""
    today = timezone.localdate()
    courses: list[Course] = list(courses_of(request.user))
    shares = progress_in(request.user.pk, [course.pk for course in courses])

    def cards(some: Iterable[Course]) -> list[dict[str, Any]]:
        return [{"course": course, "share": shares.get(course.pk)} for course in some]

    groups = (
        (_("Đang diễn ra"), cards(each for each in courses if each.opens <= today <= each.closes)),
        (_("Sắp mở"), cards(each for each in courses if each.opens > today)),
        (_("Đã kết thúc"), cards(each for each in courses if each.closes < today)),
    )
    context = {"groups": [group for group in groups if group[1]]}
    return render(request, "catalogue/course_list.html", context)


def progress_in(learner: int | None, courses: list[int]) -> dict[int, int]:
    """What a learner has done of the required units of each course, in percent; by one query."""
    mine = Exists(Progress.objects.filter(unit=OuterRef("pk"), learner=learner))
    learning = Exists(Enrolment.objects.filter(klass__course=OuterRef("course"), learner=learner))
    units = Unit.objects.filter(learning, course__in=courses, required=True).values_list("course")
    counted = units.annotate(all=Count("pk"), done=Count("pk", filter=mine)).order_by()
    return {course: round(100 * done / every) for course, every, done in counted}


@request_class("course_page")
@require_safe
@login_required
def course_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A course's parts, how far this learner is, and what comes next."""
    found = structure(slug)
    right = access(request.user, found.course)
    done = done_units(request.user.pk, found.course)
    scores = best_scores(request.user.pk, found.course)
    required = [part for part in found.parts if part.required]
    share = round(100 * sum(part.id in done for part in required) / len(required)) if required else 0
    context = {
        "course": found.course,
        "access": right,
        "parts": _lines(found.parts, done, scores),
        "share": share,
        "next": next((part for part in found.parts if part.id not in done), None) if right.learns_in else None,
        "due": due_next(found, done) if right.may_submit else [],
        "closed": timezone.localdate() > found.course.closes,
        "deletion": found.course.access_until + timedelta(days=1),
    }
    return render(request, "catalogue/course.html", context)


#: A part in the list of a course's. Not in the page's template: there a line takes four times as long to make, and a
#: course may have hundreds of parts.
_LINE = '<li class="{}{}"><a href="{}">{}</a> <span class="quiet">{}</span>{}{}</li>'


def _lines(parts: Iterable[Part], done: Container[int], scores: Mapping[int, str]) -> SafeString:
    """The list of a course's parts: which are done, what they gave, and what there is to know of each."""
    notes, finished = _notes(parts), format_html(' <span class="tick">{}</span>', _("Đã xong"))
    badges = {key: format_html(' <span class="badge">{}</span>', score) for key, score in scores.items() if score}
    lines = (
        (part.kind, mark, part.url, part.title, notes[part.id], badges.get(part.id, ""), tick)
        for part in parts
        for mark, tick in [(" done", finished) if part.id in done else ("", "")]
    )
    return format_html_join("\n", _LINE, lines)


def _notes(parts: Iterable[Part]) -> dict[int, str]:
    """What stands beside each part: how long it takes, its last day, whether one may leave it out."""
    minutes, last, optional, in_a_room = _("phút"), _("hạn"), _("tự chọn"), _("tập trung")
    return {
        part.id: " · ".join(
            words
            for said, words in (
                (part.minutes, f"{part.minutes} {minutes}"),
                (part.last_day, f"{last} {part.last_day:%d/%m/%Y}" if part.last_day else ""),
                (not part.required, optional),
                (not part.online, in_a_room),
            )
            if said
        )
        for part in parts
    }


def due_next(found: Structure, done: set[int]) -> list[Part]:
    """The undone parts that end soonest; three at most."""
    today = timezone.localdate()
    waiting = [part for part in found.parts if part.id not in done and part.last_day and part.last_day >= today]
    return sorted(waiting, key=lambda part: part.last_day or today)[:DUE_SHOWN]


@request_class("plan")
@require_safe
@login_required
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The training plan (Article 9.1): form, dates, system, how to take part, which tests are online."""
    found = structure(slug)
    course = found.course
    right = access(request.user, course)
    texts = (
        (_("Kế hoạch"), course.plan),
        (_("Hệ thống thông tin phục vụ tập huấn"), course.information_system),
        (_("Cách tham gia"), course.how_to_take_part),
    )
    context = {
        "course": course,
        "access": right,
        "texts": [(title, to_html(text)) for title, text in texts if text],
        "lessons": [part for part in found.parts if part.kind not in _TESTS],
        "tests": [part for part in found.parts if part.kind in _TESTS],
        "deletion": course.access_until + timedelta(days=1),
    }
    return render(request, "catalogue/plan.html", context)


def done_units(learner: int | None, course: Course) -> set[int]:
    """The units of a course that a learner has done."""
    return set(Progress.objects.filter(learner=learner, unit__course=course).values_list("unit_id", flat=True))


@request_class("lesson_page")
@require_safe
@login_required
def lesson_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A lesson: its lecture, slides and text."""
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "lesson")
    numbers = [part.number for part in found.parts]
    at = numbers.index(number)
    context = {
        "course": found.course,
        "unit": unit,
        "lecture": lecture(request.user, unit, slug),
        "slides": signed(unit.slides) if unit.slides else "",
        "done": Progress.objects.filter(learner=request.user.pk, unit=unit).exists(),
        "before": found.parts[at - 1] if at else None,
        "after": found.parts[at + 1] if at + 1 < len(numbers) else None,
        "access": right,
    }
    return render(request, "catalogue/lesson.html", context)


@request_class("lesson_done")
@require_POST
@login_required
def lesson_done(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A learner says that a lesson is done."""
    found = structure(slug)
    if not access(request.user, found.course).may_submit:
        raise PermissionDenied
    unit = unit_of(found.course, number, "lesson")
    Progress.objects.bulk_create([Progress(learner=signed_in(request), unit=unit)], ignore_conflicts=True)
    return redirect("course", slug)
