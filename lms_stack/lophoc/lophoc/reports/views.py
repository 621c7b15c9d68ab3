"""Reports of one course and of the whole site, and the report to the Ministry."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.accounts.rights import Right, requires
from lophoc.classes.access import organised
from lophoc.operations.request_class import request_class
from lophoc.reports.export import TYPES, download
from lophoc.reports.figures import (
    GROUPINGS,
    REPORTS,
    Figures,
    grouped,
    lines_of,
    stored,
    stored_groups,
    summarise_all,
    table,
    total_of,
)
from lophoc.reports.forms import MinistryForm
from lophoc.reports.models import CourseSummary
from lophoc.surveys.models import Question, Survey

BY_COURSE = "khoa-hoc"


def _choice(request: HttpRequest, name: str, among: Any) -> str:
    """What was asked for, if there is such a thing; else the first."""
    asked = request.GET.get(name, "")
    return asked if asked in among else next(iter(among))


@request_class("course_reports")
@require_safe
@login_required
def course_reports(request: HttpRequest, slug: str) -> HttpResponse:
    """One report of a course by unit, school or class, counted now, as a page or a file."""
    course, right = organised(request, slug, played=True)
    report, by = _choice(request, "loai", REPORTS), _choice(request, "theo", GROUPINGS)
    lines = lines_of(course, load_test=right.in_load_test)
    headings, rows = table(grouped(lines, by), report, GROUPINGS[by], total_of(lines))
    if (kind := request.GET.get("tep", "")) in TYPES:
        return download(f"{slug}-{report}-{by}", kind, headings, rows)
    shown = {"course": course, "access": right, "headings": headings, "rows": rows}
    return render(request, "reports/course.html", {**shown, **_tabs(report, by, GROUPINGS)})


def _tabs(report: str, by: str, groupings: Any) -> dict[str, Any]:
    reports = [(name, title) for name, (title, _columns) in REPORTS.items()]
    return {"report": report, "by": by, "reports": reports, "groupings": list(groupings.items())}


@request_class("staff_page")
@require_safe
@requires(Right.ORGANISE)
def reports(request: HttpRequest) -> HttpResponse:
    """One report of all courses of a year by course, unit or school, by their kept figures, as a page or a file."""
    years = list(CourseSummary.objects.order_by("-closes__year").values_list("closes__year", flat=True).distinct())
    year = _choice(request, "nam", ["", *map(str, years)])
    summaries = CourseSummary.objects.filter(**({"closes__year": year} if year else {}))
    groupings = {BY_COURSE: _("Khoá học"), **{name: GROUPINGS[name] for name in ("don-vi", "truong")}}
    report, by = _choice(request, "loai", REPORTS), _choice(request, "theo", groupings)
    found = list(summaries)
    total = sum(map(stored, found), Figures())
    groups = _by_course(found) if by == BY_COURSE else stored_groups(found, by)
    headings, rows = table(groups, report, groupings[by], total)
    if (kind := request.GET.get("tep", "")) in TYPES:
        return download(f"bao-cao-{year or 'tat-ca'}-{report}-{by}", kind, headings, rows)
    shown = {"headings": headings, "rows": rows, "years": years, "year": year}
    counted = min((each.counted_at for each in found), default=None)
    return render(request, "reports/site.html", {**shown, "counted_at": counted, **_tabs(report, by, groupings)})


def _by_course(summaries: list[CourseSummary]) -> dict[str, Figures]:
    return {f"{each.title} ({each.slug})": stored(each) for each in summaries}


@request_class("staff_page")
@require_POST
@requires(Right.ORGANISE)
def reports_refresh(request: HttpRequest) -> HttpResponse:
    """Count anew; the worker does it."""
    summarise_all.enqueue()
    messages.success(request, _("Số liệu đang được tính lại; hãy tải lại trang để xem."))
    return redirect("reports")


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.ORGANISE)
def report_to_ministry(request: HttpRequest) -> HttpResponse:
    """The report of Article 12.2 on a period, to print; what is filled in is not kept."""
    today = timezone.localdate()
    names = list(CourseSummary.objects.order_by("organiser").values_list("organiser", flat=True).distinct())
    form = MinistryForm(names, request.POST or None, initial={"begins": date(today.year, 1, 1), "ends": today})
    if request.method != "POST" or not form.is_valid():
        return render(request, "reports/ministry_form.html", {"form": form}, status=400 if form.errors else 200)
    given = form.cleaned_data
    held = CourseSummary.objects.filter(organiser=given["organiser"], closes__range=(given["begins"], given["ends"]))
    found = list(held.order_by("closes"))
    total = sum(map(stored, found), Figures())
    context = {
        "given": given,
        "today": today,
        "courses": [(each, stored(each)) for each in found],
        "units": stored_groups(found, "don-vi"),
        "total": total,
        "blended": sum(each.form == "blended" for each in found),
        "instructors": sum(each.instructors for each in found),
        "sections": Question.Section.labels,
        "satisfaction": [line for each in found for line in _satisfied(each)],
    }
    return render(request, "reports/ministry.html", context)


def _satisfied(summary: CourseSummary) -> list[tuple[str, Any, list[Any]]]:
    means = summary.figures.get("satisfaction", {})
    shown = [(audience, means.get(audience, {})) for audience in Survey.Audience]
    return [
        (summary.title, audience.label, [of.get(section) for section in Question.Section])
        for audience, of in shown
        if of
    ]
