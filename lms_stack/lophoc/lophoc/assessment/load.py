"""Questions, the way quizzes and essays are taken, rubrics and completion, from a content bundle or another course."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from lophoc.assessment.models import Criterion, EssayRules, Question, Quiz
from lophoc.catalogue.models import Course, Unit
from lophoc.classes.models import CompletionRule

Given = Mapping[str, Any]
_TAKEN = ("attempts", "passing", "shows", "shuffle_questions", "shuffle_choices")


def load(course: Course, given: Given) -> None:
    """Bring what a bundle says of these up to date; its format is in README.md."""
    for unit, each in zip(course.units.order_by("number"), given["units"], strict=False):
        if each["kind"] == "quiz":
            load_quiz(unit, each)
        elif each["kind"] == "essay":
            _essay(unit, each)
    for each in given.get("question_bank", ()):
        place = {name: each.get(name, "") for name in ("subject", "label")}
        Question.objects.update_or_create(
            quiz=None,
            material=None,
            text=each["text"],
            **place,
            defaults=_question(each),
            create_defaults={**_question(each), **place, "text": each["text"], "approved_at": timezone.now()},
        )
    if "completion" in given:
        CompletionRule.objects.update_or_create(course=course, defaults=given["completion"])


def load_quiz(unit: Unit, given: Given) -> None:
    """How a quiz is taken, and the questions of its material."""
    window = given.get("window") or {}
    moments = {name: datetime.fromisoformat(window[name]) if name in window else None for name in ("opens", "closes")}
    settings = {name: given[name] for name in _TAKEN if name in given}
    quiz, _new = Quiz.objects.update_or_create(
        unit=unit,
        defaults={"time_limit": given["time_limit"], "draws": given.get("draws", []), **settings, **moments},
    )
    if unit.material_id:  # questions of a course from before there were materials are its material's now
        quiz.questions.update(quiz=None, material=unit.material_id)
    of: dict[str, Any] = {"material": unit.material} if unit.material_id else {"quiz": quiz}
    for number, each in enumerate(given["questions"], 1):
        texts = {"text": each["text"], **{name: each.get(name, "") for name in ("subject", "label")}}
        Question.objects.update_or_create(**of, number=number, defaults={**_question(each), **texts})
    Question.objects.filter(**of, number__gt=len(given["questions"])).delete()


def _question(given: Given) -> dict[str, Any]:
    return {
        "kind": given["kind"],
        "choices": given.get("choices", []),
        "answer": given["answer"],
        "points": given.get("points", 1.0),
        "feedback": given.get("feedback", ""),
        "image": given.get("image", ""),
    }


def _essay(unit: Unit, given: Given) -> None:
    late = given.get("late")
    if late:
        rules = {"late_until": date.fromisoformat(late["until"]), "late_penalty": late.get("penalty", 0)}
        EssayRules.objects.update_or_create(unit=unit, defaults=rules)
    of: dict[str, Any] = {"material": unit.material} if unit.material_id else {"unit": unit}
    rubric = given.get("rubric", ())
    for number, each in enumerate(rubric, 1):
        row = {"title": each["title"], "points": each["points"], "levels": each.get("levels", [])}
        Criterion.objects.update_or_create(**of, number=number, defaults=row)
    Criterion.objects.filter(**of, number__gt=len(rubric)).delete()


def copy(pairs: Iterable[tuple[Unit, Unit]]) -> None:
    """Give the units of a new course what those of an old one have, but for windows and other moments."""
    for old, new in pairs:
        for quiz in Quiz.objects.filter(unit=old):
            _copied(quiz, unit=new, opens=None, closes=None)
        for rules in EssayRules.objects.filter(unit=old):
            _copied(rules, unit=new, late_until=None)
        for question in Question.objects.filter(quiz=old.pk):
            _copied(question, quiz_id=new.pk)
        for criterion in Criterion.objects.filter(unit=old):
            _copied(criterion, unit=new)


def copy_completion(old: Course, new: Course) -> None:
    """Give a new course the old one's rule of completion."""
    for rule in CompletionRule.objects.filter(course=old):
        _copied(rule, course=new)


def _copied(row: Any, **changes: Any) -> None:
    """A new row like another."""
    row.pk, row._state.adding = None, True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
