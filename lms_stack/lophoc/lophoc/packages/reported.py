"""What a package reports, as a result; whatever it says is checked, for others wrote it."""

import math
from typing import Any, NamedTuple

from lophoc.packages.models import Package

#: Elements of the data model that are given back to a package at its next launch, and how long each may be.
_NUMBERS_12 = ("cmi.core.score.raw", "cmi.core.score.min", "cmi.core.score.max")
_NUMBERS_2004 = ("cmi.score.scaled", "cmi.score.raw", "cmi.score.min", "cmi.score.max", "cmi.progress_measure")
KEPT: dict[str, dict[str, int]] = {
    Package.Kind.SCORM12: {
        "cmi.core.lesson_status": 30,
        "cmi.core.lesson_location": 1000,
        "cmi.core.exit": 30,
        "cmi.suspend_data": 65_536,
        **dict.fromkeys(_NUMBERS_12, 30),
    },
    Package.Kind.SCORM2004: {
        "cmi.completion_status": 30,
        "cmi.success_status": 30,
        "cmi.location": 1000,
        "cmi.exit": 30,
        "cmi.suspend_data": 65_536,
        **dict.fromkeys(_NUMBERS_2004, 30),
    },
    Package.Kind.H5P: {"verb": 30, "raw": 30, "max": 30, "completion": 10, "success": 10},
}
_LONGEST = 10_000 * 3600.0


class Reported(NamedTuple):
    """A result as `Result` has it, and the data to give back."""

    score: float | None
    completed: bool
    passed: bool | None
    seconds: float
    data: dict[str, str]


def understood(kind: str, told: Any, mastery: float | None) -> Reported:
    """What was reported.

    :raises ValueError: it isn't what our part of the bridge sends.
    """
    if not isinstance(told, dict) or not isinstance(told.get("data"), dict):
        raise ValueError("no data")
    data = _data(kind, told["data"])
    seconds = _number(told.get("seconds"))
    read = {Package.Kind.SCORM12: _scorm12, Package.Kind.SCORM2004: _scorm2004, Package.Kind.H5P: _h5p}
    score, completed, passed = read[Package.Kind(kind)](data)
    if passed is None and mastery is not None and score is not None and completed:
        passed = score >= mastery
    return Reported(score, completed, passed, min(max(seconds or 0.0, 0.0), _LONGEST), data)


def _data(kind: str, given: dict[Any, Any]) -> dict[str, str]:
    limits = KEPT[kind]
    kept = {name: value for name, value in given.items() if name in limits and isinstance(value, str) and value}
    too_long = [name for name, value in kept.items() if len(value) > limits[name]]
    if too_long:
        raise ValueError(f"{too_long[0]} is too long")
    return kept


def _scorm12(data: dict[str, str]) -> tuple[float | None, bool, bool | None]:
    status = data.get("cmi.core.lesson_status", "")
    score = _share(*(data.get(name) for name in _NUMBERS_12))
    return score, status in {"completed", "passed", "failed"}, {"passed": True, "failed": False}.get(status)


def _scorm2004(data: dict[str, str]) -> tuple[float | None, bool, bool | None]:
    scaled = _number(data.get("cmi.score.scaled"))
    raw = _share(*(data.get(f"cmi.score.{name}") for name in ("raw", "min", "max")))
    passed = {"passed": True, "failed": False}.get(data.get("cmi.success_status", ""))
    completed = data.get("cmi.completion_status") == "completed"
    return (raw if scaled is None else min(max(scaled, 0.0), 1.0)), completed, passed


def _h5p(data: dict[str, str]) -> tuple[float | None, bool, bool | None]:
    score = _share(data.get("raw"), "0", data.get("max")) if data.get("max") else None
    return score, True, {"true": True, "false": False}.get(data.get("success", ""))


def _share(raw: str | None, least: str | None, most: str | None) -> float | None:
    """A score as a share of 0 to 1; SCORM's is out of 100 where the package doesn't say."""
    found, low, high = _number(raw), _number(least) or 0.0, _number(most)
    high = 100.0 if high is None else high
    if found is None or high <= low:
        return None
    return min(max((found - low) / (high - low), 0.0), 1.0)


def _number(told: Any) -> float | None:
    try:
        number = float(told)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
