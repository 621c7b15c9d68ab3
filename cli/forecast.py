"""forecast: predictions beside what came, of every verify and of every day of a course, and what follows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from rich.console import Group, RenderableType
from rich.table import Table

from cli.deployments import write_private
from cli.known import own_calibration
from cli.recording import ledger_path, record_day
from cli.settings import Settings
from lms_stack import evenings, ledger
from lms_stack.calibration import Calibration, Refit, refitted, to_yaml
from lms_stack.errors import UsageError
from lms_stack.facts import Fact, facts
from lms_stack.ledger import Coverage, Entry
from lms_stack.units import show

Done = TypeVar("Done")


@dataclass(frozen=True)
class Shown:
    """How well forecasts came true, as a document and for a person."""

    document: dict[str, Any]
    text: RenderableType


@dataclass(frozen=True)
class Change:
    """What a refit changed: CPU time, and how many study at once; `left` says why one of them was not."""

    cpu: Refit | None = None
    concurrency: Fact | None = None
    left: tuple[str, ...] = ()


def forecast(settings: "Settings | None" = None, *, day: bool = False, refit: bool = False) -> Shown:
    """Show how well the intervals of the ledger covered what came.

    :param settings: of one course; every deployment of this machine where it is None.
    :param day: record the busiest hour of the last day first.
    :param refit: write what the ledger says into the course's calibration and activity, for the next plan.
    :raises UsageError: a day or a refit without a course, or too few forecasts to refit anything by.
    """
    if (day or refit) and settings is None:
        raise UsageError("--day and --refit are of one course", hint="name its course file")
    if settings is not None and day:
        record_day(settings)
    found, torn = ledger.entries(ledger_path())
    used = ledger.usable(found, settings.paths.name if settings else None)
    change = _refit(settings, used, found) if settings is not None and refit else Change()
    rows = ledger.coverage(used)
    return Shown(_document(used, torn, rows, change), _text(used, torn, rows, change))


def _refit(settings: Settings, used: Iterable[Entry], found: Iterable[Entry]) -> Change:
    """Refit what can be: CPU time by verifies, how many study at once by the course's days.

    :raises UsageError: neither can.
    """
    cpu, fact = _tried(lambda: _refit_cpu(settings, used)), _tried(lambda: _refit_concurrency(settings, found))
    if isinstance(cpu, UsageError) and isinstance(fact, UsageError):
        raise UsageError(f"{cpu.message}; {fact.message}", hint=cpu.hint)
    return Change(
        cpu=cpu if isinstance(cpu, Refit) else None,
        concurrency=fact if isinstance(fact, Fact) else None,
        left=tuple(each.message for each in (cpu, fact) if isinstance(each, UsageError)),
    )


def _tried(refit: Callable[[], Done]) -> Done | UsageError:
    try:
        return refit()
    except UsageError as error:
        return error


def _refit_cpu(settings: Settings, used: Iterable[Entry]) -> Refit:
    before = own_calibration(settings.paths)
    if before is None:
        raise UsageError(
            f"{settings.paths.name} has no calibration to refit", hint="run `./taphuan calibrate COURSE.yaml` first"
        )
    now = datetime.now(UTC).replace(microsecond=0)
    change = refitted(ledger.cpu_ratios(_since(used, before)), before, now)
    write_private(settings.paths.calibration, to_yaml(before.model_copy(update={"refit": change})))
    return change


def _refit_concurrency(settings: Settings, found: Iterable[Entry]) -> Fact:
    fact = evenings.refitted(evenings.seen_days(found, settings.paths.name), settings.paths.name, facts())
    write_private(settings.paths.activity, evenings.to_yaml(fact))
    return fact


def _since(used: Iterable[Entry], calibration: Calibration) -> list[Entry]:
    """The forecasts that this calibration, as it stands, made."""
    since = calibration.refit.at if calibration.refit else calibration.measured
    return [each for each in used if each.at >= since and each.origin == calibration.origin]


def _document(used: tuple[Entry, ...], torn: int, rows: tuple[Coverage, ...], change: Change) -> dict[str, Any]:
    return {
        "ledger": str(ledger_path()),
        "entries": [each.model_dump(mode="json") for each in used],
        "unreadable": torn,
        "coverage": [
            {**row.model_dump(), "share": row.share, "keeps_its_promise": row.keeps_its_promise} for row in rows
        ],
        "refit": change.cpu.model_dump(mode="json") if change.cpu else None,
        "concurrency": change.concurrency.model_dump(mode="json", exclude_none=True) if change.concurrency else None,
    }


def _text(used: tuple[Entry, ...], torn: int, rows: tuple[Coverage, ...], change: Change) -> RenderableType:
    if not rows:
        none = f"No forecast yet in {ledger_path()}: each verify writes one, and `forecast COURSE.yaml --day` a day's."
        return Group(none, *_changes(change))
    table = Table("figure", "held", "share (95 %)", "promised", "came / predicted", title=_title(used))
    for row in rows:
        table.add_row(*_cells(row))
    notes = [f"{torn} lines of the ledger can't be read and are left out."] if torn else []
    return Group(table, *notes, *_changes(change))


def _changes(change: Change) -> Iterator[str]:
    """What was refitted."""
    if cpu := change.cpu:
        yield (
            f"Refitted by {cpu.entries} forecasts: CPU time comes {cpu.factor:.2f} times as calibrated, "
            f"four times in five within a factor of {cpu.spread:.2f}. The next plan uses it."
        )
    if fact := change.concurrency:
        yield f"Refitted: {fact.what}: {fact.interval}. {fact.source} The next plan uses it."
    yield from (f"Not refitted: {each}." for each in change.left)


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
