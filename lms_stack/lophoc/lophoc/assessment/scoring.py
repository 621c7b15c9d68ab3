"""How answers are scored: pure functions of a question and what was sent for it, by the author's own indexes."""

from collections.abc import Sequence
from typing import Any, Protocol
from unicodedata import normalize


class Scored(Protocol):
    """What scoring needs of a question."""

    kind: str
    choices: Any
    answer: Any


def credit(question: Scored, sent: Sequence[str]) -> float:
    """What part of a question's points an answer earns: all or nothing, but for matching, which counts its rows."""
    if question.kind == "matching":
        return _matched(question, sent)
    return 1.0 if is_right(question, sent) else 0.0


def is_right(question: Scored, sent: Sequence[str]) -> bool:
    """Whether what was sent answers a question wholly."""
    if not sent:
        return False
    match question.kind:
        case "single":
            return sent[0] == str(question.answer)
        case "multiple":
            return set(sent) == {str(index) for index in question.answer}
        case "matching":
            return _matched(question, sent) == 1.0
        case "short":
            return _folded(sent[0]) in {_folded(accepted) for accepted in question.answer}
        case _:
            return _near(sent[0], question.answer)


def _matched(question: Scored, sent: Sequence[str]) -> float:
    """The share of rows with their own match; two rows may have the same text as theirs."""
    ends = {str(index): text for index, text in enumerate(question.answer)}
    rows = list(zip(question.answer, sent, strict=False))[: len(question.choices)]
    right = sum(1 for text, chosen in rows if ends.get(chosen) == text)
    return right / max(len(question.choices), 1)


def _folded(text: str) -> str:
    """Letters as they are meant: case, spacing and the way Vietnamese marks are encoded don't count."""
    return " ".join(normalize("NFC", str(text)).casefold().split())


def _near(text: str, answer: Any) -> bool:
    value, tolerance = (answer["value"], answer.get("tolerance", 0)) if isinstance(answer, dict) else (answer, 0)
    try:
        return abs(float(text.replace(",", ".")) - float(value)) <= float(tolerance) + 1e-9
    except ValueError:
        return False
