"""Reading a course file: every fault at once, each with its line, its field and what was expected."""

from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

from lms_stack.course import Course
from lms_stack.course_sense import sense_problems
from lms_stack.course_words import explained, place_of
from lms_stack.errors import CourseFileError, Problem
from lms_stack.prices import read_prices
from lms_stack.sessions import read_sessions
from lms_stack.survey import read_survey
from lms_stack.yaml_lines import Document


def read_course(path: Path) -> Course:
    """Read and check a course file; nothing is touched.

    :raises CourseFileError: the file, or one beside it, is missing, isn't YAML, or has faults: all are listed.
    """
    document = _parse(path, _text(path))
    problems = [*document.repeated, *_schema_problems(document), *sense_problems(document, path.parent)]
    if problems:
        raise CourseFileError(path, tuple(sorted(set(problems), key=lambda each: (each.line, each.field))))
    course = Course.model_validate(document.values)
    if course.sessions:
        read_sessions(path.parent / course.sessions, course)
    if course.survey:
        read_survey(path.parent / course.survey)
    if course.prices:
        read_prices(path.parent / course.prices)
    return course


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _fault(path, 1, f"can't be read: {reason}") from error


def _parse(path: Path, text: str) -> Document:
    try:
        document = Document(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _fault(path, line, f"is not YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _fault(path, line, f"is not YAML: the character U+{int(error.character):04X} may not be in it") from error
    except RecursionError as error:
        raise _fault(path, 1, "is nested too deeply, or contains itself") from error
    except ValueError as error:
        raise _fault(path, 1, f"can't be read: {str(error).partition(';')[0]}") from error
    if not isinstance(document.values, dict):
        raise _fault(path, 1, "expected keys and values, like `name: demo`")
    return document


def _fault(path: Path, line: int, message: str) -> CourseFileError:
    """The one fault of a file of which nothing else can be said."""
    return CourseFileError(path, (Problem(line, "the file", message),))


def _schema_problems(document: Document) -> Iterator[Problem]:
    try:
        Course.model_validate(document.values)
    except ValidationError as error:
        for detail in error.errors():
            # A list whose entries are all wrong counts as empty for pydantic; the entries have been told already.
            if detail["type"] != "too_short" or not detail["input"]:
                yield document.problem(place_of(detail, document.values), explained(detail))
