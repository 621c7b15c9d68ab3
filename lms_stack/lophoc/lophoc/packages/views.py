"""Playing packages and lectures: pages, and what they report."""

import json

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from lophoc.accounts.signed_in import signed_in
from lophoc.catalogue.structure import structure, unit_of
from lophoc.classes.access import access
from lophoc.operations.request_class import request_class
from lophoc.packages.frame import framed, framing, part_of
from lophoc.packages.models import Place
from lophoc.packages.reported import understood
from lophoc.packages.results import keep, of_learner, package_of

#: The largest report: 64 KiB of a package's own data as UTF-8, escaped.
REPORT_BYTES = 400_000
#: A place is taken this often, in seconds; what comes in between is dropped, for the next one says more.
PLACE_EVERY = 3
#: No lecture lasts a day.
LONGEST = 24 * 3600


@request_class("lecture_place")
@require_POST
@login_required
def lecture_place(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Where a learner has left a lecture."""
    found = structure(slug)
    if access(request.user, found.course).learns_in is None:
        raise PermissionDenied
    unit = unit_of(found.course, number, "lesson")
    told = request.POST.get("place", "")
    place = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else LONGEST
    if place >= LONGEST:
        return HttpResponse(status=400)
    if cache.add(f"place:{request.user.pk}:{unit.pk}", 1, PLACE_EVERY):
        row = Place(learner=signed_in(request), unit=unit, seconds=place)
        Place.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=("learner", "unit"), update_fields=("seconds",)
        )
    return HttpResponse(status=204)


@request_class("package_page")
@require_safe
@login_required
def package_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A package, at its first part."""
    return _play(request, slug, number, 0)


@request_class("package_page")
@require_safe
@login_required
def package_part(request: HttpRequest, slug: str, number: int, part: int) -> HttpResponse:
    """Another part of a package."""
    return _play(request, slug, number, part)


def _play(request: HttpRequest, slug: str, number: int, part: int) -> HttpResponse:
    """The page around a package. It records only for those who may hand in now; others look at it."""
    found = structure(slug)
    right = access(request.user, found.course)
    unit = unit_of(found.course, number, "package")
    if unit.is_withdrawn:
        return framing(request, "packages/package.html", {"course": found.course, "access": right, "unit": unit})
    package = package_of(unit)
    records = of_learner(request.user.pk, unit)
    record = records.get(part)
    parts = [
        {
            "number": at,
            "title": each["title"],
            "url": reverse("package_part", args=(slug, number, at)),
            "done": at in records and records[at].completed,
        }
        for at, each in enumerate(package.parts)
    ]
    report = reverse("package_report", args=(slug, number, part)) if right.may_submit else ""
    context = {
        "course": found.course,
        "access": right,
        "unit": unit,
        "parts": parts,
        "record": record,
        "score": round(100 * record.score) if record and record.score is not None else None,
        **framed(request.user, package, part, record, report),
    }
    return framing(request, "packages/package.html", context)


@request_class("package_report")
@require_POST
@login_required
def report(request: HttpRequest, slug: str, number: int, part: int) -> HttpResponse:
    """What a package has told of its learner."""
    found = structure(slug)
    if not access(request.user, found.course).may_submit:
        raise PermissionDenied
    unit = unit_of(found.course, number, "package")
    package = package_of(unit)
    mastery = part_of(package, part)["mastery"]
    if int(request.META.get("CONTENT_LENGTH") or 0) > REPORT_BYTES:
        return JsonResponse({"error": "too large"}, status=413)
    try:
        told = understood(package.kind, json.loads(request.body), mastery)
    except (ValueError, RecursionError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    keep(signed_in(request).pk, unit, part, told, len(package.parts))
    score = None if told.score is None else round(100 * told.score)
    return JsonResponse({"score": score, "completed": told.completed})
