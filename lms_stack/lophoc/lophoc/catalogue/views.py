"""What a learner sees first: courses, one course, its lessons."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from lophoc.assessment.progress import best_scores
from lophoc.catalogue.media import signed
from lophoc.catalogue.models import Course, Progress
from lophoc.catalogue.structure import structure, unit_of
from lophoc.classes.access import access, courses_of
from lophoc.operations.request_class import request_class
from lophoc.packages.lectures import lecture


@request_class("course_list")
@require_safe
@login_required
def course_list(request: HttpRequest) -> HttpResponse:
    """The courses that a person learns in, teaches or organises."""
    return render(request, "course_list.html", {"courses": courses_of(request.user)})


@request_class("course_page")
@require_safe
@login_required
def course_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A course's parts, and how far this learner is."""
    found = structure(slug)
    right = access(request.user, found.course)
    done = done_units(request.user.pk, found.course)
    parts = [{"part": part, "done": part.id in done} for part in found.parts]
    share = round(100 * len(done) / len(found.parts)) if found.parts else 0
    scores = best_scores(request.user.pk, found.course)
    context = {"course": found.course, "parts": parts, "share": share, "access": right, "scores": scores}
    return render(request, "course.html", context)


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
    return render(request, "lesson.html", context)


@request_class("lesson_done")
@require_POST
@login_required
def lesson_done(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A learner says that a lesson is done."""
    found = structure(slug)
    if not access(request.user, found.course).may_submit:
        raise PermissionDenied
    unit = unit_of(found.course, number, "lesson")
    Progress.objects.bulk_create([Progress(learner_id=request.user.pk, unit=unit)], ignore_conflicts=True)
    return redirect("course", slug)
