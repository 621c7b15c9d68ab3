"""What numbers of learners need, as a document, a table, a chart in the terminal, and a chart in a file."""

from collections.abc import Sequence
from math import log10
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from lms_stack.sizing.curve import CurvePoint
from lms_stack.units import Figure, show

#: Kinds of chart by the end of the file's name.
CHART_FILES = (".png", ".svg")

#: Columns and lines of one chart in the terminal.
_WIDTH, _HEIGHT = 96, 16

INK, SHADE = "#0b5cad", "#b7d2ee"


def curve_document(points: Sequence[CurvePoint]) -> dict[str, Any]:
    """The curve for `--json`: a `reason` beside every number."""
    return {"curve": [point.model_dump(mode="json") for point in points]}


def curve_page(names: Sequence[str], points: Sequence[CurvePoint]) -> RenderableType:
    """The curve as a table: the middle of the draws, and the interval that holds 80 % of them.

    :param names: of the courses on one stack.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("learners", "requests/s", "cores busy", "cores", "line", "pages, p95", "least regret"):
        table.add_column(column, justify="left" if column == "least regret" else "right")
    for point in points:
        table.add_row(
            f"{point.learners:,}",
            _both(point.requests),
            _both(point.cores),
            f"{point.planned_cores.value:g}",
            str(point.line),
            str(point.page_p95),
            point.best or "none fits",
        )
    notes: list[RenderableType] = [
        Text(f"{point.learners:,}: {excuse.reason}: {excuse.evidence}") for point in points for excuse in point.excuses
    ]
    title = f"[bold]{escape(' with '.join(names))}[/bold]: with other numbers of learners; intervals hold 80 % of draws"
    return Group(title, "", table, *([""] if notes else []), *notes)


def _both(figure: Figure) -> str:
    """The middle and, in a second line, the ends; without the unit, which the column's head has."""
    ends = f"\n{_bare(figure.interval.low)} to {_bare(figure.interval.high)}" if figure.interval else ""
    return f"{_bare(figure.value)}{ends}"


def _bare(value: float) -> str:
    return show(value, "ratio")


#: What is drawn: the title with its unit, the figure, and what one of the axis' unit is.
_DRAWN = (("requests/s at the peak", "requests", 1.0), ("cores busy", "cores", 1.0), ("egress, Gbit/s", "egress", 1e9))


def _series(points: Sequence[CurvePoint], field: str, scale: float) -> tuple[list[float], list[float], list[float]]:
    """Low, middle and high of each point."""
    intervals = [getattr(point, field).interval for point in points]
    return (
        [each.low / scale for each in intervals],
        [each.mid / scale for each in intervals],
        [each.high / scale for each in intervals],
    )


def terminal_chart(points: Sequence[CurvePoint]) -> RenderableType:
    """Three curves by plotext, each with the ends of its interval."""
    return Group(*(_terminal(points, title, field, scale) for title, field, scale in _DRAWN))


def _terminal(points: Sequence[CurvePoint], title: str, field: str, scale: float) -> Text:
    """Both axes by powers of ten, drawn from logarithms: plotext's own ticks of such an axis are hard to read."""
    from plotext import figure  # noqa: PLC0415 - only a chart needs it

    low, middle, high = _series(points, field, scale)
    learners = [log10(point.learners) for point in points]
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(_WIDTH, _HEIGHT)
    figure.title(title)
    for values, marker in ((low, "."), (high, "."), (middle, "hd")):
        figure.draw(figure.signal(learners, [log10(value) for value in values], marker=marker).lines())
    figure.ruler("x").ticks(learners, [f"{point.learners:,}" for point in points])
    figure.ruler("y").ticks([log10(value) for value in middle], [_bare(value) for value in middle])
    return Text.from_ansi(figure.build().string())


def save_chart(points: Sequence[CurvePoint], file: Path) -> None:
    """The same by matplotlib, in the kind of picture that the file's name ends with."""
    import matplotlib as mpl  # noqa: PLC0415 - takes a while to load
    from matplotlib.figure import Figure as Picture  # noqa: PLC0415

    with mpl.rc_context({"svg.fonttype": "none", "font.family": "sans-serif"}):
        picture = Picture(figsize=(10, 3.4), layout="constrained")
        for index, (title, field, scale) in enumerate(_DRAWN):
            axes: Any = picture.add_subplot(1, len(_DRAWN), index + 1)
            _draw(axes, points, field, scale)
            axes.set_title(title, fontsize=10)
        picture.savefig(file, dpi=150)


def _draw(axes: Any, points: Sequence[CurvePoint], field: str, scale: float) -> None:
    learners = [point.learners for point in points]
    low, middle, high = _series(points, field, scale)
    axes.fill_between(learners, low, high, color=SHADE, linewidth=0)
    axes.plot(learners, middle, color=INK, marker="o", markersize=3)
    axes.set_xlabel("learners")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.spines[["top", "right"]].set_visible(False)
