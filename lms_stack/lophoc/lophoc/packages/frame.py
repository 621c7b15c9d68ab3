"""The frame in which a package is played, apart from the site: its address, and what it is told at its launch."""

import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from lophoc.catalogue.media import signed_folder
from lophoc.packages.intake import FOLDER
from lophoc.packages.models import Package, Record

#: The page that frames a package; nothing but this site's own addresses may be framed.
FRAMING_POLICY = f"{settings.CONTENT_SECURITY_POLICY}; frame-src 'self'"


def framed(user: Any, package: Package, number: int, record: Record | None = None, report: str = "") -> dict[str, Any]:
    """What packages/frame.html needs to play one part for somebody.

    :param record: the state to go on from.
    :param report: the address that takes results; without one nothing is kept, and the package is told so.
    :raises Http404: there is no such part.
    """
    part = part_of(package, number)
    path, mark, query = part["entry"].partition("?")
    told = {
        "kind": package.kind,
        "learner": {"id": str(user.pk), "name": str(user)},
        "credit": bool(report),
        "mastery": part["mastery"],
        "launch_data": part["launch_data"],
        "data": record.data if record else {},
        "seconds": record.seconds if record else 0,
    }
    return {
        "part": number,
        "report": report,
        "source": signed_folder(f"{FOLDER}/{package.folder}/{path}") + mark + query,
        "launch": "lophoc:" + json.dumps(told, ensure_ascii=False),
    }


def looked_at(user: Any, upload: str, asked: str) -> dict[str, Any]:
    """What packages/frame.html needs for those who look at a material's package; nothing is kept of what they do.

    :param upload: the stored file; where it isn't unpacked (yet) nothing is given back.
    :param asked: the number of the part, as the address has it.
    :raises Http404: there is no such part.
    """
    package = Package.objects.filter(upload=upload).first()
    if package is None:
        return {}
    parts = [{"number": at, "title": each["title"], "url": f"?phan={at}"} for at, each in enumerate(package.parts)]
    return {"parts": parts, **framed(user, package, int(asked) if asked.isdecimal() else 0)}


def part_of(package: Package, number: int) -> dict[str, Any]:
    """One part of a package.

    :raises Http404: there is none of this number.
    """
    if number >= len(package.parts):
        raise Http404
    part: dict[str, Any] = package.parts[number]
    return part


def framing(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page that may frame this site's own addresses, if it has a package to play."""
    response = render(request, template, context)
    if context.get("launch"):
        response.headers["Content-Security-Policy"] = FRAMING_POLICY
    return response
