"""Playing packages and lectures: pages, and what they report."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from lophoc.catalogue.structure import structure, unit_of
from lophoc.classes.access import access
from lophoc.operations.request_class import request_class
from lophoc.packages.models import Place

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
        row = Place(learner_id=request.user.pk, unit=unit, seconds=place)
        Place.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=("learner", "unit"), update_fields=("seconds",)
        )
    return HttpResponse(status=204)
