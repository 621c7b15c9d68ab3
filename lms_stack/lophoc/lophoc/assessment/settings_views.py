"""How a quiz or an essay is taken in a course, set by its organisers; and scoring a quiz anew."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import inlineformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lophoc.assessment.essays import classes_marked, rules_of
from lophoc.assessment.forms import CriterionForm, EssayRulesForm, QuizForm, RegradeForm
from lophoc.assessment.models import Criterion, Quiz, pool
from lophoc.assessment.regrading import regrade
from lophoc.catalogue.models import Unit
from lophoc.catalogue.structure import structure, unit_of
from lophoc.classes.access import access, organised
from lophoc.operations.request_class import request_class

_Rubric = inlineformset_factory(Unit, Criterion, CriterionForm, extra=3, max_num=20)


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def quiz_settings(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Time, attempts, window, passing, shuffling, and what is drawn from the bank."""
    course, right = organised(request, slug)
    unit = unit_of(course, number, "quiz")
    quiz = Quiz.objects.filter(unit=unit).first() or Quiz(unit=unit, time_limit=unit.minutes or 30)
    form = QuizForm(request.POST or None, instance=quiz)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Đã lưu thiết lập."))
        return redirect("quiz", slug, number)
    context = {"course": course, "unit": unit, "form": form, "questions": pool(unit)}
    return render(request, "assessment/quiz_settings.html", {**context, "access": right})


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def essay_settings(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Late rules and rubric."""
    course, right = organised(request, slug)
    unit = unit_of(course, number, "essay")
    form = EssayRulesForm(request.POST or None, instance=rules_of(unit))
    rubric: Any = _Rubric(request.POST or None, instance=unit)
    if request.method == "POST" and form.is_valid() and rubric.is_valid():
        with transaction.atomic():
            form.save()
            rubric.save()
        messages.success(request, _("Đã lưu thiết lập."))
        return redirect("essay", slug, number)
    context = {"course": course, "unit": unit, "form": form, "rubric": rubric}
    return render(request, "assessment/essay_settings.html", {**context, "access": right})


@request_class("staff_page")
@require_POST
@login_required
def quiz_regrade(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Score a quiz anew in the classes that this person marks."""
    course = structure(slug).course
    right = access(request.user, course)
    if not right.may_grade:
        raise PermissionDenied
    unit = unit_of(course, number, "quiz")
    form = RegradeForm(request.POST)
    if form.is_valid():
        classes = [each.pk for each in classes_marked(right, course)]
        regrade.enqueue(unit.pk, classes, form.cleaned_data["reason"], int(request.user.pk or 0))
        messages.success(request, _("Bài kiểm tra đang được chấm lại; điểm thay đổi có trong lịch sử điểm."))
    else:
        messages.error(request, _("Hãy ghi lý do chấm lại."))
    return redirect("quiz", slug, number)
