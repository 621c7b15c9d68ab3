"""iCalendar (RFC 5545): the few lines that calendars of phones and mail programs subscribe to."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from lophoc.schedule.events import Event, end_of

#: A line has at most so many bytes; the rest goes on in the next, after a blank.
OCTETS = 75


def calendar(name: str, events: Iterable[tuple[str, Event]], site: str, now: datetime) -> str:
    """A calendar of these events, each with the course it belongs to.

    :param site: the site's host name, which makes the events' identifiers unique.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//lophoc//VI", "METHOD:PUBLISH", f"X-WR-CALNAME:{_text(name)}"]
    for course, event in events:
        lines += _event(course, event, site, now)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(course: str, event: Event, site: str, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{course}-{event.key}@{site}"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"DTSTART{_value(event.starts)}"
    yield f"DTEND{_value(end_of(event))}"
    yield f"SUMMARY:{_text(event.title)}"
    if event.session and event.session.place:
        yield f"LOCATION:{_text(', '.join(filter(None, (event.session.place, event.session.address))))}"
    if event.session and event.session.is_cancelled:
        yield "STATUS:CANCELLED"
    yield "END:VEVENT"


def _value(at: datetime | date) -> str:
    return f":{_moment(at)}" if isinstance(at, datetime) else f";VALUE=DATE:{at:%Y%m%d}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> str:
    """A line in pieces of at most 75 bytes, none of which ends within a letter."""
    pieces, size = [""], 0
    for letter in line:
        size += len(letter.encode())
        if size > OCTETS:
            pieces, size = [*pieces, " "], 1 + len(letter.encode())
        pieces[-1] += letter
    return "\r\n".join(pieces)
