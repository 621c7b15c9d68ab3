"""What pydantic found wrong with a course file, in words that an administrator can act on."""

import re
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from lms_stack.course import course_schema
from lms_stack.yaml_lines import Place

#: What was expected, by the family of pydantic's error types: the first word of each.
_EXPECTED = {
    "int": "a whole number",
    "finite": "a whole number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "model": "keys and values",
    "dict": "keys and values",
}

#: What was expected where a value is out of bounds, by pydantic's error type, with its context filled in.
_BOUNDS = {
    "greater_than_equal": "at least {ge:,}",
    "less_than_equal": "at most {le:,}",
    "too_short": "one entry or more",
    "string_too_short": "some text",
    "string_too_long": "at most {max_length} characters",
}

#: Characters of a given value that are shown.
_LONGEST = 60


def place_of(detail: ErrorDetails, values: Any) -> Place:
    """The error's path without the tags that pydantic adds for the member of a union."""
    place: list[str | int] = []
    at = values
    for part in detail["loc"]:
        if isinstance(at, dict) and part == at.get("kind") and part not in at:
            continue
        place.append(part if isinstance(at, list) else str(part))
        at = at[part] if _holds(at, part) else None
    return (*place, "kind") if detail["type"] == "union_tag_invalid" else tuple(place)


def _holds(container: Any, part: str | int) -> bool:
    if isinstance(container, dict):
        return part in container
    return isinstance(container, list) and isinstance(part, int) and part < len(container)


def explained(detail: ErrorDetails) -> str:
    """One fault: what was expected, what was given, and what to do where that is not plain."""
    match detail["type"]:
        case "missing":
            return f"is missing; write it as `{detail['loc'][-1]}: ...`"
        case "extra_forbidden" | "invalid_key":
            return _unknown_key(detail)
        case "union_tag_not_found":
            return "needs a `kind` that says what it is"
        case "union_tag_invalid" | "literal_error":
            return _no_choice(detail)
    given = told(detail["input"])
    message = _expected(detail)
    return message if message.endswith(f"not {given}") else f"{message}, not {given}"


def _expected(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"expected {_schema_at(detail['loc'])['description']}"
    if kind in _BOUNDS:
        return f"expected {_BOUNDS[kind].format(**context)}"
    return f"expected {_EXPECTED.get(kind.partition('_')[0], 'something else here')}"


def told(given: Any) -> str:
    """What was given, as it would be written in YAML, and short."""
    match given:
        case None:
            return "nothing"
        case bool():
            return str(given).lower()
        case dict():
            return "keys and values"
        case list():
            return "a list" if given else "an empty list"
    text = repr(given)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _unknown_key(detail: ErrorDetails) -> str:
    key, known = str(detail["loc"][-1]), list(_schema_at(detail["loc"][:-1]).get("properties", {}))
    close = get_close_matches(key, known, n=1)
    return f"unknown key; did you mean `{close[0]}`?" if close else f"unknown key; expected one of {', '.join(known)}"


def _no_choice(detail: ErrorDetails) -> str:
    context = detail["ctx"]
    choices = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
    given = detail["input"].get("kind") if isinstance(detail["input"], dict) else detail["input"]
    close = get_close_matches(str(given), choices, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"expected {' or '.join(filter(None, (', '.join(choices[:-1]), choices[-1])))}, not {told(given)}{hint}"


def _schema_at(loc: tuple[int | str, ...]) -> dict[str, Any]:
    """The part of the JSON Schema that an error's path, tags of unions included, leads to."""
    schema = course_schema()
    node = schema
    for part in loc:
        if isinstance(part, int):
            node = node["items"]
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        else:
            node = {"$ref": node["discriminator"]["mapping"][part]}
        node = _resolved(node, schema)
    return node


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A node in place of a reference to it, or of the choice between it and nothing."""
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice, schema)
    if reference := node.get("$ref"):
        return dict(schema["$defs"][reference.rpartition("/")[2]])
    return node
