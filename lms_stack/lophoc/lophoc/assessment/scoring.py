"""How answers are scored: pure functions of a question and what was sent for it."""

from collections.abc import Sequence
from typing import Any, Protocol
from unicodedata import normalize


class Scored(Protocol):
    """What scoring needs of a question."""

    number: int
    kind: str
    answer: Any
    points: float


def score(questions: Sequence[Scored], answers: dict[str, list[str]]) -> float:
    """Points for the answers sent; a question without an answer gives none."""
    return sum(question.points for question in questions if is_right(question, answers.get(str(question.number), [])))


def is_right(question: Scored, sent: Sequence[str]) -> bool:
    """Whether what was sent answers a question."""
    if not sent:
        return False
    match question.kind:
        case "single":
            return sent[0] == str(question.answer)
        case "multiple":
            return set(sent) == {str(index) for index in question.answer}
        case "short":
            return _folded(sent[0]) in {_folded(accepted) for accepted in question.answer}
        case _:
            return _near(sent[0], question.answer)


def _folded(text: str) -> str:
    """Letters as they are meant: case, spacing and the way Vietnamese marks are encoded don't count."""
    return " ".join(normalize("NFC", str(text)).casefold().split())


def _near(text: str, answer: Any) -> bool:
    value, tolerance = (answer["value"], answer.get("tolerance", 0)) if isinstance(answer, dict) else (answer, 0)
    try:
        return abs(float(text.replace(",", ".")) - float(value)) <= float(tolerance)
    except ValueError:
        return False
