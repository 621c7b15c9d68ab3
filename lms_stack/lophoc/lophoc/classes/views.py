"""The grade book, how each learner gets on, one's own results, and what instructors did."""

from typing import Any

import tablib
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lophoc.accounts.models import User
from lophoc.assessment.attempts import close_expired
from lophoc.assessment.models import Attempt, Grade, Submission
from lophoc.assessment.progress import Row, graded_parts, grades
from lophoc.assessment.tables import as_file
from lophoc.catalogue.models import Course, Progress
from lophoc.catalogue.structure import Structure, structure
from lophoc.classes.access import Access, access, classes_seen, organised
from lophoc.classes.activity import acts, staff_of, totals
from lophoc.classes.completion import completion
from lophoc.classes.forms import CompletionRuleForm
from lophoc.classes.models import Class, CompletionRule, Enrolment
from lophoc.operations.request_class import mark, request_class

PAGE = 50


def _seen(request: HttpRequest, slug: str) -> tuple[Structure, Access, list[Class]]:
    """A course and the classes of it that this person may look at."""
    found = structure(slug)
    right = access(request.user, found.course)
    if not right.may_see_class:
        raise PermissionDenied
    return found, right, classes_seen(right, found.course)


def _chosen(classes: list[Class], wanted: str | None) -> Class | None:
    """The class that was asked for, among those that this person may see; none where a course has none yet."""
    for each in classes:
        if not wanted or str(each.pk) == wanted:
            return each
    if wanted:
        raise Http404
    return None


def _enrolled(chosen: Class | None, words: str) -> QuerySet[Enrolment]:
    """The learners of a class, or those whose name, account or school has some words."""
    held = Enrolment.objects.filter(klass=chosen).select_related("learner").order_by("learner__username")
    names = ("learner__full_name", "learner__username", "learner__school")
    return held.filter(Q(*((f"{name}__icontains", words) for name in names), _connector=Q.OR)) if words else held


def _completed(held: QuerySet[Enrolment], course: Course, wanted: str | None) -> QuerySet[Enrolment] | list[Enrolment]:
    """Those who have completed the course, or haven't, where one of the two was asked for."""
    if wanted not in {"roi", "chua"}:
        return held
    states = completion(course, [each.learner_id for each in held])
    return [each for each in held if states[each.learner_id].complete is (wanted == "roi")]


@request_class("gradebook")
@require_safe
@login_required
def gradebook(request: HttpRequest, slug: str) -> HttpResponse:
    """The results of one class, fifty learners a page; the number of queries doesn't depend on its size."""
    found, right, classes = _seen(request, slug)
    chosen = _chosen(classes, request.GET.get("lop"))
    held = _enrolled(chosen, request.GET.get("q", "").strip()[:100])
    enrolled = _completed(held, found.course, request.GET.get("hoan-thanh"))
    if request.GET.get("dang") in {"xlsx", "csv"}:
        mark(request, "gradebook_export")
        rows = grades([each.learner for each in enrolled], found)
        return _exported(rows, found, chosen, request.GET["dang"])
    page = Paginator(enrolled, PAGE).get_page(request.GET.get("trang"))
    context = {"course": found.course, "classes": classes, "chosen": chosen, "page": page, "access": right}
    context |= {
        "rows": grades([each.learner for each in page], found),
        "graded": graded_parts(found),
        "wanted": request.GET.get("hoan-thanh"),
        # Put together once, not for each of fifty learners.
        "learner_pages": reverse("learner_progress", args=(slug, 0)).removesuffix("0/"),
    }
    return render(request, "classes/gradebook.html", context)


def _exported(rows: list[Row], found: Structure, chosen: Class | None, form: str) -> HttpResponse:
    """One class as a table: a class is what bounds it."""
    about = (_("Tài khoản"), _("Họ và tên"), _("Trường"), _("Đơn vị"), _("Lớp"))
    graded = graded_parts(found)
    ends = (_("Học phần đã xong"), _("Điểm tổng kết"), _("Hoàn thành"), _("Còn thiếu"))
    table = tablib.Dataset(headers=[*about, *(part.title for part in graded), *ends])
    for row in rows:
        who, state = row.learner, row.completion
        done = (row.done, state.grade, _("có") if state.complete else _("chưa"), "; ".join(state.missing))
        table.append([who.username, who.full_name, who.school, who.unit, str(chosen), *row.results, *done])
    return as_file(table, f"so-diem-{found.course.slug}", form)


@request_class("learner_progress")
@require_safe
@login_required
def learner_progress(request: HttpRequest, slug: str, learner_id: int) -> HttpResponse:
    """How one learner of a class that this person looks after gets on."""
    found, right, classes = _seen(request, slug)
    enrolment = Enrolment.objects.filter(learner=learner_id, klass__in=classes).select_related("learner", "klass")
    held = enrolment.first()
    if held is None:
        raise Http404
    context = {**_results(held.learner, found), "klass": held.klass, "course": found.course, "access": right}
    return render(request, "classes/results.html", context)


@request_class("my_results")
@require_safe
@login_required
def my_results(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own results, the comments on them, and what is missing for completion."""
    found = structure(slug)
    right = access(request.user, found.course)
    if right.learns_in is None:
        raise PermissionDenied
    close_expired(learner=request.user.pk, quiz__unit__course=found.course)
    learner = get_object_or_404(User, pk=request.user.pk)
    context = {**_results(learner, found), "klass": right.learns_in, "course": found.course, "access": right}
    return render(request, "classes/results.html", {**context, "own": True})


def _results(learner: User, found: Structure) -> dict[str, Any]:
    """All that there is to say of a learner, by six queries and those of completion."""
    of = {"learner": learner, "unit__course": found.course}
    done = dict(Progress.objects.filter(**of).values_list("unit_id", "done_at"))
    history: dict[int, list[Grade]] = {}
    for grade in Grade.objects.filter(**of).select_related("by").order_by("-pk"):
        history.setdefault(grade.unit_id, []).append(grade)
    attempts: dict[int, int] = {}
    for quiz in Attempt.objects.filter(learner=learner, quiz__unit__course=found.course).values_list("quiz", flat=True):
        attempts[quiz] = attempts.get(quiz, 0) + 1
    essays: dict[int, list[Submission]] = {}
    for submission in Submission.objects.filter(**of).order_by("-pk"):
        essays.setdefault(submission.unit_id, []).append(submission)
    rows = [
        {
            "part": part,
            "done": done.get(part.id),
            "history": history.get(part.id, []),
            "attempts": attempts.get(part.id, 0),
            "submissions": essays.get(part.id, []),
        }
        for part in found.parts
    ]
    return {"learner": learner, "rows": rows, "state": completion(found.course, [learner.pk])[learner.pk]}


@request_class("staff_page")
@require_safe
@login_required
def instructor_activity(request: HttpRequest, slug: str) -> HttpResponse:
    """What each instructor and adviser of a course did and when (Article 5.1.c)."""
    course, right = organised(request, slug)
    people = staff_of(course)
    chosen = [each for each in people if str(each.pk) == request.GET.get("nguoi")]
    page = Paginator(acts(course, chosen or people), PAGE).get_page(request.GET.get("trang"))
    context = {
        "course": course,
        "totals": totals(course, people),
        "page": page,
        "chosen": chosen[0] if chosen else None,
    }
    return render(request, "classes/activity.html", {**context, "access": right})


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def completion_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """When a learner has completed the course."""
    course, right = organised(request, slug)
    rule = CompletionRule.objects.filter(course=course).first() or CompletionRule(course=course)
    form = CompletionRuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Đã lưu điều kiện hoàn thành."))
        return redirect("gradebook", slug)
    return render(request, "classes/completion.html", {"course": course, "form": form, "access": right})
