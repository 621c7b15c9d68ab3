"""forecast: predictions beside what came, of every verify and of every day of a course, and what follows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table

from cli.deployments import write_private
from cli.known import own_calibration
from cli.recording import ledger_path, record_day
from lms_stack import ledger
from lms_stack.calibration import Calibration, Refit, refitted, to_yaml
from lms_stack.errors import UsageError
from lms_stack.ledger import Coverage, Entry
from lms_stack.units import show

if TYPE_CHECKING:
    from cli.app import Settings


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
