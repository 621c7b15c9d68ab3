"""Taking an answer so that it can't be joined to the person, and adding up what was answered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from lophoc.surveys.models import Answered, Question, Survey, Tally, Words


class AnsweredBeforeError(Exception):
    """This person has answered this survey."""


def take(survey: Survey, person: int, answers: Iterable[tuple[Question, str]]) -> None:
    """Count one person's answers.

    That the person has answered, and what was answered, are written by two transactions, for the number of a
    transaction is kept with each row and would join them.

    :raises AnsweredBeforeError: nothing is counted.
    """
    mine, new = Answered.objects.get_or_create(survey=survey, person_id=person)
    if not new:
        raise AnsweredBeforeError
    try:
        _count(survey, list(answers))
    except DatabaseError:
        mine.delete()
        raise


@transaction.atomic
def _count(survey: Survey, answers: list[tuple[Question, str]]) -> None:
    """Add to the tallies; the survey's row is locked first, so that two who answer at once wait for one another."""
    Survey.objects.select_for_update().get(pk=survey.pk)
    chosen = {question.pk: answer for question, answer in answers if question.kind != Question.Kind.TEXT}
    there = {(each.question_id, each.value): each for each in Tally.objects.filter(question__in=chosen)}
    found = [there[key] for key in chosen.items() if key in there]
    Tally.objects.filter(pk__in=[each.pk for each in found]).update(count=F("count") + 1)
    Tally.objects.bulk_create(
        Tally(question_id=question, value=value, count=1)
        for question, value in chosen.items()
        if (question, value) not in there
    )
    Words.objects.bulk_create(
        Words(question=question, text=answer) for question, answer in answers if question.kind == Question.Kind.TEXT
    )
    Survey.objects.filter(pk=survey.pk).update(answered=F("answered") + 1)


@dataclass(frozen=True)
class Bar:
    """How many gave one answer; `percent` of those who answered the question."""

    label: str
    count: int
    percent: float


@dataclass(frozen=True)
class Result:
    """What came of one question: bars, or words in no order; the mean only of levels of satisfaction."""

    question: Question
    bars: tuple[Bar, ...]
    words: tuple[str, ...]
    mean: float | None


def results(survey: Survey) -> list[Result]:
    """What came of each question, by three queries; nothing while too few answered."""
    if not survey.may_be_read:
        return []
    tallies: dict[int, dict[str, int]] = defaultdict(dict)
    for key, value, count in Tally.objects.filter(question__survey=survey).values_list("question_id", "value", "count"):
        tallies[key][value] = count
    words: dict[int, list[str]] = defaultdict(list)
    for key, text in Words.objects.filter(question__survey=survey).order_by("pk").values_list("question_id", "text"):
        words[key].append(text)
    return [_result(each, tallies[each.pk], words[each.pk]) for each in survey.questions.all()]


def _result(question: Question, counts: dict[str, int], words: list[str]) -> Result:
    if question.kind == Question.Kind.TEXT:
        return Result(question, (), tuple(words), None)
    total = sum(counts.values())
    bars = [
        Bar(label, counts.get(value, 0), round(100 * counts.get(value, 0) / total, 1) if total else 0.0)
        for value, label in question.options.items()
    ]
    likert = question.kind == Question.Kind.LIKERT and total
    mean = round(sum(int(value) * count for value, count in counts.items()) / total, 2) if likert else None
    return Result(question, tuple(bars), (), mean)


def satisfaction(survey: Survey) -> dict[str, float]:
    """The mean level of satisfaction with each of the three subjects, for reports; nothing while too few answered."""
    means: dict[str, list[float]] = defaultdict(list)
    for each in results(survey):
        if each.mean is not None:
            means[each.question.section].append(each.mean)
    return {section: round(sum(found) / len(found), 2) for section, found in means.items()}


def as_table(found: list[Result]) -> tuple[list[str], list[list[object]]]:
    """Results as the lines of a table to export."""
    headers = [_("Phần"), _("Câu hỏi"), _("Trả lời"), _("Số người"), _("Tỉ lệ %"), _("Trung bình")]
    rows: list[list[object]] = []
    for each in found:
        head = [each.question.get_section_display(), each.question.text]
        rows += [[*head, bar.label, bar.count, bar.percent, each.mean or ""] for bar in each.bars]
        rows += [[*head, text, "", "", ""] for text in each.words]
    return headers, rows
