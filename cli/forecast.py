"""forecast: predictions beside what came, of every verify and of every day of a course."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table

from cli.deployments import Standing, standing, write_private
from cli.known import known, own_calibration
from lms_stack import ledger
from lms_stack.calibration import Calibration, Refit, refitted, to_yaml
from lms_stack.demand import Demand
from lms_stack.errors import UsageError
from lms_stack.facts import Facts
from lms_stack.forecast import pages, predicted, rate_of_arrivals
from lms_stack.ledger import Coverage, Entry, Forecast
from lms_stack.measurement import LoadResult, Measurement
from lms_stack.paths import LEDGER, state_root
from lms_stack.plan import Plan
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.units import Interval, show
from lms_stack.verdict import Verdict

if TYPE_CHECKING:
    from cli.app import Settings

#: Fewest requests of a class whose p95 is set beside its forecast, as for a verdict.
SAMPLES = 60


def ledger_path() -> Path:
    """The ledger of this machine: it outlives the deployments that it tells of."""
    return state_root() / LEDGER


def record_verify(stack: Standing, wanted: Demand, measured: Measurement, judged: Verdict) -> Entry | None:
    """Write what was predicted for a verify beside what it measured; none where the stack was broken on purpose."""
    if measured.what_if.drill or measured.what_if.edge_link or measured.what_if.generator_cpu:
        return None
    from cli.app import _version  # noqa: PLC0415

    facts = known(stack.paths)
    made = Entry(
        at=measured.load.hold_ended.astimezone(UTC),
        event="verify",
        deployment=stack.paths.name,
        learners=wanted.learners,
        version=_version(),
        origin=facts.service_demands.origin,
        verdict=judged.outcome.value,
        forecasts=tuple(_of_verify(stack, wanted, measured, facts)),
    )
    ledger.append(ledger_path(), made)
    return made


def _of_verify(stack: Standing, wanted: Demand, measured: Measurement, facts: Facts) -> Iterator[Forecast]:
    own = own_calibration(stack.paths)
    rates = {name: figure.value for name, figure in wanted.requests.items()}
    solved = predicted(stack.topology, rates, facts, own)
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
def record_day(settings: "Settings") -> Entry:
    """Write the plan's forecast beside the busiest hour of the last 24 hours.

    :raises StepFailed: nothing stands, or Prometheus can't be reached.
    """
    from cli.app import _version  # noqa: PLC0415
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
        version=_version(),
        origin=known(stack.paths).service_demands.origin,
        verdict="observed",
        forecasts=tuple(_of_day(stack.plan, hour.requests, hour.egress, hour.cpu)),
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


# -------------------------------------------------------------------------------------------------------------- to show
@dataclass(frozen=True)
class Shown:
    """How well forecasts came true, as a document and for a person."""

    document: dict[str, Any]
    text: RenderableType


def forecast(settings: "Settings | None" = None, *, day: bool = False, refit: bool = False) -> Shown:
    """Show how well the intervals of the ledger covered what came.

    :param settings: of one course; every deployment of this machine where it is None.
    :param day: record the busiest hour of the last day first.
    :param refit: write what the ledger says into the course's calibration, for the next plan.
    :raises UsageError: a day or a refit without a course, or too few forecasts to refit by.
    """
    if (day or refit) and settings is None:
        raise UsageError("--day and --refit are of one course", hint="name its course file")
    if settings is not None and day:
        record_day(settings)
    found, torn = ledger.entries(ledger_path())
    used = ledger.usable(found, settings.paths.name if settings else None)
    change = _refit(settings, used) if settings is not None and refit else None
    rows = ledger.coverage(used)
    return Shown(_document(used, torn, rows, change), _text(used, torn, rows, change))


def _refit(settings: "Settings", used: Iterable[Entry]) -> Refit:
    before = own_calibration(settings.paths)
    if before is None:
        raise UsageError(
            f"{settings.paths.name} has no calibration to refit", hint="run `./taphuan calibrate COURSE.yaml` first"
        )
    now = datetime.now(UTC).replace(microsecond=0)
    change = refitted(ledger.cpu_ratios(_since(used, before)), before, now)
    write_private(settings.paths.calibration, to_yaml(before.model_copy(update={"refit": change})))
    return change


def _since(used: Iterable[Entry], calibration: Calibration) -> list[Entry]:
    """The forecasts that this calibration, as it stands, made."""
    since = calibration.refit.at if calibration.refit else calibration.measured
    return [each for each in used if each.at >= since and each.origin == calibration.origin]


def _document(used: tuple[Entry, ...], torn: int, rows: tuple[Coverage, ...], change: Refit | None) -> dict[str, Any]:
    return {
        "ledger": str(ledger_path()),
        "entries": [each.model_dump(mode="json") for each in used],
        "unreadable": torn,
        "coverage": [
            {**row.model_dump(), "share": row.share, "keeps_its_promise": row.keeps_its_promise} for row in rows
        ],
        "refit": change.model_dump(mode="json") if change else None,
    }


def _text(used: tuple[Entry, ...], torn: int, rows: tuple[Coverage, ...], change: Refit | None) -> RenderableType:
    if not rows:
        return f"No forecast yet in {ledger_path()}: each verify writes one, and `forecast COURSE.yaml --day` a day's."
    table = Table("figure", "held", "share (95 %)", "promised", "came / predicted", title=_title(used))
    for row in rows:
        table.add_row(*_cells(row))
    notes = [f"{torn} lines of the ledger can't be read and are left out."] if torn else []
    if change:
        notes.append(
            f"Refitted by {change.entries} forecasts: CPU time comes {change.factor:.2f} times as calibrated, "
            f"four times in five within a factor of {change.spread:.2f}. The next plan uses it."
        )
    return Group(table, *notes)


def _title(used: tuple[Entry, ...]) -> str:
    days = sum(each.event == "day" for each in used)
    return f"Forecasts of {len(used) - days} verifies and {days} days"


def _cells(row: Coverage) -> Iterator[str]:
    yield row.kind
    yield f"{row.held} of {row.of}"
    mark = "" if row.keeps_its_promise else " !"
    yield f"{show(row.share, 'share')} ({row.low:.0%} to {row.high:.0%}){mark}"
    yield show(row.promised, "share")
    yield f"{row.bias:.2f}" if row.bias is not None else "unknown"
