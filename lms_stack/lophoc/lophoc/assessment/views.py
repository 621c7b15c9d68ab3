"""Taking quizzes and exams, and handing in essays."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.assessment.forms import EssayForm
from lophoc.assessment.models import Attempt, Question, Quiz, Submission
from lophoc.assessment.scoring import is_right, score
from lophoc.catalogue.models import Progress
from lophoc.catalogue.structure import SECONDS, structure, unit_of
from lophoc.classes.access import Access, access
from lophoc.operations.request_class import mark, request_class

#: Answers that were under way when time ran out are still taken for this long.
GRACE = timedelta(seconds=30)


def _quiz(unit_id: int, version: str) -> tuple[Quiz, list[Question]]:
    """A quiz and its questions, from the cache."""
    key = f"quiz:{unit_id}:{version}"
    found: Any = cache.get(key)
    if found is None:
        quiz = get_object_or_404(Quiz.objects.select_related("unit"), pk=unit_id)
        found = (quiz, list(quiz.questions.all()))
        cache.set(key, found, SECONDS)
    return found[0], found[1]


def _closed_because(quiz: Quiz, right: Access, used: int) -> str:
    """Why a quiz can't be started now, or nothing. The server's clock decides."""
    if right.ignores_dates:
        return ""
    if not right.may_submit:
        return "Khoá học không nhận bài vào lúc này."
    now = timezone.now()
    if quiz.opens and now < quiz.opens:
        return f"Bài thi mở lúc {timezone.localtime(quiz.opens):%H:%M ngày %d/%m/%Y}."
    if quiz.closes and now > quiz.closes:
        return "Bài thi đã đóng."
    if used >= quiz.attempts:
        return "Bạn đã dùng hết số lượt làm bài."
    return ""


@request_class("quiz_page")
@require_safe
@login_required
def quiz_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What a quiz is, what came of earlier attempts, and the way in."""
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "quiz")
    quiz, questions = _quiz(unit.pk, found.course.bundle_hash[:12])
    attempts = list(Attempt.objects.filter(quiz=quiz, learner=request.user.pk).order_by("-started")[:20])
    context = {
        "course": found.course,
        "unit": unit,
        "quiz": quiz,
        "questions": len(questions),
        "attempts": attempts,
        "closed_because": _closed_because(quiz, right, len(attempts)),
        "access": right,
    }
    return render(request, "quiz.html", context)


@request_class("quiz_attempt")
@require_POST
@login_required
def quiz_start(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Begin an attempt, or go on with the one that is open."""
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "quiz")
    quiz, _ = _quiz(unit.pk, found.course.bundle_hash[:12])
    mine = list(Attempt.objects.filter(quiz=quiz, learner=request.user.pk).order_by("-started")[:20])
    going = next((each for each in mine if not each.submitted and not _is_late(each, quiz)), None)
    if going is None:
        if reason := _closed_because(quiz, right, len(mine)):
            messages.error(request, reason)
            return redirect("quiz", slug, number)
        going = Attempt.objects.create(quiz=quiz, learner_id=request.user.pk)
    return redirect("attempt", going.pk)


def _ends(attempt: Attempt, quiz: Quiz) -> Any:
    """When an attempt's time is over: its limit, or the window's end where that comes first."""
    limit = attempt.started + timedelta(minutes=quiz.time_limit)
    return min(limit, quiz.closes) if quiz.closes and attempt.started < quiz.closes else limit


def _is_late(attempt: Attempt, quiz: Quiz) -> bool:
    return bool(timezone.now() > _ends(attempt, quiz) + GRACE)


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
    """The questions of an open attempt."""
    attempt = _own(request, attempt_id)
    if attempt.submitted:
        return redirect("attempt_result", attempt_id)
    course = attempt.quiz.unit.course
    quiz, questions = _quiz(attempt.quiz_id, course.bundle_hash[:12])
    context = {"attempt": attempt, "course": course, "unit": quiz.unit, "questions": questions}
    return render(request, "attempt.html", {**context, "ends": _ends(attempt, quiz)})


@request_class("quiz_submit")
@require_POST
@login_required
@transaction.atomic
def attempt_submit(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """Take the answers, score them, and count the quiz as done. A second submission changes nothing."""
    attempt = _own(request, attempt_id, for_update=True)
    if attempt.submitted:
        return redirect("attempt_result", attempt_id)
    course = attempt.quiz.unit.course
    quiz, questions = _quiz(attempt.quiz_id, course.bundle_hash[:12])
    late = _is_late(attempt, quiz) and not access(request.user, course).ignores_dates
    attempt.answers = {} if late else _sent(request, questions)
    attempt.points = sum(question.points for question in questions)
    attempt.score = score(questions, attempt.answers)
    attempt.submitted = timezone.now()
    attempt.save(update_fields=("answers", "points", "score", "submitted"))
    Progress.objects.bulk_create([Progress(learner_id=request.user.pk, unit=quiz.unit)], ignore_conflicts=True)
    if late:
        messages.error(request, "Đã quá thời gian làm bài; câu trả lời gửi sau không được tính.")
    return redirect("attempt_result", attempt_id)


def _sent(request: HttpRequest, questions: list[Question]) -> dict[str, list[str]]:
    return {str(each.number): [text[:500] for text in request.POST.getlist(f"cau-{each.number}")] for each in questions}


@request_class("quiz_submit")
@require_safe
@login_required
def attempt_result(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """The score, and which answers were right."""
    attempt = _own(request, attempt_id)
    if not attempt.submitted:
        return redirect("attempt", attempt_id)
    course = attempt.quiz.unit.course
    quiz, questions = _quiz(attempt.quiz_id, course.bundle_hash[:12])
    rows = [(each, is_right(each, attempt.answers.get(str(each.number), []))) for each in questions]
    return render(request, "result.html", {"attempt": attempt, "course": course, "unit": quiz.unit, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def essay(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What the essay is about, and handing it in."""
    mark(request, "essay_upload" if request.method == "POST" else "essay_form")
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "essay")
    form = EssayForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not _takes_essays(right, unit.due):
            raise PermissionDenied
        if form.is_valid():
            _hand_in(request, unit, form)
            return redirect("essay", slug, number)
    mine = Submission.objects.filter(unit=unit, learner=request.user.pk).order_by("-handed_in")[:10]
    context = {"course": found.course, "unit": unit, "form": form, "submissions": mine, "access": right}
    return render(request, "essay.html", {**context, "open": _takes_essays(right, unit.due)})


def _takes_essays(right: Access, due: Any) -> bool:
    return right.ignores_dates or (right.may_submit and (due is None or timezone.localdate() <= due))


def _hand_in(request: HttpRequest, unit: Any, form: EssayForm) -> None:
    file = form.cleaned_data["file"]
    name, ending = file.name[:150], file.name[file.name.rfind(".") :].lower()
    # The stored name is ours: what a learner calls a file never becomes a path.
    file.name = f"{get_random_string(16)}{ending}"
    with transaction.atomic():
        Submission.objects.create(unit=unit, learner_id=request.user.pk, file=file, name=name)
        Progress.objects.bulk_create([Progress(learner_id=request.user.pk, unit=unit)], ignore_conflicts=True)
    messages.success(request, "Đã nộp bài luận.")
