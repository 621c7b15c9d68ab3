"""Technicians look after accounts and rosters are uploaded by organisers."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.accounts import mail
from lophoc.accounts.forms import ROLE_NAMES, PersonForm, RosterForm
from lophoc.accounts.lockout import locked_from, unlock
from lophoc.accounts.models import RosterImport, User
from lophoc.accounts.rights import Right, Role, requires
from lophoc.accounts.roster import LABELS
from lophoc.accounts.signed_in import signed_in
from lophoc.accounts.tasks import check_roster, import_roster
from lophoc.operations.request_class import request_class

PAGE = 50


@request_class("staff_page")
@require_safe
@requires(Right.ADMINISTER)
def people(request: HttpRequest) -> HttpResponse:
    """The accounts, fifty a page, those that match what was asked for."""
    asked = request.GET.get("tim", "").strip()
    page = Paginator(_found(asked), PAGE).get_page(request.GET.get("trang"))
    for person in page:
        names = [ROLE_NAMES[Role(group.name)] for group in person.groups.all() if group.name in ROLE_NAMES]
        person.role_names = names  # type: ignore[attr-defined]  # for the template alone
    return render(request, "accounts/people.html", {"page": page, "asked": asked})


def _found(asked: str) -> QuerySet[User]:
    users = User.objects.filter(is_load_test=False).order_by("username")
    users = users.prefetch_related(Prefetch("groups", Group.objects.order_by("name")))
    for word in asked.split():
        places = ("username", "full_name", "email", "school", "unit")
        users = users.filter(Q(*((f"{place}__icontains", word) for place in places), _connector=Q.OR))
    return users


@request_class("staff_page")
@require_http_methods(("GET", "HEAD", "POST"))
@requires(Right.ADMINISTER)
def person(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One account, or a new one."""
    user = get_object_or_404(User, pk=pk, is_load_test=False) if pk else None
    form = PersonForm(request.POST or None, instance=user, by=signed_in(request))
    if form.is_valid():
        saved = form.save()
        if user is None:
            mail.queue("first_password", [saved], request.build_absolute_uri("/"), "medium")
        messages.success(request, _("Đã lưu tài khoản."))
        return redirect("person", saved.pk)
    context = {"form": form, "person": user, "locked_from": locked_from(user.username) if user else []}
    return render(request, "accounts/person.html", {**context, "acts": _ACTS})


def _send_link(request: HttpRequest, user: User) -> str:
    if not user.email:
        return _("Tài khoản chưa có email, không gửi được.")
    mail.queue("first_password", [user], request.build_absolute_uri("/"), "medium")
    return _("Đã xếp thư đặt mật khẩu vào hàng đợi gửi.")


def _unlock(_request: HttpRequest, user: User) -> str:
    unlock(user)
    return _("Đã mở khoá đăng nhập.")


def drop_second_factor(user: User) -> bool:
    """Forget the codes and recovery codes of an account; False where it had none."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def _drop_second_factor(_request: HttpRequest, user: User) -> str:
    drop_second_factor(user)
    return _("Đã bỏ xác thực hai bước. Người có vai trò quản lý phải thiết lập lại khi đăng nhập.")


_ACTS: dict[str, Callable[[HttpRequest, User], str]] = {
    "gui-lien-ket": _send_link,
    "mo-khoa": _unlock,
    "bo-xac-thuc": _drop_second_factor,
}


@request_class("staff_page")
@require_POST
@requires(Right.ADMINISTER)
def person_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Send a password link, unlock, or take the second factor away; recorded."""
    user = get_object_or_404(User, pk=pk, is_load_test=False)
    if act not in _ACTS:
        raise Http404
    messages.success(request, _ACTS[act](request, user))
    LogEntry.objects.log_create(user, force_log=True, action=LogEntry.Action.UPDATE, additional_data={"act": act})
    return redirect("person", pk)


@request_class("staff_page")
@require_http_methods(("GET", "HEAD", "POST"))
@requires(Right.ORGANISE)
def roster(request: HttpRequest) -> HttpResponse:
    """Upload a roster; its check begins at once, in the background. Earlier ones are listed."""
    form = RosterForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        form.instance.uploaded_by_id = request.user.pk
        form.instance.name, form.instance.content = file.name, file.read()
        found = form.save()
        check_roster.enqueue(found.pk)
        return redirect("roster_import", found.pk)
    imports = RosterImport.objects.defer("content", "errors").select_related("course", "uploaded_by")[:PAGE]
    return render(request, "accounts/roster.html", {"form": form, "imports": imports})


@request_class("staff_page")
@require_safe
@requires(Right.ORGANISE)
def roster_import(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the check or the import of a roster is, and what came of it."""
    found = get_object_or_404(RosterImport.objects.defer("content").select_related("course"), pk=pk)
    faults = [(line, _(LABELS[column]) if column else "", text) for line, column, text in found.errors]
    return render(request, "accounts/roster_import.html", {"found": found, "faults": faults})


@request_class("staff_page")
@require_POST
@requires(Right.ORGANISE)
def roster_store(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the import of a roster without faults, in the background."""
    found: Any = get_object_or_404(RosterImport.objects.defer("content", "errors"), pk=pk)
    if found.may_import:
        found.state, found.done = RosterImport.State.IMPORTING, 0
        found.save(update_fields=("state", "done"))
        import_roster.enqueue(pk, request.build_absolute_uri("/"))
    return redirect("roster_import", pk)
