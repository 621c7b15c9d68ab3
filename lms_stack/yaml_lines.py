"""A YAML text as plain values, with the line of every place in it."""

import re
from collections.abc import Hashable, Iterable
from typing import Any, TypeAlias

import yaml

from lms_stack.errors import Problem

Place: TypeAlias = tuple[str | int, ...]

#: More than any course has; aliases of aliases can make millions out of ten lines.
MOST_VALUES = 50_000

_INT = "tag:yaml.org,2002:int"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(yaml.SafeLoader):
    """YAML without its own dates and base-60 numbers: 2027-02-30 and 19:30 stay as they were written."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say which plain words mean what
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in {_TIMESTAMP, _INT}]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?(0|[1-9][0-9_]*)$"), list("-+0123456789"))


class Document:
    """The values, the lines of their places, and what is written twice.

    :raises yaml.YAMLError: it is no YAML.
    :raises RecursionError: it is nested very deeply, or contains itself.
    :raises ValueError: it has a number that can't be read, or more values than a course can have.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.repeated: list[Problem] = []
        node = yaml.compose(text, Loader=Loader)
        if node:
            self._walk(node, ())
        self.values: Any = yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader

    def _walk(self, node: yaml.Node, place: Place) -> None:
        if len(self.lines) > MOST_VALUES:
            raise ValueError(f"more than {MOST_VALUES:,} values")
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
                    Problem(line, named(inner), f"written twice, first on line {self.lines[inner]}; keep one")
                )
            self.lines[inner] = line
            self._walk(value, inner)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it that is there."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]

    def problem(self, place: Place, message: str) -> Problem:
        """A fault at a place."""
        return Problem(self.line(place), named(place), message)


def named(place: Iterable[Hashable]) -> str:
    """`content[3].video.bit_rate` from a path; the positions count from 1, as a person does."""
    name = ""
    for part in place:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return name.lstrip(".") or "the file"
