"""Quantities with units: what a person writes (`20 Mbit/s`, `45 min`) and intervals for what is not certain."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from math import inf, isfinite
from typing import Any, Self

import pint
from pydantic import BaseModel, ConfigDict, model_validator

# Only the units that a course file can use: a full pint registry takes ten times as long to load.
_DEFINITIONS = (
    "kilo- = 1e3 = k-",
    "mega- = 1e6 = M-",
    "giga- = 1e9 = G-",
    "tera- = 1e12 = T-",
    "kibi- = 1024 = Ki-",
    "mebi- = 1048576 = Mi-",
    "gibi- = 1073741824 = Gi-",
    "tebi- = 1099511627776 = Ti-",
    "bit = [information]",
    "byte = 8 * bit = B",
    "second = [time] = s",
    "millisecond = 0.001 * second = ms",
    "minute = 60 * second = min",
    "hour = 3600 * second = h",
    "day = 86400 * second = d",
    "week = 7 * day",
    "core = [computing]",
    "percent = 0.01 = %",
)

#: Standard deviations from the middle of a normal distribution to the ends of its middle 80 %, as intervals here hold.
Z80 = 1.2816

#: One number and one unit: pint itself takes any product, `min` and `4 5 min` included.
_WRITTEN = re.compile(r"\s*-?\d+(\.\d+)?\s*[A-Za-z%][A-Za-z/]*\s*")

#: What each kind of quantity is kept in, and an example for error messages.
KINDS = {
    "duration": ("second", "45 min"),
    "bit rate": ("bit/second", "20 Mbit/s"),
    "size": ("byte", "4 GiB"),
    "share": ("", "15 %"),
}


@cache
def _registry() -> "pint.UnitRegistry[float]":
    registry: pint.UnitRegistry[float] = pint.UnitRegistry(None)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


def parse(text: object, kind: str) -> float:
    """Read a quantity written with its unit.

    :param text: for example "20 Mbit/s".
    :param kind: a key of KINDS.
    :returns: the value in the base unit of that kind (seconds, bit/s, bytes, a share of 1).
    :raises ValueError: not text, no unit, an unknown unit, or a unit of another kind.
    """
    base, example = KINDS[kind]
    expected = f'expected a {kind} with its unit, like "{example}"'
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        raise ValueError(f"{expected}, not {text!r}")
    try:
        quantity: Any = _registry().Quantity(text.replace("%", " percent"))
        value = float(quantity.to(base or "dimensionless").magnitude)
    except Exception as error:  # pint raises its own tree, tokenize errors, overflows and bare AssertionErrors
        raise ValueError(f"{expected}, not {text!r}") from error
    if kind == "share" and "%" not in text:
        raise ValueError(f"{expected}, not {text!r}")
    return value


#: Below it a figure is told as 0, for nobody counts the zeros of 0.0000000004.
NEXT_TO_NOTHING = 1e-9


def _rounded(value: float) -> float:
    """Three significant digits: more would claim to know too much."""
    return float(f"{value:.3g}")


def _plain(value: float) -> str:
    """Three significant digits, without an exponent or a trailing zero; what is next to nothing is 0."""
    return "0" if abs(value) < NEXT_TO_NOTHING else f"{Decimal(f'{value:.3g}'):,f}"


def _scaled(value: float, unit: str, steps: tuple[tuple[float, str], ...]) -> str:
    for factor, prefix in steps:
        if abs(_rounded(value / factor)) >= 1:
            return f"{_plain(value / factor)} {prefix}{unit}"
    return f"{_plain(value)} {unit}"


def _counted(value: float, unit: str) -> str:
    """Things that can't be halved, in full: `1 learner`, `12,345 learners`."""
    if not isfinite(value):
        return f"? {unit}"
    return f"{round(value):,} {COUNTED[unit] if round(value) == 1 else unit}"


_DECIMAL = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_BINARY = ((2.0**40, "Ti"), (2.0**30, "Gi"), (2.0**20, "Mi"), (2.0**10, "Ki"))

#: From how many seconds on a time is told in the larger unit, and how many of them that is.
_TIMES = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"))

#: Units of what is counted one by one, each with the word for one of it.
COUNTED = {
    "learners": "learner",
    "processes": "process",
    "threads": "thread",
    "connections": "connection",
    "requests": "request",
}


def show(value: float, unit: str) -> str:
    """A figure as a person reads it: `71.3 Mbit/s`, `1.5 GiB`, `60 %`, `0.165/s`, `350 ms`, `198 learners`."""
    if unit in COUNTED:
        return _counted(value, unit)
    way = _SHOWN.get(unit)
    return way(value) if way else f"{_plain(value)} {unit}"


def _time(value: float) -> str:
    if 0 < abs(_rounded(value)) < 1:
        return f"{_plain(1000 * value)} ms"
    for least, seconds, unit in _TIMES:
        if abs(value) >= least:
            return f"{_plain(value / seconds)} {unit}"
    return f"{_plain(value)} s"


#: How a figure of a unit is told, where that is not its number and the unit's name.
_SHOWN: dict[str, Callable[[float], str]] = {
    "bit/s": lambda value: _scaled(value, "bit/s", _DECIMAL),
    "B": lambda value: _scaled(value, "B", _BINARY),
    "s": _time,
    "share": lambda value: f"{_plain(100 * value)} %",
    "1/s": lambda value: f"{_plain(value)}/s",
    "core": lambda value: f"{_plain(value)} {'core' if value == 1 else 'cores'}",
    "ratio": _plain,
}


class Frozen(BaseModel):
    """Base of every value of the domain: immutable, closed, savable as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(Frozen):
    """A figure that is not certain: low <= mid <= high, its unit, and how sure the interval is."""

    low: float
    mid: float
    high: float
    unit: str
    confidence: float = 0.8

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not -inf < self.low <= self.mid <= self.high < inf:
            raise ValueError(f"expected finite low <= mid <= high, not {self.low}, {self.mid}, {self.high}")
        return self

    @classmethod
    def exact(cls, value: float, unit: str) -> "Interval":
        """A figure that is known: an interval of no width."""
        return cls(low=value, mid=value, high=value, unit=unit, confidence=1.0)

    def scaled(self, factor: float, unit: str | None = None) -> "Interval":
        """The interval times a known, non-negative factor."""
        return self.model_copy(
            update={
                "low": self.low * factor,
                "mid": self.mid * factor,
                "high": self.high * factor,
                "unit": unit or self.unit,
            }
        )

    def times(self, other: "Interval", unit: str) -> "Interval":
        """The product of two non-negative intervals, end by end: an outer bound, so it never claims too little."""
        return Interval(
            low=self.low * other.low,
            mid=self.mid * other.mid,
            high=self.high * other.high,
            unit=unit,
            confidence=min(self.confidence, other.confidence),
        )

    def plus(self, other: "Interval") -> "Interval":
        """The sum of two intervals of the same unit, end by end."""
        if self.unit != other.unit:
            raise ValueError(f"can't add {other.unit} to {self.unit}")
        return Interval(
            low=self.low + other.low,
            mid=self.mid + other.mid,
            high=self.high + other.high,
            unit=self.unit,
            confidence=min(self.confidence, other.confidence),
        )

    def __str__(self) -> str:
        if self.low == self.high:
            return show(self.mid, self.unit)
        low, high = show(self.low, self.unit), show(self.high, self.unit)
        number, _, unit = low.partition(" ")
        same = unit and high.endswith(f" {unit}")
        return f"{number if same else low} to {high}, likely {show(self.mid, self.unit)}"


class Figure(Frozen):
    """A number that a person reads, with its unit and the reason for it."""

    value: float
    unit: str
    reason: str
    interval: Interval | None = None

    def __str__(self) -> str:
        return show(self.value, self.unit)
