"""What an attempt asks: drawn once, in an order of its own, and kept with the attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.shortcuts import get_object_or_404

from lophoc.assessment.models import Attempt, Question, Quiz, pool
from lophoc.assessment.scoring import credit
from lophoc.catalogue.media import signed
from lophoc.catalogue.structure import SECONDS

Shown = list[tuple[int, list[int]]]
#: A text answer is cut to this many characters.
TEXT = 500


@dataclass(frozen=True)
class Paper:
    """A quiz with the questions that it may ask: its own and the bank's."""

    quiz: Quiz
    own: tuple[Question, ...]
    bank: tuple[Question, ...]

    @property
    def count(self) -> int:
        """How many questions an attempt has."""
        return len(drawn(self, Random(0)))


@dataclass(frozen=True)
class Asked:
    """A question in its place, with the order in which its choices are shown."""

    place: int
    question: Question
    order: Sequence[int]
    sent: Sequence[str] = ()

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Value, text and whether it is chosen, of each choice as shown; the values tell nothing of the author's."""
        texts = self.question.choices
        return [(str(at), texts[index], str(at) in self.sent) for at, index in enumerate(self.order)]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """What is to be matched, each with all that it may be matched with."""
        ends = [self.question.answer[index] for index in self.order]
        sent = [*self.sent, *([""] * len(self.question.choices))]
        return [
            (text, [(str(at), end, sent[row] == str(at)) for at, end in enumerate(ends)])
            for row, text in enumerate(self.question.choices)
        ]

    @property
    def text(self) -> str:
        """A text or number that was sent."""
        return self.sent[0] if self.sent else ""

    @property
    def picture(self) -> str:
        """The address of the question's picture."""
        return signed(self.question.image.name or "")

    @property
    def earned(self) -> float:
        """The points for what was sent."""
        return credit(self.question, self.original) * self.question.points

    @property
    def right(self) -> str:
        """The right answer, as a learner reads it."""
        answer, choices = self.question.answer, self.question.choices
        match self.question.kind:
            case "single":
                return str(choices[answer])
            case "multiple":
                return "; ".join(choices[index] for index in answer)
            case "matching":
                return "; ".join(f"{text} – {end}" for text, end in zip(choices, answer, strict=False))
            case "short":
                return str(answer[0])
            case _:
                return f"{answer['value'] if isinstance(answer, dict) else answer:g}"

    @property
    def original(self) -> list[str]:
        """What was sent, by the author's indexes."""
        if self.question.kind in {"short", "number"}:
            return list(self.sent)
        places = {str(at): str(index) for at, index in enumerate(self.order)}
        return [places.get(each, "") for each in self.sent]


def paper(unit_id: int) -> Paper:
    """A quiz and what it may ask, from the cache.

    :raises Http404: the unit is no quiz, or nobody has said yet how it is taken.
    """
    found: Paper | None = cache.get(_key(unit_id))
    if not isinstance(found, Paper):
        quiz = get_object_or_404(Quiz.objects.select_related("unit__course"), pk=unit_id)
        labels = [draw["label"] for draw in quiz.draws if draw.get("label")]
        bank = Question.objects.filter(quiz=None, label__in=labels, approved_at__isnull=False) if labels else ()
        found = Paper(quiz, tuple(pool(quiz.unit)), tuple(bank))
        cache.set(_key(unit_id), found, SECONDS)
    return found


def _key(unit_id: int) -> str:
    return f"quiz:{unit_id}"


@receiver((post_save, post_delete), sender=Quiz)
def _forget_quiz(instance: Quiz, **_more: Any) -> None:
    cache.delete(_key(instance.pk))


@receiver((post_save, post_delete), sender=Question)
def _forget_question(instance: Question, **_more: Any) -> None:
    """Read anew every quiz that may ask a question that was changed."""
    asking = Q(pk=instance.quiz_id)
    if instance.material_id:
        asking |= Q(unit__material=instance.material_id)
    if instance.quiz_id is None:
        asking |= ~Q(draws=[])
    cache.delete_many([_key(pk) for pk in Quiz.objects.filter(asking).values_list("pk", flat=True)])


def drawn(found: Paper, chance: Random | None = None) -> list[Question]:
    """The questions of one attempt, before they are shuffled."""
    chance = chance or SystemRandom()
    chosen = list(found.own)
    for draw in found.quiz.draws:
        label, count = draw.get("label"), draw["count"]
        if not label:
            chosen = chance.sample(chosen, min(count, len(chosen)))
            continue
        rest = [each for each in found.bank if each.label == label and each not in chosen]
        chosen += chance.sample(rest, min(count, len(rest)))
    return chosen


def draw(found: Paper, chance: Random | None = None) -> Shown:
    """What one attempt asks, as it is stored."""
    chance = chance or SystemRandom()
    questions = drawn(found, chance)
    if found.quiz.shuffle_questions:
        chance.shuffle(questions)
    return [(each.pk, _order(each, found.quiz.shuffle_choices, chance)) for each in questions]


def _order(question: Question, shuffled: bool, chance: Random) -> list[int]:
    """The ends of a matching question are always shuffled: in their own order they would be the answer."""
    matching = question.kind == Question.Kind.MATCHING
    order = list(range(len(question.answer if matching else question.choices)))
    if shuffled or matching:
        chance.shuffle(order)
    return order


def asked(attempt: Attempt, found: Paper) -> list[Asked]:
    """What an attempt asks, with what was sent; a question that was removed since is left out."""
    held = {each.pk: each for each in (*found.own, *found.bank)}
    shown = attempt.shown or [(each.pk, list(range(len(each.choices)))) for each in found.own]
    gone = [pk for pk, _order in shown if pk not in held]
    held |= Question.objects.in_bulk(gone) if gone else {}
    return [
        Asked(place, held[pk], order, attempt.answers.get(str(place), ()))
        for place, (pk, order) in enumerate(shown, 1)
        if pk in held
    ]


def sent(posted: Mapping[str, Any], places: int) -> dict[str, list[str]]:
    """The answers in a form that was sent, by place."""
    lists: Any = posted
    return {
        str(place): [text[:TEXT] for text in lists.getlist(f"cau-{place}")]
        for place in range(1, places + 1)
        if f"cau-{place}" in posted
    }
