"""Reading a course file: every fault at once, each with its line, its field and what was expected."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from lms_stack.course import VIET_NAM, Course, Dates, Unit
from lms_stack.errors import CourseFileError, Problem

Place: TypeAlias = tuple[str | int, ...]

#: Article 10.8 of Circular 21/2017/TT-BGDĐT.
SIX_MONTHS = 6


class _Loader(yaml.SafeLoader):
    """YAML without its own dates: a day that doesn't exist is then a fault of its field, with its line."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say which plain words mean what
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Document:
    """A YAML text as plain values, with the line of every place in it."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.repeated: list[Problem] = []
        node = yaml.compose(text, Loader=_Loader)
        if node:
            self._walk(node, ())
        self.values = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader

    def _walk(self, node: yaml.Node, place: Place) -> None:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            self._walk_mapping(node, place)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*place, index))

    def _walk_mapping(self, node: yaml.MappingNode, place: Place) -> None:
        for key, value in node.value:
            inner = (*place, str(key.value))
            line = key.start_mark.line + 1
            if inner in self.lines:
                self.repeated.append(
                    Problem(line, _named(inner), f"written twice, first on line {self.lines[inner]}; keep one")
                )
            self.lines[inner] = line
            self._walk(value, inner)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it that is there."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def _named(place: Iterable[Hashable]) -> str:
    """`content[3].video.bit_rate` from a path; the positions count from 1, as a person does."""
    name = ""
    for part in place:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return name.lstrip(".") or "the file"


def read_course(path: Path) -> Course:
    """Read and check a course file; nothing is touched.

    :raises CourseFileError: the file is missing, isn't YAML, or has faults; it lists all of them.
    """
    document = _parse(path, _text(path))
    problems = [*document.repeated, *_schema_problems(document), *_sense_problems(document)]
    problems += _file_problems(document, path.parent)
    if problems:
        raise CourseFileError(path, tuple(sorted(set(problems), key=lambda each: (each.line, each.field))))
    return Course.model_validate(document.values)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CourseFileError(path, (Problem(1, "the file", f"can't be read: {reason}"),)) from error


def _parse(path: Path, text: str) -> _Document:
    try:
        document = _Document(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CourseFileError(path, (Problem(line, "the file", f"is not YAML: {error.problem}"),)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise CourseFileError(path, (Problem(1, "the file", f"is not YAML: {error}"),)) from error
    if not isinstance(document.values, dict):
        raise CourseFileError(path, (Problem(1, "the file", "expected keys and values, like `name: demo`"),))
    return document


def _schema_problems(document: _Document) -> Iterator[Problem]:
    try:
        Course.model_validate(document.values)
    except ValidationError as error:
        for detail in error.errors():
            place = _place(detail, document.values)
            yield Problem(document.line(place), _named(place), _explained(detail))


def _place(detail: ErrorDetails, values: Any) -> Place:
    """The error's path without the tags that pydantic adds for the member of a union."""
    place: list[str | int] = []
    at = values
    for part in detail["loc"]:
        if isinstance(at, dict) and part == at.get("kind") and part not in at:
            continue
        place.append(part)
        at = at[part] if _holds(at, part) else None
    return tuple(place)


def _holds(container: Any, part: str | int) -> bool:
    if isinstance(container, dict):
        return part in container
    return isinstance(container, list) and isinstance(part, int) and part < len(container)


def _explained(detail: ErrorDetails) -> str:
    """A fault in words of ours."""
    kind, given = detail["type"], _given(detail)
    family = kind.partition("_")[0]
    if family in _EXPECTED:
        return f"expected {_EXPECTED[family]}, not {given}"
    match kind:
        case "missing":
            return f"is missing; write it as `{detail['loc'][-1]}: ...`"
        case "extra_forbidden":
            return f"unknown key{_meant(str(detail['loc'][-1]))}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "union_tag_not_found":
            return "needs a `kind` that says what it is"
    return f"{_asked(detail)}, not {given}"


#: What was expected, by the family of pydantic's error types.
_EXPECTED = {
    "int": "a whole number",
    "datetime": "a time, like 2027-04-09T19:30",
    "date": "a day that exists, like 2027-03-01",
}


def _asked(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "literal_error" | "union_tag_invalid":
            return f"expected {detail['ctx'].get('expected') or detail['ctx'].get('expected_tags')}"
        case "string_pattern_mismatch":
            return f"expected text of the form {detail['ctx']['pattern']}"
        case _:
            return _lower(detail["msg"])


def _given(detail: ErrorDetails) -> str:
    given = detail["input"]
    if isinstance(given, dict):
        return repr(given.get("kind", "a mapping"))
    return repr(given)


def _lower(message: str) -> str:
    plain = message.replace("Input should be", "expected").replace("String should", "the text should")
    return plain.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")


def _meant(key: str) -> str:
    close = get_close_matches(key, _all_keys(), n=1)
    return f"; did you mean `{close[0]}`?" if close else "; remove it, or see `taphuan schema`"


def _all_keys() -> list[str]:
    schema = Course.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    return sorted({key for model in models for key in model.get("properties", {})})


def _valid(kind: Any, value: Any) -> Any:
    """The value as that kind, or None where it isn't one."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None


def _sense_problems(document: _Document) -> Iterator[Problem]:
    """What each field allows but the whole doesn't. Looks at every part that is valid in itself."""

    def problem(place: Place, message: str) -> Problem:
        return Problem(document.line(place), _named(place), message)

    dates: Dates | None = _valid(Dates, document.values.get("dates"))
    if dates:
        for field, message in _date_faults(dates):
            yield problem(("dates", field), message)
    content = document.values.get("content")
    for index, raw in enumerate(content if isinstance(content, list) else []):
        unit: Unit | None = _valid(Unit, raw)
        for field, message in _unit_faults(unit, dates) if unit and dates and dates.opens < dates.closes else ():
            yield problem(("content", index, field), message)
    yield from (problem((field,), message) for field, message in _number_faults(document.values))


def _date_faults(dates: Dates) -> Iterator[tuple[str, str]]:
    if dates.closes <= dates.opens:
        yield "closes", f"expected a day after the opening, {dates.opens}"
    needed = _months_after(dates.closes, SIX_MONTHS)
    if dates.access_until < needed:
        yield (
            "access_until",
            f"expected {needed} or later: Article 10.8 keeps content readable for six months after closing",
        )


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    return date(year, month + 1, 28)


def _unit_faults(unit: Any, dates: Dates) -> Iterator[tuple[str, str]]:
    if unit.kind == "essay" and not dates.opens <= unit.due <= dates.closes:
        yield "due", f"expected a day of the course, {dates.opens} to {dates.closes}"
    if unit.kind != "exam":
        return
    for field, moment in (("opens", unit.opens), ("closes", unit.closes)):
        if not dates.opens <= _day(moment) <= dates.closes:
            yield field, f"expected a day of the course, {dates.opens} to {dates.closes}"
    if unit.closes <= unit.opens:
        yield "closes", "expected a time after the exam's opening"
    elif (unit.closes - unit.opens).total_seconds() < unit.duration:
        yield "duration", "expected no more than the window from `opens` to `closes`"


def _day(moment: datetime) -> date:
    return moment.astimezone(VIET_NAM).date()


def _number_faults(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    learners, classes = values.get("learners"), values.get("classes")
    if isinstance(learners, int) and isinstance(classes, int) and classes > learners > 0:
        yield "classes", f"expected no more classes than learners, {learners}"


def _file_problems(document: _Document, folder: Path) -> Iterator[Problem]:
    for place, name in _files(document.values, ()):
        if not (folder / name).is_file():
            yield Problem(document.line(place), _named(place), f"expected a file at {folder / name}")


def _files(values: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every place that names a file, whatever else is wrong around it."""
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        inner = (*place, key)
        if key in {"text", "questions", "file", "forum", "identity_file"} and isinstance(value, str):
            yield inner, value
        else:
            yield from _files(value, inner)
