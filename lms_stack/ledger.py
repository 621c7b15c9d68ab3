"""The forecast ledger: what was predicted beside what came, one line for each verify and each real course day.

A line is written whole and forced to the disk before anything else happens; a line that a kill or a power cut left
half-written is passed over when the ledger is read, and the next one still begins a line of its own.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import exp, log
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from lms_stack.units import Frozen, Interval

#: How sure the interval of a coverage is that is told beside it.
CONFIDENCE = 0.95


class Forecast(Frozen):
    """One figure: what it is of (`cpu`, `p95`, ...), of which host or class, the prediction, and what came."""

    kind: Literal["cpu", "link", "requests", "egress", "p95", "concurrency"]
    of: str
    predicted: Interval
    measured: float

    @property
    def covered(self) -> bool:
        """Whether the interval held what came."""
        return self.predicted.low <= self.measured <= self.predicted.high

    @property
    def ratio(self) -> float:
        """What came as a multiple of the middle of the prediction; not a number where either is nothing."""
        some = self.predicted.mid > 0 and self.measured > 0
        return self.measured / self.predicted.mid if some else float("nan")


class Entry(Frozen):
    """One verify, or one real course day: forecasts of the same moment, and what they rested on."""

    at: datetime
    event: Literal["verify", "day"]
    deployment: str
    learners: int
    version: str
    origin: str
    verdict: str
    forecasts: tuple[Forecast, ...]

    @property
    def requests(self) -> float:
        """Requests per second that came."""
        return sum(each.measured for each in self.forecasts if each.kind == "requests")


class Coverage(Frozen):
    """How often intervals held what came, with a binomial interval of that share, and how far the middle was off.

    `promised` is the share that the intervals themselves promise. `bias` is the geometric mean of measured / predicted:
    above 1 more came than was predicted. None where no ratio is known.
    """

    kind: str
    held: int
    of: int
    low: float
    high: float
    promised: float
    bias: float | None

    @property
    def share(self) -> float:
        """The share of the forecasts that held."""
        return self.held / self.of

    @property
    def keeps_its_promise(self) -> bool:
        """Whether what was seen is compatible with what the intervals promise."""
        return self.low <= self.promised <= self.high


def append(path: Path, entry: Entry) -> None:
    """Add one line, whole and on the disk when this returns; the file is readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        line = entry.model_dump_json().encode() + b"\n"
        os.write(handle, b"\n" + line if torn else line)
        os.fsync(handle)
    finally:
        os.close(handle)


def entries(path: Path) -> tuple[tuple[Entry, ...], int]:
    """The ledger in its order, and how many of its lines can't be read; nothing where there is none yet."""
    if not path.exists():
        return (), 0
    found, torn = [], 0
    for line in path.read_bytes().splitlines():
        try:
            found.append(Entry.model_validate_json(line))
        except ValidationError:
            torn += bool(line.strip())
    return tuple(found), torn


def usable(found: Iterable[Entry], deployment: str | None = None) -> tuple[Entry, ...]:
    """The entries that say something of the forecasts: of one deployment where named, and no invalid measurement.

    A plan foretells a course's busiest evening: of its days only the busiest so far counts.
    """
    named = [
        each for each in found if each.verdict != "invalid" and (deployment is None or each.deployment == deployment)
    ]
    busiest: dict[str, Entry] = {}
    for each in named:
        if each.event == "day" and each.requests > (
            busiest[each.deployment].requests if each.deployment in busiest else 0
        ):
            busiest[each.deployment] = each
    return tuple(each for each in named if each.event == "verify" or busiest.get(each.deployment) is each)


def coverage(found: Iterable[Entry]) -> tuple[Coverage, ...]:
    """How well the intervals covered what came: each kind of figure, and all together last."""
    kinds: dict[str, list[Forecast]] = {}
    for each in (forecast for entry in found for forecast in entry.forecasts):
        kinds.setdefault(each.kind, []).append(each)
    rows = [_covered(kind, kinds[kind]) for kind in sorted(kinds)]
    everything = [each for group in kinds.values() for each in group]
    return (*rows, _covered("all", everything)) if everything else ()


def _covered(kind: str, forecasts: list[Forecast]) -> Coverage:
    held = sum(each.covered for each in forecasts)
    low, high = binomial_interval(held, len(forecasts))
    ratios = [each.ratio for each in forecasts if each.ratio > 0]
    return Coverage(
        kind=kind,
        held=held,
        of=len(forecasts),
        low=low,
        high=high,
        promised=sum(each.predicted.confidence for each in forecasts) / len(forecasts),
        bias=exp(sum(map(log, ratios)) / len(ratios)) if ratios else None,
    )


def binomial_interval(held: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The share behind `held` of `of`, exactly: Clopper and Pearson, Biometrika 26(4), 1934.

    :raises ValueError: held is not between 0 and of, or of is 0.
    """
    from scipy import stats  # noqa: PLC0415 - slow to load

    if not 0 <= held <= of or of == 0:
        raise ValueError(f"expected some forecasts and 0 to all of them held, not {held} of {of}")
    interval = stats.binomtest(held, of).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


def of_the_next(values: Sequence[float]) -> tuple[float, float]:
    """The geometric mean of what came, and the factor around it within which the next comes four times in five.

    The scatter of few values is itself uncertain: Student's t for the next one, not the normal distribution.

    :param values: two at least, all above 0.
    """
    import numpy as np  # noqa: PLC0415 - slow to load
    from scipy import stats  # noqa: PLC0415 - slow to load

    logs = np.log(np.asarray(values, float))
    wide = float(stats.t.ppf(0.9, len(logs) - 1) * logs.std(ddof=1) * (1 + 1 / len(logs)) ** 0.5)
    return exp(float(logs.mean())), exp(wide)


def cpu_ratios(found: Iterable[Entry]) -> list[float]:
    """Measured / predicted CPU use of each verify: what a calibration is refitted by.

    Of several hosts the one counts that was predicted busiest: the others' share of the error is the rest's.
    """
    ratios = []
    for entry in found:
        busy = [each for each in entry.forecasts if each.kind == "cpu" and each.ratio > 0]
        if entry.event == "verify" and busy:
            ratios.append(max(busy, key=lambda each: each.predicted.mid).ratio)
    return ratios
