"""The question bank: written by builders, approved by appraisers, moved in and out as tables."""

from typing import Any

import tablib
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.accounts.rights import Right, real_rights, requires
from lophoc.assessment.forms import QuestionForm, QuestionTable
from lophoc.assessment.models import Question
from lophoc.assessment.tables import as_file, read
from lophoc.operations.request_class import request_class

PAGE = 50
COLUMNS = ("subject", "label", "number", "kind", "text", "choices", "answer", "points", "feedback")


def _chosen(request: HttpRequest) -> QuerySet[Question]:
    """The bank's and the materials' questions, by what was asked for."""
    wanted = {"subject": "linh-vuc", "label": "nhan", "kind": "loai", "material": "hoc-lieu"}
    filters: dict[str, Any] = {name: request.GET[key] for name, key in wanted.items() if request.GET.get(key)}
    if not str(filters.get("material", "0")).isdecimal():
        filters.pop("material")
    if request.GET.get("q"):
        filters["text__icontains"] = request.GET["q"]
    if request.GET.get("trang-thai") in {"nhap", "duyet"}:
        filters["approved_at__isnull"] = request.GET["trang-thai"] == "nhap"
    return Question.objects.filter(quiz=None, **filters).order_by("subject", "label", "number", "pk")


@request_class("staff_page")
@require_safe
@login_required
def question_bank(request: HttpRequest) -> HttpResponse:
    """The questions, by subject and label."""
    rights = real_rights(request.user)
    if not rights & {Right.BUILD, Right.APPRAISE}:
        raise PermissionDenied
    chosen = _chosen(request).select_related("material", "approved_by")
    if request.GET.get("dang") in {"xlsx", "csv"}:
        return _exported(chosen, request.GET["dang"])
    bank = Question.objects.filter(quiz=None)
    context = {
        "page": Paginator(chosen, PAGE).get_page(request.GET.get("trang")),
        "subjects": bank.exclude(subject="").values_list("subject", flat=True).distinct().order_by("subject"),
        "labels": bank.exclude(label="").values_list("label", flat=True).distinct().order_by("label"),
        "subject": request.GET.get("linh-vuc", ""),
        "kinds": Question.Kind.choices,
        "builds": Right.BUILD in rights,
        "appraises": Right.APPRAISE in rights,
    }
    return render(request, "assessment/bank.html", context)


def _exported(questions: QuerySet[Question], form: str) -> HttpResponse:
    rows = tablib.Dataset(headers=COLUMNS)
    for each in questions:
        held = {"choices": "\n".join(each.choices), "answer": each.written_key}
        rows.append([held.get(name, getattr(each, name)) for name in COLUMNS])
    return as_file(rows, "cau-hoi", form)


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BUILD)
def question_edit(request: HttpRequest, question_id: int | None = None) -> HttpResponse:
    """Write a question; of one that is in use, correct the key and the explanation."""
    held = get_object_or_404(Question, pk=question_id) if question_id else Question(written_by_id=request.user.pk)
    form = QuestionForm(request.POST or None, request.FILES or None, instance=held)
    if request.method == "POST" and "xoa" in request.POST and held.pk and held.is_draft:
        held.delete()
        return redirect("question_bank")
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Đã lưu câu hỏi."))
        return redirect("question_bank")
    return render(request, "assessment/question.html", {"form": form, "question": held})


@request_class("staff_page")
@require_POST
@requires(Right.APPRAISE)
def question_approve(request: HttpRequest) -> HttpResponse:
    """Approve chosen questions; nobody approves their own."""
    ids = [int(each) for each in request.POST.getlist("cau") if each.isdecimal()]
    chosen = Question.objects.filter(pk__in=ids, quiz=None, approved_at=None).exclude(written_by=request.user.pk)
    with transaction.atomic():
        for each in chosen:
            each.approved_by_id, each.approved_at = request.user.pk, timezone.now()
            each.save(update_fields=("approved_by", "approved_at"))
    messages.success(request, _("Đã duyệt %d câu hỏi.") % len(chosen))
    return redirect("question_bank")


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BUILD)
def question_import(request: HttpRequest) -> HttpResponse:
    """Take a table of questions: all of it, or, with every fault named by its row, nothing."""
    form = QuestionTable(request.POST or None, request.FILES or None)
    faults: list[tuple[int, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            rows = read(form.cleaned_data["file"], COLUMNS)
        except ValueError as fault:
            form.add_error("file", str(fault))
        else:
            forms = [QuestionForm(row, instance=Question(written_by_id=request.user.pk)) for row in rows]
            faults = [(at, _faults(each)) for at, each in enumerate(forms, 2) if not each.is_valid()]
            if not faults:
                _import(forms)
                messages.success(request, _("Đã nhập %d câu hỏi.") % len(forms))
                return redirect("question_bank")
    context = {"form": form, "faults": faults, "columns": COLUMNS, "kinds": Question.Kind.choices}
    return render(request, "assessment/question_import.html", context)


def _faults(form: QuestionForm) -> str:
    return "; ".join(f"{name}: {' '.join(map(str, told))}" for name, told in form.errors.items())


@transaction.atomic
def _import(forms: list[QuestionForm]) -> None:
    for form in forms:
        form.save()
