"""A course held again: what it is made of is copied, its dates shifted; people and what they did are not."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction

from lophoc.assessment.models import Criterion, EssayRules, Question, Quiz
from lophoc.catalogue.models import Course, Unit
from lophoc.catalogue.opening import access_at_least_until
from lophoc.certificates.models import Issuing
from lophoc.classes.models import CompletionRule


@transaction.atomic
def copied(course: Course, slug: str, title: str, opens: date) -> Course:
    """A copy that isn't open yet; materials are the same ones."""
    shift = opens - course.opens
    closes = course.closes + shift
    until = max(course.access_until + shift, access_at_least_until(closes))
    changes = {"slug": slug, "title": title, "opens": opens, "closes": closes, "access_until": until}
    made: Course = _clone(course, **changes, is_open=False, copied_from=course, bundle_hash="", deletion_told=None)
    for unit in course.units.all():
        _settings(unit, _clone(unit, course=made, due=_shifted(unit.due, shift)), shift)
    for rule in CompletionRule.objects.filter(course=course):
        _clone(rule, course=made)
    for issuing in Issuing.objects.filter(course=course):
        _clone(issuing, course=made, issued_on=issuing.issued_on + shift)
    _surveys(course, made, shift)
    _sessions(course, made, shift)
    return made


def _surveys(course: Course, made: Course, shift: timedelta) -> None:
    """Copy what is asked; the load test's own survey is made anew with it."""
    for survey in course.surveys.filter(is_load_test=False):
        dates = {"opens": survey.opens + shift, "closes": survey.closes + shift}
        new = _clone(survey, course=made, answered=0, **dates)
        for question in survey.questions.all():
            _clone(question, survey=new)


def _sessions(course: Course, made: Course, shift: timedelta) -> None:
    """Copy sessions of the whole course: its classes are made anew. Links led to meetings that were held."""
    for session in course.sessions.filter(klass=None, is_cancelled=False):
        dates = {"starts": session.starts + shift, "ends": session.ends + shift}
        _clone(session, course=made, join_link="", recording_link="", **dates)


def _settings(unit: Unit, new: Unit, shift: timedelta) -> None:
    """Copy how a unit is taken and marked."""
    for quiz in Quiz.objects.filter(unit=unit):
        held = _clone(quiz, unit=new, opens=_shifted(quiz.opens, shift), closes=_shifted(quiz.closes, shift))
        for question in Question.objects.filter(quiz=unit.pk):
            _clone(question, quiz=held)
    for rules in EssayRules.objects.filter(unit=unit):
        _clone(rules, unit=new, late_until=_shifted(rules.late_until, shift))
    for criterion in Criterion.objects.filter(unit=unit):
        _clone(criterion, unit=new)


def _shifted(moment: Any, shift: timedelta) -> date | datetime | None:
    return moment + shift if moment else None


def _clone(row: Any, **changes: Any) -> Any:
    """A new row with the same values but for the changes."""
    copied_fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = {field.attname: getattr(row, field.attname) for field in copied_fields}
    named = {field.name: field.attname for field in copied_fields if isinstance(field, models.ForeignKey)}
    for name in changes:
        values.pop(named.get(name, name), None)
    return type(row).objects.create(**values, **changes)
