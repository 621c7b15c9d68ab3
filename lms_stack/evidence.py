"""Whether a measurement can be judged at all: every sign that it is worthless, as an Excuse.

Each sign is written so that a value that is not a number counts against the measurement.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite

from lms_stack.demand import Demand
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult, Measurement
from lms_stack.units import Frozen, show


class Excuse(Frozen):
    """Why the answer is not `fits`: the reason, the resource it is about, and what was seen."""

    reason: str
    resource: str
    evidence: str


def doubts(measured: Measurement, limits: Mapping[str, float], played: Demand | None = None) -> Iterator[Excuse]:
    """Signs that the generator, or a gap in the evidence, made the measurement worthless.

    :param limits: the figures of facts/thresholds.yaml by name.
    :param played: the demand that the load test was to play; it isn't compared where it is None.
    """
    yield from _sick_generator(measured.load.generator, limits)
    yield from _short(measured.load, limits)
    yield from _impossible(measured)
    yield from _unknown(measured)
    if played:
        yield from _unplayed(measured.load, limits, played)


def _sick_generator(health: GeneratorHealth, limits: Mapping[str, float]) -> Iterator[Excuse]:
    lag, queue, achieved = (limits[name] for name in ("loop_lag_p99", "run_queue_share", "achieved_share"))
    signs = (
        (
            not 0 <= health.loop_lag_p99 <= lag,
            "the generator's event loop lagged",
            f"p99 {show(health.loop_lag_p99, 's')}, allowed {show(lag, 's')}",
        ),
        (
            not 0 <= health.run_queue_share <= queue,
            "the generator waited for its CPU",
            f"{show(health.run_queue_share, 'share')} of the time, allowed {show(queue, 'share')}",
        ),
        (
            not health.achieved_share >= achieved,
            "the generator missed arrivals",
            f"{health.started_arrivals:,} of {health.intended_arrivals:,} intended arrivals started",
        ),
        (health.cpu_warning, "Locust warned of its CPU", f"CPU use {show(health.cpu_share, 'share')}"),
    )
    for bad, reason, evidence in signs:
        if bad:
            yield Excuse(reason=reason, resource="generator", evidence=evidence)


def _short(load: LoadResult, limits: Mapping[str, float]) -> Iterator[Excuse]:
    seen = sum(each.completed + each.failed for each in load.classes)
    if not seen >= limits["enough_samples"]:
        yield Excuse(
            reason="too few requests to judge",
            resource="sample",
            evidence=f"{seen:,} requests in the hold, {limits['enough_samples']:,.0f} needed",
        )
    held = _held(load)
    if not held >= limits["shortest_hold"]:
        yield Excuse(
            reason="the peak was not held long enough",
            resource="sample",
            evidence=f"{show(held, 's')}, {show(limits['shortest_hold'], 's')} needed",
        )


def _held(load: LoadResult) -> float:
    return (load.hold_ended - load.hold_started).total_seconds()


def _impossible(measured: Measurement) -> Iterator[Excuse]:
    """Figures that no run can give: whatever made them, the others can't be trusted either."""
    named = [(each.request_class, each) for each in measured.load.classes]
    for name, row in named:
        if not _possible((row.intended, row.completed, row.failed)):
            evidence = f"intended {row.intended:g}, completed {row.completed}, failed {row.failed}"
            yield Excuse(reason="a count is impossible", resource=name, evidence=evidence)
        elif row.completed and not _timed(row):
            yield Excuse(reason="times are missing", resource=name, evidence=f"{row.completed} requests, p95 {row.p95}")
    for name in sorted({name for name, _ in named if [each for each, _ in named].count(name) > 1}):
        yield Excuse(reason="a class was reported twice", resource=name, evidence="two rows of one run")
    for use in measured.resources:
        if not _possible((use.share,)):
            evidence = f"{use.name} of {use.host}: {use.share:g}"
            yield Excuse(reason="a use is impossible", resource=use.resource, evidence=evidence)


def _possible(values: Iterable[float]) -> bool:
    return all(isfinite(value) and value >= 0 for value in values)


def _timed(row: ClassResult) -> bool:
    return row.p50 is not None and row.p95 is not None and _possible((row.p50, row.p95))


def _unknown(measured: Measurement) -> Iterator[Excuse]:
    """What learners are served by and nothing was read of: it could have been full."""
    read = {use.resource for use in measured.resources}
    for resource, what in (("cpu", "the stack's CPU"), ("link", "the edge link")):
        if resource not in read:
            yield Excuse(reason=f"nothing is known of {what}", resource="evidence", evidence="its use was not read")
    for missing in measured.missing_metrics:
        yield Excuse(reason="a metric of the stack is missing", resource="evidence", evidence=missing)


def _unplayed(load: LoadResult, limits: Mapping[str, float], played: Demand) -> Iterator[Excuse]:
    """Arrivals are drawn, so a class may come out a little below the plan, but not at half of it."""
    intended = {each.request_class: each.intended for each in load.classes}
    for name, rate in played.requests.items():
        planned = rate.value * _held(load)
        if planned >= limits["class_samples"] and not intended.get(name, 0.0) >= planned / 2:
            evidence = f"{intended.get(name, 0.0):,.0f} of {planned:,.0f} planned requests were intended"
            yield Excuse(reason="the planned load was not played", resource=name, evidence=evidence)
