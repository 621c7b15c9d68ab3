"""Lectures: how a lesson's video is played, and where it was left."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from lophoc.catalogue.media import signed, signed_folder
from lophoc.catalogue.models import Unit
from lophoc.packages.models import Film, Place

#: A playlist and the film whose ranges it lists, in one folder; playbooks/media.py makes them of course files too.
PLAYLIST, FILM = "phim.m3u8", "phim.mp4"
#: How long it is remembered that an upload was not made ready yet.
SECONDS = 60


@dataclass(frozen=True)
class Lecture:
    """Addresses of a lecture: the film as one file, its playlist (or nothing), and where to tell a place."""

    unit: int
    film: str
    playlist: str
    tell: str
    place: int


def lecture(user: Any, unit: Unit, slug: str) -> Lecture | None:
    """How a unit's video is played by somebody; None where it has none. One query."""
    if not unit.video:
        return None
    name = unit.video if unit.video.endswith(".m3u8") else _made_ready(unit.video)
    tell = reverse("lecture_place", args=(slug, unit.number))
    if not name.endswith(".m3u8"):
        return Lecture(unit.pk, signed(name), "", tell, Place.of(user.pk, unit))
    playlist = signed_folder(name)
    return Lecture(unit.pk, playlist.removesuffix(PLAYLIST) + FILM, playlist, tell, Place.of(user.pk, unit))


def _made_ready(upload: str) -> str:
    """The playlist of an upload, or the upload itself until there is one."""
    key = f"film:{upload}"
    found = cache.get(key)
    if not isinstance(found, str):
        found = Film.objects.filter(upload=upload).values_list("playlist", flat=True).first() or upload
        cache.set(key, found, SECONDS)
    return found
