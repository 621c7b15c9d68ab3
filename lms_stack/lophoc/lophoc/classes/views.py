"""The grade book."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lophoc.assessment.progress import grades
from lophoc.catalogue.structure import structure
from lophoc.classes.access import access, classes_seen
from lophoc.classes.models import Class, Enrolment
from lophoc.operations.request_class import request_class

PAGE = 50


@request_class("gradebook")
@require_safe
@login_required
def gradebook(request: HttpRequest, slug: str) -> HttpResponse:
    """The results of one class, fifty learners a page; the number of queries doesn't depend on its size."""
    found = structure(slug)
    right = access(request.user, found.course)
    if not right.may_see_class:
        raise PermissionDenied
    classes = classes_seen(right, found.course)
    chosen = _chosen(classes, request.GET.get("lop"))
    learners = Enrolment.objects.filter(klass=chosen).select_related("learner").order_by("learner__username")
    page = Paginator(learners, PAGE).get_page(request.GET.get("trang"))
    rows = grades([enrolment.learner for enrolment in page], found)
    context = {"course": found.course, "classes": classes, "chosen": chosen, "page": page, "rows": rows}
    graded = [part for part in found.parts if part.kind != "lesson"]
    return render(request, "gradebook.html", {**context, "graded": graded, "access": right})


def _chosen(classes: list[Class], wanted: str | None) -> Class:
    """The class that was asked for, among those that this person may see."""
    for each in classes:
        if wanted is None or str(each.pk) == wanted:
            return each
    raise Http404
