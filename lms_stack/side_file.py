"""Files beside the course file, such as that of its sessions: read, and their faults told as those of a course file."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from lms_stack.course_words import place_of
from lms_stack.errors import CourseFileError, Problem
from lms_stack.yaml_lines import Document, Place

Read = TypeVar("Read")


def read_side_file(
    path: Path,
    form: TypeAdapter[Read],
    explained: Callable[[Any], str],
    faults: Callable[[Read], Iterable[tuple[Place, str]]],
) -> Read:
    """Read and check one.

    :param explained: says in plain words what is wrong where the form doesn't fit.
    :param faults: what else is wrong, and where.
    :raises CourseFileError: the file can't be read, isn't YAML, or has faults; it lists all of them.
    """
    try:
        document = Document(path.read_text("utf-8-sig"))
        found = form.validate_python(document.values)
    except ValidationError as error:
        told = [document.problem(place_of(each, document.values), explained(each)) for each in error.errors()]
        raise CourseFileError(path, tuple(told)) from error
    except (OSError, RecursionError, ValueError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise CourseFileError(path, (Problem(1, "the file", f"can't be read: {reason}"),)) from error
    problems = [*document.repeated, *(document.problem(place, text) for place, text in faults(found))]
    if problems:
        raise CourseFileError(path, tuple(problems))
    return found
