"""Taking quizzes and exams."""

from itertools import zip_longest

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lophoc.accounts.signed_in import signed_in
from lophoc.assessment.asking import asked, paper, sent
from lophoc.assessment.attempts import begin, close_expired, closed_because, ends, finish, is_over, save
from lophoc.assessment.models import Attempt, Quiz
from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import structure, unit_of
from lophoc.classes.access import access
from lophoc.operations.request_class import request_class

#: The most questions that are looked for in a form that is saved without asking what it should hold.
PLACES = 200


@request_class("quiz_page")
@require_safe
@login_required
def quiz_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What a quiz is, what came of earlier attempts, and the way in."""
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "quiz")
    held = paper(unit.pk)
    attempts = _mine(request, held.quiz)
    going = next((each for each in attempts if not each.submitted), None)
    context = {
        "course": found.course,
        "unit": unit,
        "quiz": held.quiz,
        "questions": held.count,
        "attempts": attempts,
        "going": going,
        "closed_because": "" if going else closed_because(held.quiz, right, len(attempts)),
        "access": right,
    }
    return render(request, "assessment/quiz.html", context)


def _mine(request: HttpRequest, quiz: Quiz) -> list[Attempt]:
    """This learner's latest attempts; one whose time ran out is ended first."""
    latest = Attempt.objects.filter(quiz=quiz, learner=request.user.pk).order_by("-started")[:20]
    attempts = list(latest)
    if any(not each.submitted and is_over(each, quiz) for each in attempts):
        close_expired(quiz=quiz, learner=request.user.pk)
        attempts = list(latest.all())
    return attempts


@request_class("quiz_attempt")
@require_POST
@login_required
def quiz_start(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Begin an attempt, or go on with the one that is open."""
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "quiz")
    held = paper(unit.pk)
    mine = _mine(request, held.quiz)
    going = next((each for each in mine if not each.submitted), None)
    if going is None:
        if reason := closed_because(held.quiz, right, len(mine)):
            messages.error(request, reason)
            return redirect("quiz", slug, number)
        going = begin(signed_in(request).pk, held, right)
    return redirect("attempt", going.pk)


def _own(request: HttpRequest, attempt_id: int, *, for_update: bool = False) -> Attempt:
    """The attempt, if it is this person's own; else it is as if there were none."""
    attempts = Attempt.objects.select_related("quiz__unit__course")
    if for_update:
        attempts = attempts.select_for_update(of=("self",))
    return get_object_or_404(attempts, pk=attempt_id, learner=request.user.pk)


@request_class("quiz_attempt")
@require_safe
@login_required
def attempt_page(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """The questions of an open attempt, with the answers that were saved."""
    attempt = _own(request, attempt_id)
    held = paper(attempt.quiz_id)
    if not attempt.submitted and is_over(attempt, held.quiz):
        close_expired(pk=attempt_id)
        messages.error(request, _("Đã hết giờ làm bài; những câu trả lời đã lưu được chấm."))
        return redirect("attempt_result", attempt_id)
    if attempt.submitted:
        return redirect("attempt_result", attempt_id)
    end = ends(attempt, held.quiz)
    context = {
        "attempt": attempt,
        "course": attempt.quiz.unit.course,
        "unit": attempt.quiz.unit,
        "asked": asked(attempt, held),
        "ends": end,
        "left": max(0, round((end - timezone.now()).total_seconds())),
    }
    return render(request, "assessment/attempt.html", context)


@request_class("quiz_save")
@require_POST
@login_required
def attempt_save(request: HttpRequest, attempt_id: int) -> JsonResponse:
    """Keep the answers so far; nothing is acknowledged that isn't stored."""
    if not save(attempt_id, request.user.pk, sent(request.POST, PLACES)):
        return JsonResponse({"saved": False}, status=409)
    return JsonResponse({"saved": True})


@request_class("quiz_submit")
@require_POST
@login_required
@transaction.atomic
def attempt_submit(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """Take the answers and score them. A second submission changes nothing; one too late counts what was saved."""
    attempt = _own(request, attempt_id, for_update=True)
    if not attempt.submitted:
        held = paper(attempt.quiz_id)
        late = is_over(attempt, held.quiz)
        finish(attempt, held, None if late else sent(request.POST, PLACES))
        if late:
            messages.error(request, _("Đã quá giờ làm bài; chỉ những câu trả lời đã lưu trong giờ được chấm."))
    return redirect("attempt_result", attempt_id)


@request_class("quiz_submit")
@require_safe
@login_required
def attempt_result(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """The score and, when it is time, which answers were right."""
    attempt = _own(request, attempt_id)
    if not attempt.submitted:
        return redirect("attempt", attempt_id)
    held = paper(attempt.quiz_id)
    course = attempt.quiz.unit.course
    revealed = _reveals(held.quiz, course)
    rows = list(zip_longest(asked(attempt, held), attempt.marks)) if revealed else []
    context = {"attempt": attempt, "course": course, "unit": held.quiz.unit, "rows": rows, "revealed": revealed}
    return render(request, "assessment/result.html", context)


def _reveals(quiz: Quiz, course: Course) -> bool:
    """Whether right answers are told now."""
    if quiz.shows == Quiz.Shows.SUBMITTED:
        return True
    return timezone.now() > quiz.closes if quiz.closes else timezone.localdate() > course.closes
