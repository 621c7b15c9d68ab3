"""The surveys of a course from its bundle, or with the default questions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from lophoc.catalogue.models import Course
from lophoc.surveys.default import QUESTIONS, Written
from lophoc.surveys.models import Question, Survey

#: A survey is open for so long before the course closes, and so long after.
BEFORE, AFTER = timedelta(days=7), timedelta(days=30)


def load(course: Course, given: Mapping[str, Any] | None = None) -> None:
    """Both surveys of a course. `given` is the bundle's `survey` (format: README.md), where it has one.

    Questions of a survey that was opened or answered stay; nothing else of a survey that is there already changes.
    """
    for audience in Survey.Audience:
        asked = (given or {}).get(_NAMES[audience])
        _survey(course, audience, [_written(each) for each in asked] if asked else None)


_NAMES = {Survey.Audience.LEARNERS: "learners", Survey.Audience.INSTRUCTORS: "instructors"}


def for_load_test(course: Course) -> Survey:
    """The survey that the load test's learners answer, apart from that of real people."""
    return _survey(course, Survey.Audience.LEARNERS, None, is_load_test=True)


def _written(given: Mapping[str, Any]) -> Written:
    return given["section"], given["kind"], given["text"], "\n".join(given.get("choices", []))


@transaction.atomic
def _survey(
    course: Course, audience: Survey.Audience, asked: list[Written] | None, *, is_load_test: bool = False
) -> Survey:
    opens, closes = max(course.opens, course.closes - BEFORE), min(course.closes + AFTER, course.access_until)
    survey, new = Survey.objects.get_or_create(
        course=course, audience=audience, is_load_test=is_load_test, defaults={"opens": opens, "closes": closes}
    )
    if new or (asked and survey.is_editable):
        survey.questions.all().delete()
        names = ("section", "kind", "text", "choices")
        for number, written in enumerate(asked or QUESTIONS[audience], 1):
            Question.objects.create(survey=survey, number=number, **dict(zip(names, written, strict=True)))
    return survey
