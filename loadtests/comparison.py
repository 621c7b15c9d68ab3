"""This run beside the last one of the same deployment: what got worse by more than chance can explain."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, log, sqrt
from pathlib import Path
from typing import Literal

from lms_stack.facts import facts
from lms_stack.measurement import ClassResult, Measurement, WhatIf
from lms_stack.units import Frozen, show
from loadtests.attribution import served_rate

#: Both ends of an interval that holds the truth in 95 of 100 runs: the 97.5 % point of the normal distribution.
NORMAL_95 = 1.96


class LastRun(Frozen):
    """An older measurement of the same deployment, what was said of it, and which plan it was of."""

    measured: Measurement
    verdict: str
    plan_hash: str
    folder: str


class Seen(Frozen):
    """One figure of one run with the interval that its counts leave open."""

    value: float
    low: float
    high: float


class KeyFigure(Frozen):
    """One figure now and before. `change` says whether it got worse or better by more than the noise."""

    name: str
    unit: str
    now: Seen
    before: Seen
    change: Literal["worse", "better", "same"]

    @property
    def shown(self) -> tuple[str, str, str]:
        """Before, now, and the difference, as a person reads them."""
        before, now = self.before.value, self.now.value
        step = f"{100 * (now / before - 1):+.0f} %" if before > 0 else "–"
        return show(before, self.unit), show(now, self.unit), step


def last_run(measurements: Path, what_if: WhatIf, before: str = "~") -> LastRun | None:
    """The newest measurement of a deployment that was made under the same what-ifs; None where there is none.

    What can't be read (a run that was killed while it wrote, a file of another version) is passed over, and so is what
    was invalid: it is no measure of anything.

    :param measurements: the folder that holds one folder for each verify, named by time.
    :param before: only folders whose name sorts before it.
    """
    for folder in sorted((each for each in measurements.glob("*") if each.name < before), reverse=True):
        try:
            measured = Measurement.model_validate_json((folder / "measurement.json").read_bytes())
            told = json.loads((folder / "report.json").read_bytes())
            found = LastRun(measured=measured, verdict=told["verdict"], plan_hash=told["plan_hash"], folder=folder.name)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if measured.what_if == what_if and found.verdict != "invalid":
            return found
    return None


def compared(now: Measurement, before: Measurement) -> tuple[KeyFigure, ...]:
    """The key figures of two runs: failures, the knee, CPU for each request, and the p95 of every class with one."""
    failed = _figure("failed", "share", _failed(now), _failed(before))
    return (*failed, *_knee(now, before), *_cpu(now, before), *_classes(now, before))


def _knee(now: Measurement, before: Measurement) -> Iterator[KeyFigure]:
    """The requests/s at which the ramp broke: more is better; no counts bound it, so the step alone decides."""
    knees = [run.load.saturation for run in (now, before)]
    rates = [knee.requests_per_second for knee in knees if knee and knee.reached]
    if len(rates) == 2 and min(rates) > 0:
        least = 1 + facts().thresholds["run_to_run"].number
        change = "worse" if rates[0] * least < rates[1] else "better" if rates[0] > rates[1] * least else "same"
        seen = [Seen(value=rate, low=rate, high=rate) for rate in rates]
        yield KeyFigure.model_validate(
            {"name": "saturation", "unit": "1/s", "now": seen[0], "before": seen[1], "change": change}
        )


def _figure(
    name: str, unit: str, now: Seen | None, before: Seen | None, noise: str = "run_to_run"
) -> Iterator[KeyFigure]:
    """A figure of which less is better; it changed where the intervals don't meet and the step is large enough.

    Counts know nothing of how two runs of the same stack differ by themselves, so a step must also exceed what such
    runs were seen to differ by (facts run_to_run and run_to_run_p95).
    """
    if now and before:
        least = 1 + facts().thresholds[noise].number
        worse = now.low > before.high and now.value > before.value * least
        better = now.high < before.low and now.value * least < before.value
        yield KeyFigure(
            name=name, unit=unit, now=now, before=before, change="worse" if worse else "better" if better else "same"
        )


def _failed(measured: Measurement) -> Seen | None:
    """Share of the requests that failed, with Wilson's interval (Probable Inference, JASA 1927)."""
    failed = sum(each.failed for each in measured.load.classes)
    total = failed + sum(each.completed for each in measured.load.classes)
    if not total:
        return None
    from scipy.stats import binomtest  # noqa: PLC0415 - takes a second to load, and only reports need it

    around = binomtest(failed, total).proportion_ci(0.95, method="wilson")
    return Seen(value=failed / total, low=float(around.low), high=float(around.high))


def _cpu(now: Measurement, before: Measurement) -> Iterator[KeyFigure]:
    for host in sorted({use.host for use in now.resources if use.resource == "cpu"}):
        yield from _figure(f"CPU / request, {host}", "s", _cpu_of(now, host), _cpu_of(before, host))


def _cpu_of(measured: Measurement, host: str) -> Seen | None:
    """CPU-seconds of a host for each request of the hold: D = U / X, of n requests.

    With times that scatter as those of M/M/1 (as much as their mean) the mean of n lies within 1.96 / sqrt(n) of it.
    """
    use = next((each for each in measured.resources if each.resource == "cpu" and each.host == host), None)
    requests = sum(each.completed + each.failed for each in measured.load.classes)
    if use is None or use.size is None or not requests or not served_rate(measured):
        return None
    value, open_by = use.share * use.size / served_rate(measured), NORMAL_95 / sqrt(requests)
    return Seen(value=value, low=value * (1 - open_by), high=value * (1 + open_by))


def _classes(now: Measurement, before: Measurement) -> Iterator[KeyFigure]:
    earlier = {each.request_class: each for each in before.load.classes}
    for each in now.load.classes:
        if each.request_class in earlier:
            name = f"p95, {each.request_class}"
            yield from _figure(name, "s", p95_seen(each), p95_seen(earlier[each.request_class]), "run_to_run_p95")


def p95_seen(each: ClassResult) -> Seen | None:
    """A class's p95 and the times between which it lies; None for classes too rare for one (class_samples).

    Which of n sorted times is the p95 is a draw of the binomial distribution of n and 0.95 (the distribution-free
    interval of a quantile: Conover, Practical Nonparametric Statistics, 1999, section 3.2). The times at the ends of
    that interval are read off between the percentiles that were kept.
    """
    count = each.completed + each.failed
    known = ((0.50, each.p50), (0.95, each.p95), (0.99, each.p99), (1.0, each.longest))
    times = [(share, time) for share, time in known if time is not None]
    if count < facts().thresholds["class_samples"].number or len(times) < len(known) or each.p95 is None:
        return None
    from scipy.stats import binom  # noqa: PLC0415 - as above

    low, high = (float(binom.ppf(end, count, 0.95)) / count for end in (0.025, 0.975))
    return Seen(value=each.p95, low=min(each.p95, _between(times, low)), high=max(each.p95, _between(times, high)))


def _between(times: Sequence[tuple[float, float]], share: float) -> float:
    """The time at a share of the answers, read off on a logarithmic scale between those that are known."""
    for (low, early), (high, late) in pairwise(times):
        if share <= high:
            along = max(0.0, (share - low) / (high - low))
            return exp(log(max(early, 1e-6)) * (1 - along) + log(max(late, 1e-6)) * along)
    return times[-1][1]
