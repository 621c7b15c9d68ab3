"""What each field of a course file allows but the whole doesn't; looks at every part that is valid in itself."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lms_stack.course import VIET_NAM, Dates, Exam, Unit
from lms_stack.errors import Problem
from lms_stack.units import show
from lms_stack.yaml_lines import Document, Place

#: Article 10.8 of Circular 21/2017/TT-BGDĐT.
SIX_MONTHS = 6

#: Keys whose value names a file.
_FILE_KEYS = frozenset(
    {"text", "questions", "file", "forum", "sessions", "survey", "prices", "identity_file", "password_file"}
)


def sense_problems(document: Document, folder: Path) -> Iterator[Problem]:
    """Faults between fields, and files that are not there.

    :param folder: of the course file; the files it names are relative to it.
    """
    for place, message in _faults(document.values):
        yield document.problem(place, message)
    for place, name in _files(document.values, ()):
        if not (folder / Path(name).expanduser()).is_file():
            yield document.problem(place, f"expected a file at {folder / name}")


def _faults(values: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    dates: Dates | None = _valid(Dates, values.get("dates"))
    if dates:
        yield from ((("dates", field), message) for field, message in _date_faults(dates))
    for index, raw in enumerate(_listed(values.get("content"))):
        unit: Unit | None = _valid(Unit, raw)
        found = _unit_faults(unit, dates) if unit else ()
        yield from ((("content", index, field), message) for field, message in found)
    yield from _class_faults(values.get("learners"), values.get("classes"))
    yield from _host_faults(values.get("target"))


def _valid(kind: Any, value: Any) -> Any:
    """The value as that kind, or None where it isn't one."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _date_faults(dates: Dates) -> Iterator[tuple[str, str]]:
    if dates.closes <= dates.opens:
        yield "closes", f"expected a day after the opening, {dates.opens}, not {dates.closes}"
    needed = _months_after(dates.closes, SIX_MONTHS)
    if dates.access_until < needed:
        why = "Article 10.8 keeps content readable for six months after closing"
        yield "access_until", f"expected {needed} or later, not {dates.access_until}: {why}"


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (31, 30, 29):
        try:
            return date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    return date(year, month + 1, 28)


def _unit_faults(unit: Unit, dates: Dates | None) -> Iterator[tuple[str, str]]:
    days = {"due": unit.due} if unit.kind == "essay" else {}
    if unit.kind == "exam":
        days = {"opens": _day(unit.opens), "closes": _day(unit.closes)}
        yield from _window_faults(unit)
    for field, day in days.items():
        if dates and dates.opens < dates.closes and not dates.opens <= day <= dates.closes:
            yield field, f"expected a day of the course, {dates.opens} to {dates.closes}, not {day}"


def _window_faults(exam: Exam) -> Iterator[tuple[str, str]]:
    window = (exam.closes - exam.opens).total_seconds()
    if window <= 0:
        yield "closes", f"expected a time after the exam's opening, {exam.opens:%Y-%m-%dT%H:%M}"
    elif window < exam.duration:
        longest, given = show(window, "s"), show(exam.duration, "s")
        yield "duration", f"expected at most {longest}, the window from `opens` to `closes`, not {given}"


def _day(moment: datetime) -> date:
    return moment.astimezone(VIET_NAM).date()


def _class_faults(learners: Any, classes: Any) -> Iterator[tuple[Place, str]]:
    if type(learners) is int and type(classes) is int and classes > learners > 0:
        yield ("classes",), f"expected at most {learners:,}, one for each learner, not {classes:,}"


def _host_faults(target: Any) -> Iterator[tuple[Place, str]]:
    """Two hosts of one name, or two names of one machine: the second would undo what was done for the first."""
    hosts = _listed(target.get("hosts")) if isinstance(target, dict) else []
    for field in ("name", "address"):
        seen: dict[str, int] = {}
        for index, host in enumerate(hosts):
            value = host.get(field) if isinstance(host, dict) else None
            if isinstance(value, str) and seen.setdefault(value, index) != index:
                message = f"expected one of its own, not {value!r} again (target.hosts[{seen[value] + 1}])"
                yield ("target", "hosts", index, field), message


def _files(values: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every place that names a file, whatever else is wrong around it."""
    items = values.items() if isinstance(values, dict) else enumerate(_listed(values))
    for key, value in items:
        inner = (*place, key)
        if key in _FILE_KEYS and isinstance(value, str):
            yield inner, value
        else:
            yield from _files(value, inner)
