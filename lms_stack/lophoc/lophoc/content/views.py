"""The content repository's own pages: a material as it will be seen, and its appraisal. Authoring is Wagtail's."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import workflow_approved, workflow_rejected, workflow_submitted

from lophoc.accounts.rights import Right, real_rights, requires, site_rights
from lophoc.accounts.signed_in import signed_in
from lophoc.content.forms import CRITERIA, AppraisalForm, WithdrawalForm
from lophoc.content.models import Appraisal, AppraisalTask, Material
from lophoc.content.withdrawal import shown_in, withdraw
from lophoc.operations.request_class import mark, request_class
from lophoc.packages.frame import framing, looked_at
from lophoc.packages.models import Film

#: Where Wagtail makes and changes materials; `.../add/` and `.../edit/7/` begin so.
_EDITOR = ("/kho-hoc-lieu/soan/snippets/content/material/add/", "/kho-hoc-lieu/soan/snippets/content/material/edit/")
#: The organiser holds the appraisal (Article 7.1); who appraises may find that it was wrong.
_WITHDRAWS = frozenset({Right.APPRAISE, Right.ORGANISE})
_REPOSITORY = frozenset({Right.BUILD, Right.APPRAISE, Right.ORGANISE})

# Wagtail's own letters would come beside ours (letters.py), to superusers too. Its admin connects them when all apps
# are ready, and that is before addresses are read.
_LETTERS = {workflow_submitted: "submitted", workflow_approved: "approved", workflow_rejected: "rejected"}
for _signal, _name in _LETTERS.items():
    _signal.disconnect(sender=WorkflowState, dispatch_uid=f"workflow_state_{_name}_email_notification")


def editor(view: Callable[..., Any]) -> Callable[..., Any]:
    """Give a page of Wagtail's admin the wider policy that its scripts need, and let its preview frame it."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        mark(request, _class_of(request))
        response = view(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = settings.EDITOR_SECURITY_POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    return shown


def _class_of(request: HttpRequest) -> str:
    """Making and changing a material are told apart from the editor's other pages, for uploads are heavy."""
    if not request.path.startswith(_EDITOR):
        return "staff_page"
    return "content_upload" if request.method == "POST" else "content_form"


@request_class("staff_page")
@require_safe
@login_required
def materials(request: HttpRequest) -> HttpResponse:
    """The way in: to what waits for an appraiser, or to the list of materials."""
    rights = site_rights(request.user)
    if not rights & _REPOSITORY:
        raise PermissionDenied
    only_appraises = not rights & {Right.BUILD, Right.ORGANISE}
    return redirect("appraisals" if only_appraises else "wagtailsnippets_content_material:list")


@request_class("staff_page")
@require_safe
@login_required
def material_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The latest version of a material as a learner will see it, with what was said of each version."""
    if not site_rights(request.user) & _REPOSITORY:
        raise PermissionDenied
    found = get_object_or_404(Material, pk=pk)
    shown = found.get_latest_revision_as_object()
    may_withdraw = bool(site_rights(request.user) & _WITHDRAWS) and found.is_approved
    return _shown(request, "content/material.html", shown, may_withdraw=may_withdraw)


def _shown(request: HttpRequest, template: str, material: Material, **more: Any) -> HttpResponse:
    """A version with what was said of the material, its package to be played, and why its video could not be cut."""
    played = looked_at(request.user, material.package.name or "", request.GET.get("phan", ""))
    said = material.appraisals.select_related("appraiser")
    fault = Film.objects.filter(upload=material.video.name or "").values_list("fault", flat=True).first()
    context = {"material": material, "said": said, "criteria": CRITERIA, "looked_at": True, "fault": fault}
    return framing(request, template, {**context, **played, **more})


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def material_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was approved, and say why: for appraisers, and for organisers, whose appraisal it is."""
    user = signed_in(request)
    if not real_rights(user) & _WITHDRAWS:
        raise PermissionDenied
    found = get_object_or_404(Material, pk=pk)
    form = WithdrawalForm(request.POST or None)
    if found.is_approved and not form.is_valid():
        context = {"material": found, "form": form, "courses": shown_in(found)}
        return render(request, "content/withdraw.html", context)
    if found.is_approved and withdraw(pk, user, form.cleaned_data["because"]):
        messages.success(request, _("Đã rút học liệu."))
    else:
        messages.error(request, _("Học liệu này không có phiên bản nào đang được dùng."))
    return redirect("material", pk)


def waiting(user: Any) -> QuerySet[TaskState]:
    """What waits for an appraiser."""
    states: QuerySet[TaskState] = TaskState.objects.filter(
        status=TaskState.STATUS_IN_PROGRESS, task__in=AppraisalTask.objects.all()
    ).select_related("task", "workflow_state__requested_by", "revision")
    mine = [each.pk for each in states if _may(each, user) and not _is_load_tests(each)]
    return states.filter(pk__in=mine).order_by("started_at")


def _is_load_tests(state: TaskState) -> bool:
    by = state.workflow_state.requested_by
    return by is not None and bool(by.is_load_test)


def _may(state: TaskState, user: Any) -> bool:
    return bool(state.task.specific.may_appraise(state.workflow_state.content_object, user))


@request_class("staff_page")
@require_safe
@requires(Right.APPRAISE)
def appraisals(request: HttpRequest) -> HttpResponse:
    """What waits for this appraiser, and what this appraiser has said."""
    said = Appraisal.objects.filter(appraiser=request.user.pk).select_related("material")[:50]
    return render(request, "content/appraisals.html", {"waiting": waiting(request.user), "said": said})


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.APPRAISE)
def appraise(request: HttpRequest, pk: int) -> HttpResponse:
    """One waiting version: read it, fill in the checklist, approve it or return it."""
    state = waiting(request.user).filter(pk=pk).first()
    if state is None:
        raise Http404
    form = AppraisalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        state.task.specific.on_action(state.specific, request.user, given.pop("decision"), **given)
        messages.success(request, _("Đã ghi kết quả thẩm định."))
        return redirect("appraisals")
    return _shown(request, "content/appraise.html", state.revision.as_object(), form=form, state=state)
