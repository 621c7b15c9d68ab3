"""Handing in essays, marking them by a rubric, and the history of every grade."""

from datetime import date
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lophoc.accounts.models import User
from lophoc.accounts.signed_in import signed_in
from lophoc.assessment.forms import EssayForm, GradeForm, MarkForm
from lophoc.assessment.grades import done, record
from lophoc.assessment.models import Criterion, EssayRules, Grade, Submission
from lophoc.catalogue.models import Course, Unit
from lophoc.catalogue.structure import structure, unit_of
from lophoc.classes.access import Access, access, classes_seen
from lophoc.classes.models import Class, Enrolment
from lophoc.content.storage import media_store
from lophoc.operations.request_class import mark as mark_request
from lophoc.operations.request_class import request_class

PAGE = 50
_TYPES = {".pdf": "application/pdf", ".odt": "application/vnd.oasis.opendocument.text"}
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def essay(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What the essay is about, handing it in, and what came of it."""
    mark_request(request, "essay_upload" if request.method == "POST" else "essay_form")
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "essay")
    rules = rules_of(unit)
    form = EssayForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not takes(right, unit.due, rules):
            raise PermissionDenied
        if form.is_valid():
            _hand_in(request, unit, form, late=_is_late(right, unit.due))
            return redirect("essay", slug, number)
    context = {
        "course": found.course,
        "unit": unit,
        "form": form,
        "rules": rules,
        "criteria": criteria_of(unit),
        "submissions": Submission.objects.filter(unit=unit, learner=request.user.pk).order_by("-handed_in")[:10],
        "grades": Grade.objects.filter(unit=unit, learner=request.user.pk).order_by("-pk")[:10],
        "access": right,
        "open": takes(right, unit.due, rules),
        "late": _is_late(right, unit.due),
    }
    return render(request, "assessment/essay.html", context)


def rules_of(unit: Unit) -> EssayRules:
    """How an essay is taken; the usual way where nobody said otherwise."""
    return EssayRules.objects.filter(unit=unit).first() or EssayRules(unit=unit)


def criteria_of(unit: Unit) -> list[Criterion]:
    """The rubric: the unit's own, else its material's."""
    own = list(Criterion.objects.filter(unit=unit))
    return own or (list(Criterion.objects.filter(material=unit.material_id)) if unit.material_id else [])


def takes(right: Access, due: date | None, rules: EssayRules) -> bool:
    """Whether an essay is taken from this person now."""
    until = max(due, rules.late_until) if due and rules.late_until else due
    return right.ignores_dates or (right.may_submit and (until is None or timezone.localdate() <= until))


def _is_late(right: Access, due: date | None) -> bool:
    return not right.ignores_dates and due is not None and timezone.localdate() > due


def _hand_in(request: HttpRequest, unit: Unit, form: EssayForm, *, late: bool) -> None:
    file, name = form.cleaned_data["file"], ""
    if file:
        name = file.name[:150]
        # The stored name is ours: what a learner calls a file never becomes a path.
        file.name = f"{get_random_string(16)}{PurePath(file.name).suffix.lower()}"
    with transaction.atomic():
        Submission.objects.create(
            unit=unit,
            learner=signed_in(request),
            file=file or "",
            name=name,
            text=form.cleaned_data["text"].strip(),
            late=late,
        )
        done(signed_in(request).pk, unit)
    messages.success(request, _("Đã nộp bài luận."))


def classes_marked(right: Access, course: Course) -> list[Class]:
    """The classes whose learners this person marks: an instructor's own, all for an organiser."""
    return classes_seen(right, course) if right.organises else list(right.teaches)


def is_in(learner: int, classes: list[Class]) -> bool:
    """Whether somebody learns in one of these classes."""
    return Enrolment.objects.filter(learner=learner, klass__in=classes).exists()


@request_class("essay_file")
@require_safe
@login_required
def submission_file(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """What was handed in, for the one who did and for those who look after the class; never shown in the browser."""
    held = get_object_or_404(Submission.objects.select_related("unit__course"), pk=submission_id)
    right = access(request.user, held.unit.course)
    seen = right.may_see_class and is_in(held.learner_id, classes_seen(right, held.unit.course))
    if not held.file or not (held.learner_id == request.user.pk or seen):
        raise Http404
    file = str(held.file.name)
    ending = PurePath(file).suffix
    return media_store().answer(file, held.name, _TYPES.get(ending, _DOCX))


@request_class("marking")
@require_safe
@login_required
def marking(request: HttpRequest, slug: str) -> HttpResponse:
    """The essays of one class that wait for a mark, the oldest first."""
    course = structure(slug).course
    right = access(request.user, course)
    if not right.may_grade:
        raise PermissionDenied
    classes = classes_marked(right, course)
    chosen = next((each for each in classes if request.GET.get("lop") in {None, str(each.pk)}), None)
    if chosen is None and request.GET.get("lop"):
        raise Http404
    page = Paginator(_waiting(course, chosen), PAGE).get_page(request.GET.get("trang"))
    context = {"course": course, "classes": classes, "chosen": chosen, "page": page, "access": right}
    return render(request, "assessment/marking.html", context)


def _waiting(course: Course, chosen: Class | None) -> QuerySet[Submission]:
    """The latest of each learner's essays, unless they were marked since."""
    same = {"learner": OuterRef("learner"), "unit": OuterRef("unit")}
    newer = Submission.objects.filter(**same, pk__gt=OuterRef("pk"))
    marked = Grade.objects.filter(**same, when__gte=OuterRef("handed_in"))
    waiting = Submission.objects.filter(unit__course=course, learner__enrolments__klass=chosen)
    waiting = waiting.exclude(Exists(newer)).exclude(Exists(marked))
    return waiting.select_related("learner", "unit").defer("text", "unit__html").order_by("handed_in")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mark_essay(request: HttpRequest, slug: str, submission_id: int) -> HttpResponse:
    """One essay with its rubric; each marking adds a grade, one after the first needs a reason."""
    mark_request(request, "mark_essay" if request.method == "POST" else "marking")
    course = structure(slug).course
    right = access(request.user, course)
    held = get_object_or_404(
        Submission.objects.select_related("unit", "learner"), pk=submission_id, unit__course=course
    )
    if not right.may_grade or not is_in(held.learner_id, classes_marked(right, course)):
        raise Http404
    rules, rubric = rules_of(held.unit), criteria_of(held.unit)
    criteria = rubric or [Criterion(number=1, title=_("Bài luận"), points=rules.points)]
    history = Grade.objects.filter(learner=held.learner_id, unit=held.unit).select_related("by").order_by("-pk")
    form = MarkForm(request.POST or None, criteria=criteria, regrade=bool(history))
    if request.method == "POST" and form.is_valid():
        _mark(request, held, form, rules)
        return redirect("marking", slug)
    context = {"course": course, "submission": held, "form": form, "rules": rules, "history": history}
    others = Submission.objects.filter(learner=held.learner_id, unit=held.unit).order_by("-pk")
    return render(request, "assessment/mark.html", {**context, "versions": others, "access": right})


@transaction.atomic
def _mark(request: HttpRequest, held: Submission, form: MarkForm, rules: EssayRules) -> None:
    of = sum(each.points for each in form.criteria)
    penalty = rules.late_penalty if held.late else 0
    points = round(sum(row["points"] for row in form.detail) * (100 - penalty) / 100, 2)
    detail: list[dict[str, Any]] = form.detail
    if penalty:
        detail.append({"title": _("Nộp muộn: trừ %d %%") % penalty, "penalty": penalty})
    record(
        held.learner_id,
        held.unit,
        points,
        of,
        Grade.Source.ESSAY,
        submission=held,
        detail=detail,
        comment=form.cleaned_data["comment"],
        reason=form.cleaned_data.get("reason", ""),
        by_id=request.user.pk,
    )
    messages.success(request, _("Đã lưu điểm."))


@request_class("grade_history")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def grade_history(request: HttpRequest, slug: str, learner_id: int, number: int) -> HttpResponse:
    """All grades of a learner in a unit, the latest first; whoever marks the class adds one with its reason."""
    found = structure(slug)
    right = access(request.user, found.course)
    if learner_id != request.user.pk and not is_in(learner_id, classes_seen(right, found.course)):
        raise Http404
    unit = get_object_or_404(Unit.objects.defer("html"), course=found.course, number=number)
    marks = right.may_grade and is_in(learner_id, classes_marked(right, found.course))
    form = GradeForm(request.POST or None)
    if request.method == "POST":
        if not marks:
            raise PermissionDenied
        if form.is_valid():
            record(learner_id, unit, source=Grade.Source.MANUAL, by_id=request.user.pk, **form.cleaned_data)
            return redirect("grade_history", slug, learner_id, number)
    context = {
        "course": found.course,
        "unit": unit,
        "learner": get_object_or_404(User, pk=learner_id),
        "history": Grade.objects.filter(learner=learner_id, unit=unit).select_related("by").order_by("-pk"),
        "form": form if marks else None,
        "access": right,
    }
    return render(request, "assessment/history.html", context)
