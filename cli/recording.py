"""What is written into the forecast ledger: predictions beside what came, of a verify and of a day of a course."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.deployments import Standing, standing
from cli.known import known, own_calibration
from cli.settings import Settings, version
from lms_stack import ledger
from lms_stack.demand import Demand
from lms_stack.evenings import FACT, KIND, concurrency
from lms_stack.facts import Facts
from lms_stack.forecast import pages, predicted, rate_of_arrivals
from lms_stack.ledger import Entry, Forecast
from lms_stack.measurement import LoadResult, Measurement
from lms_stack.paths import LEDGER, state_root
from lms_stack.plan import Plan
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.units import Interval
from lms_stack.verdict import Verdict

if TYPE_CHECKING:
    from monitoring.busiest import BusiestHour

#: Fewest requests of a class whose p95 is set beside its forecast, as for a verdict.
SAMPLES = 60


def ledger_path() -> Path:
    """The ledger of this machine: it outlives the deployments that it tells of."""
    return state_root() / LEDGER


def record_verify(stack: Standing, wanted: Demand, measured: Measurement, judged: Verdict) -> Entry | None:
    """Write what was predicted for a verify beside what it measured.

    None where the stack was broken on purpose, or the load was ended by hand.
    """
    if measured.what_if.drill or measured.what_if.edge_link or measured.what_if.generator_cpu or measured.load.stopped:
        return None
    facts = known(stack.paths)
    made = Entry(
        at=measured.load.hold_ended.astimezone(UTC),
        event="verify",
        deployment=stack.paths.name,
        learners=wanted.learners,
        version=version(),
        origin=facts.service_demands.origin,
        verdict=judged.outcome.value,
        forecasts=tuple(_of_verify(stack, wanted, measured, facts)),
    )
    ledger.append(ledger_path(), made)
    return made


def _of_verify(stack: Standing, wanted: Demand, measured: Measurement, facts: Facts) -> Iterator[Forecast]:
    own = own_calibration(stack.paths)
    rates = {name: figure.value for name, figure in wanted.requests.items()}
    solved = predicted(stack.topology, rates, facts, own, pools=stack.plan.pools)
    yield from _cpu(solved.cpu(), measured)
    yield from _rates(stack, wanted, measured, facts)
    rows = {row.request_class: row for row in measured.load.classes}
    for name, times in pages(solved.p95()).items():
        row = rows.get(name)
        if row and row.p95 is not None and row.completed >= SAMPLES:
            yield Forecast(kind="p95", of=name, predicted=times, measured=row.p95)


def _cpu(shares: Mapping[str, Interval], measured: Measurement) -> Iterator[Forecast]:
    for use in measured.resources:
        if use.resource == "cpu" and use.host in shares:
            yield Forecast(kind="cpu", of=use.host, predicted=shares[use.host], measured=use.share)


def _rates(stack: Standing, wanted: Demand, measured: Measurement, facts: Facts) -> Iterator[Forecast]:
    seconds = _seconds(measured.load)
    journeys = [(each.arrivals.value, each.requests) for each in wanted.journeys]
    done = sum(row.completed for row in measured.load.classes) / seconds
    yield Forecast(kind="requests", of="site", predicted=rate_of_arrivals(journeys, seconds), measured=done)
    out = [use for use in measured.resources if use.name == "edge link out"]
    links = {host.name: host.link for host in stack.topology.hosts}
    sent = sum(use.share * (links[use.host] or 0.0) for use in out)
    bits = _bits(wanted, facts)
    yield Forecast(
        kind="egress", of="site", predicted=rate_of_arrivals(journeys, seconds, bits, "bit/s"), measured=sent
    )


def _seconds(load: LoadResult) -> float:
    return (load.hold_ended - load.hold_started).total_seconds()


def _bits(wanted: Demand, facts: Facts) -> dict[RequestClass, float]:
    """Bits on the wire of one answer of each class."""
    overhead = 8 * facts.sizing["protocol_overhead"].number
    sizes = {name: facts.service_demands.demands[name].bytes for name in wanted.requests}
    return {
        name: size * overhead
        for name, size in {**sizes, RequestClass.VIDEO_SEGMENT: wanted.segment_bytes.value}.items()
    }


# --------------------------------------------------------------------------------------------------------------- a day
def record_day(settings: Settings) -> Entry:
    """Write the plan's forecast beside the busiest hour of the last 24 hours.

    :raises StepFailed: nothing stands, or Prometheus can't be reached.
    """
    from monitoring.busiest import busiest_hour  # noqa: PLC0415
    from monitoring.prometheus import Prometheus  # noqa: PLC0415

    stack = standing(settings.paths)
    with settings.progress.step("day", "Ask Prometheus for the busiest hour of the last day"):
        hour = busiest_hour(Prometheus(stack.topology.url("prometheus")), stack.topology, datetime.now(UTC))
    made = Entry(
        at=hour.ended,
        event="day",
        deployment=stack.paths.name,
        learners=stack.plan.demand.learners,
        version=version(),
        origin=known(stack.paths).service_demands.origin,
        verdict="observed",
        forecasts=(*_of_day(stack.plan, hour.requests, hour.egress, hour.cpu), *_of_evening(stack, hour)),
    )
    ledger.append(ledger_path(), made)
    return made


def _of_day(plan: Plan, requests: float, egress: float, cpu: Mapping[str, float]) -> Iterator[Forecast]:
    intervals = [
        figure.interval or Interval.exact(figure.value, figure.unit)
        for name, figure in plan.demand.requests.items()
        if name not in FILE_CLASSES
    ]
    total = intervals[0]
    for each in intervals[1:]:
        total = total.plus(each)
    yield Forecast(kind="requests", of="site", predicted=total, measured=requests)
    if plan.demand.egress.interval:
        yield Forecast(kind="egress", of="site", predicted=plan.demand.egress.interval, measured=egress)
    for use in plan.predicted:
        if use.resource == "cpu" and use.share.interval and use.host in cpu:
            yield Forecast(kind="cpu", of=use.host, predicted=use.share.interval, measured=cpu[use.host])


def _of_evening(stack: Standing, hour: "BusiestHour") -> Iterator[Forecast]:
    """How many studied at once, where the hour tells; beside what the plan took for it."""
    facts, planned = known(stack.paths), stack.plan.demand
    live = planned.live.get(stack.course.name, ())
    seen = concurrency(hour, stack.course, live, facts)
    if seen is not None:
        taken = [each.interval for each in planned.inputs if each.name == FACT and not each.written]
        believed = taken[0] if taken else facts.activity[FACT].interval
        yield Forecast(kind=KIND, of="site", predicted=believed, measured=seen)
