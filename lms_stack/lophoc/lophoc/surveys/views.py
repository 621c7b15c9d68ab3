"""Answering a survey, and for organisers its questions and its results."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import structure
from lophoc.classes.access import Access, access, organised
from lophoc.operations.request_class import mark, request_class
from lophoc.reports.export import TYPES, download
from lophoc.surveys.answering import AnsweredBeforeError, as_table, results, take
from lophoc.surveys.forms import AnswerForm, QuestionFormSet, SurveyForm
from lophoc.surveys.load import load
from lophoc.surveys.models import LEAST_ANSWERS, Answered, Survey


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def survey(request: HttpRequest, slug: str) -> HttpResponse:
    """The questions for somebody who takes part, once; for organisers the way to both surveys."""
    mark(request, "survey_submit" if request.method == "POST" else "survey")
    course = structure(slug).course
    right = access(request.user, course)
    found = _asked(course, right)
    answered = found is not None and Answered.objects.filter(survey=found, person=request.user.pk).exists()
    takes = found is not None and found.is_open and not answered
    form = AnswerForm(found.questions.all() if found and takes else (), request.POST or None)
    if request.method == "POST":
        if found is None or not (takes or answered):
            raise PermissionDenied
        if answered or form.is_valid():
            return _taken(request, found, form, answered=answered)
    context: dict[str, Any] = {"course": course, "access": right, "survey": found, "answered": answered, "form": form}
    if right.organises:
        context["surveys"] = Survey.objects.filter(course=course, is_load_test=False).order_by("audience")
    return render(request, "surveys/survey.html", {**context, "takes": takes}, status=400 if form.errors else 200)


def _asked(course: Course, right: Access) -> Survey | None:
    """The survey that is for somebody by their class."""
    audience = Survey.Audience.LEARNERS if right.learns_in else Survey.Audience.INSTRUCTORS if right.sees else None
    return Survey.objects.filter(course=course, audience=audience, is_load_test=right.in_load_test).first()


def _taken(request: HttpRequest, found: Survey, form: AnswerForm, *, answered: bool) -> HttpResponse:
    try:
        if answered:
            raise AnsweredBeforeError
        take(found, int(request.user.pk or 0), form.answers)
        messages.success(request, _("Cảm ơn thầy, cô đã trả lời."))
    except AnsweredBeforeError:
        messages.error(request, _("Thầy, cô đã trả lời khảo sát này rồi; mỗi người trả lời một lần."))
    return redirect("survey", found.course.slug)


@request_class("staff_page")
@require_POST
@login_required
def survey_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Both surveys with the default questions, for a course that has none."""
    course, _right = organised(request, slug)
    load(course)
    return redirect("survey", slug)


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def survey_edit(request: HttpRequest, slug: str, audience: str) -> HttpResponse:
    """When a survey is open and, until it is, what it asks."""
    course, right = organised(request, slug)
    found = get_object_or_404(Survey, course=course, audience=audience, is_load_test=False)
    editable = found.is_editable
    form = SurveyForm(request.POST or None, instance=found)
    if not editable:
        form.fields["opens"].disabled = True
    questions = QuestionFormSet(request.POST or None, instance=found, prefix="cau") if editable else None
    if request.method == "POST" and form.is_valid() and (questions is None or questions.is_valid()):
        form.save()
        if questions is not None:
            questions.save()
        messages.success(request, _("Đã lưu khảo sát."))
        return redirect("survey_edit", slug, audience)
    context = {"course": course, "access": right, "survey": found, "form": form, "questions": questions}
    return render(request, "surveys/edit.html", context)


@request_class("staff_page")
@require_safe
@login_required
def survey_results(request: HttpRequest, slug: str, audience: str) -> HttpResponse:
    """What came of each question, as a page or a file; nothing while too few answered."""
    course, right = organised(request, slug)
    found = get_object_or_404(Survey, course=course, audience=audience, is_load_test=False)
    shown = results(found)
    if (kind := request.GET.get("tep")) in TYPES and shown:
        return download(f"khao-sat-{slug}-{audience}", str(kind), *as_table(shown))
    context = {"course": course, "access": right, "survey": found, "results": shown, "least": LEAST_ANSWERS}
    return render(request, "surveys/results.html", context)
