"""Whether a measurement can be judged at all: every sign that it is worthless, as an Excuse.

Each sign is written so that a value that is not a number counts against the measurement.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite

from lms_stack.demand import Demand
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult, MachineLoad, Measurement
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
    yield from _stopped(measured.load)
    yield from _sick_generators(measured.load, limits)
    yield from _clocks(measured, limits)
    yield from _cold(measured, limits)
    yield from _short(measured.load, limits)
    yield from _impossible(measured)
    yield from _unknown(measured)
    if played:
        yield from _unplayed(measured.load, limits, played)


#: What is said of a run that gets slower with time, and of one that stood still for a while.
SLOWER, STOOD_STILL = "answers get slower with time", "the site stood still"
#: Reasons that other work on the machine can cause by itself; wrong answers and full resources it can't.
_LATENESS = ("answers came late", SLOWER, STOOD_STILL, "in the exam storm answers came late")


def disturbed(measured: Measurement, limits: Mapping[str, float], excuses: Iterable[Excuse]) -> Excuse | None:
    """Why a bad result may be the machine's and not the stack's: it was full with other work, or not all there.

    Other work only makes answers later, so a measurement that fits in spite of it stands; one that fails by lateness
    alone doesn't. Nor does one whose only fault is that answers got slower while the cores did.
    """
    given = [excuse.reason for excuse in excuses]
    if not all(reason.startswith(_LATENESS) for reason in given):
        return None
    slowed = _slowed(measured, limits) if given == [SLOWER] else None
    return slowed or _other_work(measured.machine, limits)


def _slowed(measured: Measurement, limits: Mapping[str, float]) -> Excuse | None:
    """The host whose cores' speed fell most from the first third of the hold to the last, where that is much."""
    shares = [(each.last / each.first, each.host) for each in measured.core_speeds if each.first and each.last]
    share, host = min(shares, default=(1.0, ""))
    if share > limits["cores_kept"]:
        return None
    seen = f"{host}: in the last third of the hold {show(share, 'share')} of their speed in the first"
    return Excuse(reason="the cores got slower while the peak was held", resource="machine", evidence=seen)


def _other_work(machine: MachineLoad | None, limits: Mapping[str, float]) -> Excuse | None:
    """What others had of the machine, where that is much."""
    if machine is None:
        return None
    full = machine.busy >= limits["machine_full"] * machine.cores
    if full and machine.others > limits["other_load"] * machine.cores:
        reason = "the machine was full, and busy with other work"
        seen = f"{machine.others:.2f} of {machine.cores:g} cores, allowed {show(limits['other_load'], 'share')}"
        return Excuse(reason=reason, resource="machine", evidence=seen)
    if machine.steal > limits["steal"]:
        seen = f"{show(machine.steal, 'share')} of the time, allowed {show(limits['steal'], 'share')}"
        return Excuse(reason="a hypervisor kept the CPU from the machine", resource="machine", evidence=seen)
    return None


def _stopped(load: LoadResult) -> Iterator[Excuse]:
    if load.stopped:
        evidence = f"ended by Ctrl-C after {show(_held(load), 's')} of the hold"
        yield Excuse(reason="the load test was stopped by hand", resource="sample", evidence=evidence)


def _sick_generators(load: LoadResult, limits: Mapping[str, float]) -> Iterator[Excuse]:
    """One sick host spoils what all of them have measured; it is named where there are several."""
    if len(load.generators) < 2:
        yield from _sick_generator(load.generator, limits)
        return
    for each in load.generators:
        for excuse in _sick_generator(each, limits):
            yield excuse.model_copy(update={"evidence": f"{each.host}: {excuse.evidence}"})


def _clocks(measured: Measurement, limits: Mapping[str, float]) -> Iterator[Excuse]:
    """Hosts whose clock is surely too far off: metrics are then read for another time than the hold's."""
    for clock in measured.clocks:
        if not abs(clock.ahead) - clock.uncertainty <= limits["clock_difference"]:
            evidence = (
                f"{clock.host}: {show(abs(clock.ahead), 's')} {'ahead' if clock.ahead > 0 else 'behind'}, "
                f"give or take {show(clock.uncertainty, 's')}; allowed {show(limits['clock_difference'], 's')}"
            )
            yield Excuse(reason="clocks differ", resource="clock", evidence=evidence)


def _cold(measured: Measurement, limits: Mapping[str, float]) -> Iterator[Excuse]:
    """A cache that was emptied meanwhile: what came after it is neither the warm site nor a cold start."""
    lost = measured.cache_lost
    if lost is not None and not lost <= limits["cache_lost"]:
        evidence = f"{show(lost, 'share')} of its keys were gone at once, allowed {show(limits['cache_lost'], 'share')}"
        yield Excuse(reason="the cache was emptied and cold", resource="cache", evidence=evidence)


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
        (
            health.link_bits is not None
            and health.link_speed is not None
            and not health.link_bits <= limits["generator_link"] * health.link_speed,
            "the generator's own line was full",
            f"{show(health.link_bits or 0.0, 'bit/s')} of {show(health.link_speed or 0.0, 'bit/s')}",
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


def gaps(measured: Measurement) -> Iterator[Excuse]:
    """Metrics that were not read. A stack that is full may answer nobody any more, its monitoring neither."""
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
