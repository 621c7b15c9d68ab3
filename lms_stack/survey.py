"""The questions of a course's surveys of satisfaction (Article 10.9): a file of its own beside the course file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from lms_stack.course_values import Text
from lms_stack.course_words import explained
from lms_stack.side_file import read_side_file
from lms_stack.units import Frozen
from lms_stack.yaml_lines import Place

Choices = Annotated[tuple[Text, ...], Field(max_length=20)]


class SurveyQuestion(Frozen):
    """One question; only a `choice` has choices."""

    section: Literal["organisation", "content", "system"]
    kind: Literal["likert", "choice", "text"]
    text: Text
    choices: Choices = ()


class Survey(Frozen):
    """What learners are asked and what instructors are; the LMS's own questions where a list is left out."""

    learners: tuple[SurveyQuestion, ...] = ()
    instructors: tuple[SurveyQuestion, ...] = ()


_SURVEY = TypeAdapter(Survey)


def read_survey(path: Path) -> Survey:
    """Read and check the questions.

    :raises CourseFileError: the file can't be read, isn't YAML, or has faults; it lists all of them.
    """
    return read_side_file(path, _SURVEY, _explained, _faults)


def _explained(detail: Any) -> str:
    if detail["type"] == "extra_forbidden":
        form = SurveyQuestion if len(detail["loc"]) > 1 else Survey
        return f"unknown key; expected one of {', '.join(form.model_fields)}"
    return explained(detail)


def _faults(survey: Survey) -> Iterator[tuple[Place, str]]:
    for audience in ("learners", "instructors"):
        for index, each in enumerate(getattr(survey, audience)):
            if each.kind == "choice" and len(each.choices) < 2:
                yield (audience, index), "expected `choices`, at least two"
            if each.kind != "choice" and each.choices:
                yield (audience, index, "choices"), f"expected none, for it is of kind {each.kind}"
