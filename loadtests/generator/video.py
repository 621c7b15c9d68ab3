"""Lectures as browsers play them: the playlist, the rate that suits the line, and how playing went."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urljoin

_SEGMENT = re.compile(r"#EXTINF:([\d.]+)[^\n]*\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n([^#\s]+)")
_MAP = re.compile(r'#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@(\d+)"')
_RUNG = re.compile(r"#EXT-X-STREAM-INF(?=:)[^\n]*?[:,]BANDWIDTH=(\d+)[^\n]*\n([^#\s]+)")
#: Players leave some of a line's measured rate unused, so that the next segment comes in time.
CAUTION = 0.8
#: The names of boxes with which a fragment of an MP4 may begin.
FRAGMENT = (b"moof", b"styp", b"sidx", b"prft", b"emsg")


class Segment(NamedTuple):
    """A segment of a lecture: a range of a film in bytes, and how many seconds it plays."""

    path: str
    first: int
    size: int
    seconds: float = 10.0


def segments(text: str, path: str) -> list[Segment]:
    """The segments that a playlist names, in order; none where it is no playlist of ranges."""
    rows = _SEGMENT.findall(text) if text.startswith("#EXTM3U") else []
    return [Segment(urljoin(path, file), int(first), int(size), float(seconds)) for seconds, size, first, file in rows]


def beginning(text: str, path: str) -> Segment | None:
    """What a player must have before any segment, where the playlist names it (RFC 8216, EXT-X-MAP)."""
    found = _MAP.search(text)
    return Segment(urljoin(path, found[1]), int(found[3]), int(found[2]), 0.0) if found else None


def suiting(text: str, path: str, rate: float) -> str | None:
    """Of a lecture with a ladder of rates: the playlist of the highest that a line of `rate` bit/s carries with some to
    spare, else of the lowest; None where there is no ladder (RFC 8216, EXT-X-STREAM-INF)."""
    rungs = sorted((int(bits), urljoin(path, place)) for bits, place in _RUNG.findall(text))
    carried = [place for bits, place in rungs if bits <= rate * CAUTION]
    return (carried[-1] if carried else rungs[0][1]) if rungs else None


class Played(NamedTuple):
    """How a lecture played, in seconds: until its first picture, and how often and how long it then stood still."""

    start: float
    stalls: int
    stalled: float
    watched: float


def played(asked: float, came: Iterable[tuple[float, float]], left: float) -> Played | None:
    """What a learner saw who asked for a lecture, and left at a moment.

    :param came: of each segment in order, when its last byte came and how many seconds it plays.
    :return: None where not even the first segment came.
    """
    rows = [(at, seconds) for at, seconds in came if at <= left]
    if not rows:
        return None
    began = ends = rows[0][0]
    stalls, stalled = 0, 0.0
    for at, seconds in rows:
        if at > ends:
            stalls, stalled = stalls + 1, stalled + at - ends
        ends = max(at, ends) + seconds
    waits = max(0.0, left - ends)
    return Played(began - asked, stalls + (waits > 0), stalled + waits, min(left, ends) - began - stalled)
