"""The calendar of a course, its sessions, and taking attendance."""

import calendar as months
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from lophoc.accounts.models import User
from lophoc.accounts.rights import Right
from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import structure
from lophoc.classes.access import Access, access, courses_of
from lophoc.classes.audience import addressed, looks_after, meant_for
from lophoc.classes.models import Class, Enrolment
from lophoc.operations.request_class import mark, request_class
from lophoc.schedule import ical
from lophoc.schedule.attendance import attended, joined, take
from lophoc.schedule.events import events, forget
from lophoc.schedule.forms import SessionForm
from lophoc.schedule.models import Session

PAGE = 100
#: So many courses, the newest, are in a person's own calendar; an organiser may have hundreds.
FED = 30
#: No course is held outside these.
YEARS = range(2000, 2200)
_SIGNER = Signer(salt="calendar")


@request_class("calendar")
@require_safe
@login_required
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """A month of a course: a table of its days, and what happens on them."""
    course = structure(slug).course
    right = access(request.user, course)
    first = _month(request.GET.get("thang"))
    shown = [each for each in events(course, right) if (each.day.year, each.day.month) == (first.year, first.month)]
    own = attended([request.user.pk or 0], course).get(request.user.pk or 0, (0, 0)) if right.learns_in else (0, 0)
    context = {
        "course": course,
        "access": right,
        "month": first,
        "before": _shifted(first, -1),
        "after": _shifted(first, 1),
        "weeks": months.Calendar().monthdatescalendar(first.year, first.month),
        "days": {each.day for each in shown},
        "today": timezone.localdate(),
        "events": shown,
        "attended": own,
        "feed": reverse("calendar_feed", args=(_token(request.user),)),
        "changes": {each.pk for each in right.sees},
        "may_add": Right.ANNOUNCE in right.rights,
    }
    return render(request, "schedule/calendar.html", context)


def _month(wanted: str | None) -> date:
    """The first day of the month that was asked for, else of this one."""
    try:
        asked = date.fromisoformat(f"{wanted}-01")
    except ValueError:
        asked = date.min
    return asked if asked.year in YEARS else timezone.localdate().replace(day=1)


def _shifted(first: date, by: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + by, 12)
    return date(year, month + 1, 1)


def _token(user: Any) -> str:
    """A person's own calendar address; a changed password ends it."""
    return _SIGNER.sign(f"{user.pk}-{user.get_session_auth_hash()[:12]}")


@request_class("calendar_feed")
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of all of a person's courses, for the program on their phone, which can't sign in."""
    try:
        pk = int(_SIGNER.unsign(token).partition("-")[0])
    except (BadSignature, ValueError):
        raise Http404 from None
    user = get_object_or_404(User, pk=pk, is_active=True)
    if token != _token(user):
        raise Http404
    found = [(course.slug, event) for course in courses_of(user)[:FED] for event in _events_of(user, course)]
    host = settings.WAGTAILADMIN_BASE_URL.partition("://")[2].partition("/")[0]
    text = ical.calendar(_("Lịch học"), found, host, timezone.now())
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private"})


def _events_of(user: Any, course: Course) -> list[Any]:
    try:
        return events(course, access(user, course))
    except PermissionDenied:
        return []


@request_class("session_join")
@require_GET  # a link, not a form: the content security policy lets no form lead to another host
@login_required
def join(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Go to a live session; a learner's click is recorded as attendance while it lasts, by the server's clock."""
    course = structure(slug).course
    right = access(request.user, course)
    one = get_object_or_404(Session, meant_for(right), pk=number, course=course, kind=Session.Kind.LIVE)
    if one.is_cancelled or not one.join_link:
        raise Http404
    learns = right.learns_in is not None and one.klass_id in (None, right.learns_in.pk)
    if learns and one.can_be_entered:
        joined(one, request.user.pk or 0)
    elif learns and not looks_after(right, one.klass_id):
        return render(request, "schedule/closed.html", {"course": course, "access": right, "session": one})
    return redirect(one.join_link)


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def session(request: HttpRequest, slug: str, number: int = 0) -> HttpResponse:
    """Plan a session, or change one of an own class."""
    course = structure(slug).course
    right = access(request.user, course)
    if Right.ANNOUNCE not in right.rights:
        raise PermissionDenied
    one = _looked_after(right, course, number) if number else Session(course=course)
    classes = addressed(right, course)
    form = SessionForm(request.POST or None, instance=one, classes=classes, organises=right.organises)
    if form.is_valid():
        form.save()
        forget(course.pk)
        return redirect("calendar", slug)
    return render(request, "schedule/session.html", {"course": course, "access": right, "form": form, "session": one})


def _looked_after(right: Access, course: Course, number: int) -> Session:
    """A session that this person may change.

    :raises PermissionDenied: it is the whole course's, and they are no organiser.
    """
    one = get_object_or_404(Session, meant_for(right), pk=number, course=course)
    if not (right.organises or one.klass_id in {each.pk for each in right.sees}):
        raise PermissionDenied
    return one


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def attendance(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take attendance, or set right what clicks recorded: one class, a hundred learners a page."""
    mark(request, "attendance_save" if request.method == "POST" else "attendance")
    course = structure(slug).course
    right = access(request.user, course)
    if not right.may_see_class:
        raise PermissionDenied
    one = get_object_or_404(Session, meant_for(right), pk=number, course=course)
    classes = [each for each in addressed(right, course) if one.klass_id in (None, each.pk)]
    chosen = _chosen(classes, request.GET.get("lop"))
    enrolments = Enrolment.objects.filter(klass=chosen).select_related("learner").order_by("learner__username")
    if request.method == "POST":
        asked = enrolments.filter(learner__in=_numbers(request, "tren-trang")).values_list("learner_id", flat=True)
        take(one, asked, _numbers(request, "co-mat"), request.user.pk or 0)
        return redirect(request.get_full_path())
    page = Paginator(enrolments, PAGE).get_page(request.GET.get("trang"))
    held = {each.learner_id: each for each in one.attendance.filter(learner__in=[row.learner_id for row in page])}
    rows = [(row.learner, held.get(row.learner_id)) for row in page]
    context = {"course": course, "access": right, "session": one, "classes": classes, "chosen": chosen}
    return render(request, "schedule/attendance.html", {**context, "page": page, "rows": rows})


def _chosen(classes: list[Class], wanted: str | None) -> Class:
    for each in classes:
        if wanted is None or str(each.pk) == wanted:
            return each
    raise Http404


def _numbers(request: HttpRequest, name: str) -> set[int]:
    return {int(value) for value in request.POST.getlist(name)[: 2 * PAGE] if value.isdecimal()}
