"""Questions and rubrics as people write them, one thing a line: in forms and in the cells of imported tables."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def lines(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def number(text: str) -> float:
    """A number with a point or a comma.

    :raises ValidationError: it is none.
    """
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise ValidationError(_("“%s” không phải là số.") % text.strip()) from None


def key(kind: str, choices: list[str], text: str) -> Any:
    """What a key means for a question of a kind: places of choices count from 1.

    :raises ValidationError: the key doesn't fit the choices; says what was expected.
    """
    given = lines(text)
    match kind:
        case "single" | "multiple":
            return _places(kind, choices, text)
        case "matching":
            if len(choices) < 2 or len(given) < len(choices):
                raise ValidationError(_("Ghép đôi cần ít nhất hai dòng, mỗi dòng có một dòng đáp án tương ứng."))
            return given
        case "short":
            if not given:
                raise ValidationError(_("Hãy ghi ít nhất một đáp án được chấp nhận, mỗi dòng một đáp án."))
            return given
        case _:
            return _tolerant(text)


def _places(kind: str, choices: list[str], text: str) -> Any:
    given = text.replace(",", " ").replace(";", " ").split()
    places = sorted({int(each) for each in given if each.isdecimal()})
    fits = places and all(1 <= each <= len(choices) for each in places) and all(each.isdecimal() for each in given)
    if len(choices) < 2 or not fits or (kind == "single" and len(places) != 1):
        raise ValidationError(
            _("Hãy ghi số thứ tự của lựa chọn đúng, đếm từ 1; nhiều lựa chọn thì cách nhau bằng dấu phẩy.")
        )
    return places[0] - 1 if kind == "single" else [each - 1 for each in places]


def _tolerant(text: str) -> dict[str, float]:
    value, _sign, tolerance = text.partition("±")
    return {"value": number(value), "tolerance": abs(number(tolerance)) if tolerance.strip() else 0.0}


def written_key(kind: str, answer: Any) -> str:
    """A key as it is written."""
    match kind:
        case "single":
            return str(answer + 1)
        case "multiple":
            return ", ".join(str(each + 1) for each in answer)
        case "matching" | "short":
            return "\n".join(answer)
        case _:
            given = answer if isinstance(answer, dict) else {"value": answer}
            return f"{given['value']:g} ± {given.get('tolerance', 0):g}"


def pairs(text: str) -> list[tuple[str, float]]:
    """Lines of a name and a number, such as the levels of a criterion: `Tốt: 3`.

    :raises ValidationError: says which line is no such pair.
    """
    found = []
    for line in lines(text):
        name, colon, value = line.rpartition(":")
        if not colon or not name.strip():
            raise ValidationError(_("Dòng “%s” phải có dạng “tên: số”.") % line)
        found.append((name.strip(), number(value)))
    return found


def written_pairs(given: Iterable[tuple[str, float]]) -> str:
    """Such lines, as they are written."""
    return "\n".join(f"{name}: {value:g}" for name, value in given)
