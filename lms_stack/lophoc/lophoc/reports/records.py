"""What is kept about one learner, for organisers and for the person; and the log of administrative acts."""

from typing import Any

from auditlog.models import LogEntry
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lophoc.accounts.models import User
from lophoc.accounts.rights import Right, real_rights, requires
from lophoc.operations.request_class import request_class
from lophoc.reports.acts import ACTIONS, changes_of
from lophoc.reports.downloads import handed_out
from lophoc.reports.export import TYPES, download
from lophoc.reports.forms import LogFilter
from lophoc.reports.personal import archive

PAGE = 50
#: A file of the log has so many lines at most: the newest of what was asked for.
LOG_LINES = 20_000


@request_class("staff_page")
@require_safe
@requires(Right.ORGANISE)
def learners(request: HttpRequest) -> HttpResponse:
    """Find a learner, by name, user name or address."""
    asked = request.GET.get("tim", "").strip()
    people = User.objects.none()
    if asked:
        named = Q(full_name__icontains=asked) | Q(username__icontains=asked) | Q(email__icontains=asked)
        people = _learners().filter(named).order_by("full_name", "username")[:PAGE]
    return render(request, "reports/learners.html", {"asked": asked, "people": people})


def _learners() -> Any:
    return User.objects.filter(is_load_test=False, enrolments__isnull=False).distinct()


@request_class("data_export")
@require_POST
@requires(Right.ORGANISE)
def learner_data(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Everything about one learner; that somebody took it is recorded."""
    person = get_object_or_404(_learners(), pk=pk)
    LogEntry.objects.log_create(person, force_log=True, action=LogEntry.Action.ACCESS, actor=request.user)
    return _file(person)


@request_class("data_export")
@require_safe
@login_required
def my_data(request: HttpRequest) -> HttpResponse:
    """What is kept about a person, and the way to have it all."""
    return render(request, "reports/my_data.html")


@request_class("data_export")
@require_POST
@login_required
def my_data_file(request: HttpRequest) -> HttpResponseBase:
    """Everything about the person who asks."""
    return _file(request.user)  # type: ignore[arg-type]  # signed in: a User


def _file(person: User) -> HttpResponseBase:
    name = f"du-lieu-{person.username}-{timezone.localdate()}.zip"
    return handed_out(archive(person), name, "application/zip")


@request_class("staff_page")
@require_safe
@login_required
def audit_log(request: HttpRequest) -> HttpResponse:
    """What was done by whom, newest first, narrowed by what is asked for; as a page or a file."""
    if not {Right.ADMINISTER, Right.ORGANISE} & real_rights(request.user):
        raise PermissionDenied
    entries = LogEntry.objects.select_related("actor", "content_type").order_by("-timestamp", "-pk")
    narrowed = LogFilter(request.GET, entries.exclude(actor__is_load_test=True), request=request)
    if (kind := request.GET.get("tep", "")) in TYPES:
        headings = (_("Lúc"), _("Người làm"), _("Địa chỉ"), _("Việc"), _("Loại"), _("Đối tượng"), _("Thay đổi"))
        return download("nhat-ky", kind, headings, [_line(each) for each in narrowed.qs[:LOG_LINES]])
    page = Paginator(narrowed.qs, PAGE).get_page(request.GET.get("trang"))
    asked = request.GET.copy()
    asked.pop("trang", None)
    context = {"page": page, "rows": [_line(each) for each in page], "filter": narrowed, "query": asked.urlencode()}
    return render(request, "reports/audit_log.html", context)


def _line(entry: LogEntry) -> list[Any]:
    at = timezone.localtime(entry.timestamp).strftime("%d/%m/%Y %H:%M:%S")
    who = str(entry.actor) if entry.actor else _("hệ thống")
    act, kind = ACTIONS[entry.action], entry.content_type.name
    return [at, who, entry.remote_addr or "", act, kind, entry.object_repr, "; ".join(changes_of(entry))]
