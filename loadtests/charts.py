"""The report's charts, as SVG to be put into the page: no host is asked for anything, and paper shows them too."""

from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

from lms_stack.measurement import ClassResult, LoadResult, Measurement
from lms_stack.plan import Utilisation
from lms_stack.request_classes import FILE_CLASSES
from loadtests.attribution import Breaking
from loadtests.wording import PHASES, RESOURCES, count

#: Inches of a chart as wide as the page, and of one of two side by side.
WHOLE, HALF = 7.2, 4.6
INK, QUIET, ACCENT, BAD, GOOD = "#1c2733", "#8794a1", "#0b5cad", "#b3261e", "#14713d"


#: The phases of a run as bands behind its charts.
BANDS = {"warm-up": "#eef1f4", "hold": "#dcebf9", "storm": "#fdeccb", "ramp": "#f3e3f5", "recovery": "#dff0e4"}


def requests_over_time(load: LoadResult) -> str:
    """Requests and failures in each second, and the rate at which the ramp found the knee."""

    def draw(axes: Any) -> None:
        seconds = [each.second for each in load.samples]
        axes.plot(seconds, [each.requests for each in load.samples], color=ACCENT, label="yêu cầu / requests")
        axes.plot(seconds, [each.failures for each in load.samples], color=BAD, label="lỗi / failures")
        if load.saturation:
            knee = load.saturation.requests_per_second
            axes.axhline(knee, color=INK, linestyle=":", linewidth=1, label="bão hòa / knee")
        axes.set_ylim(bottom=0, top=1.2 * axes.get_ylim()[1])  # room for what the lines are
        axes.legend(frameon=False, loc="upper left", ncols=3, fontsize=6.5, columnspacing=1, handlelength=1.2)
        _bands(axes, load)

    return _chart(draw, "giây / s", "1/s", width=HALF)


def p95_over_time(load: LoadResult, objective: float) -> str:
    """The p95 of each second, videos included, with what pages may take."""

    def draw(axes: Any) -> None:
        known = [(each.second, each.p95) for each in load.samples if each.p95 is not None]
        axes.plot([at for at, _ in known], [p95 for _, p95 in known], color=ACCENT)
        axes.axhline(objective, color=BAD, linestyle="--", linewidth=1)
        _bands(axes, load)

    return _chart(draw, "giây / s", "p95, s", width=HALF)


def bits_over_time(load: LoadResult) -> str:
    """What the learners received, in Mbit/s."""

    def draw(axes: Any) -> None:
        axes.plot([each.second for each in load.samples], [each.bits / 1e6 for each in load.samples], color=ACCENT)
        _bands(axes, load)

    return _chart(draw, "giây / s", "Mbit/s", width=HALF)


def _bands(axes: Any, load: LoadResult) -> None:
    """The phases behind a chart of the run; the hold alone where an older run told no phases."""
    phases = [(each.name, each.started, each.ended) for each in load.phases]
    for name, began, ended in phases or [("hold", load.hold_started, load.hold_ended)]:
        left, right = ((at - load.started).total_seconds() for at in (began, ended))
        axes.axvspan(left, right, color=BANDS[name], zorder=0, linewidth=0)
        # Above the chart and aslant: a short phase has no room for its name, and lines would run through it.
        above = {"transform": axes.get_xaxis_transform(), "ha": "left", "va": "bottom", "rotation": 25}
        axes.text((left + right) / 2, 1.01, PHASES.get(name, name), fontsize=6.5, color=QUIET, **above)


def breaking_order(order: Sequence[Breaking], learners: int) -> str:
    """How many enrolled learners would fill each resource, beside how many there are."""
    rows = [row for row in order if row.learners is not None][:8]

    def draw(axes: Any) -> None:
        names = [f"{row.host} {RESOURCES.get(row.name, row.name)}" for row in rows]
        full = [row.learners or 0 for row in rows]
        axes.barh(names, full, color=[BAD if row.exhausted else ACCENT for row in rows])
        axes.axvline(learners, color=INK, linestyle="--", linewidth=1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _place: count(value))
        axes.invert_yaxis()

    return _chart(draw, "học viên / learners", "", height=0.7 + 0.26 * max(1, len(rows)))


def classes_against_objective(classes: Sequence[ClassResult], objective: float) -> str:
    """Each page class's p95 beside what is allowed."""
    pages = [each for each in classes if each.p95 is not None and each.request_class not in FILE_CLASSES]

    def draw(axes: Any) -> None:
        names, values = [each.request_class.value for each in pages], [each.p95 or 0 for each in pages]
        axes.barh(names, values, color=[BAD if value > objective else ACCENT for value in values])
        axes.axvline(objective, color=BAD, linestyle="--", linewidth=1)
        axes.margins(y=0.01)
        axes.invert_yaxis()

    return _chart(draw, "p95, s", "", height=0.6 + 0.2 * max(1, len(pages)), width=HALF)


def predicted_and_measured(predicted: Sequence[Utilisation], measured: Measurement) -> str:
    """Where the plan's interval lay, and what was measured."""
    seen = {(use.host, use.resource): use.share for use in reversed(measured.resources)}

    def draw(axes: Any) -> None:
        for place, use in enumerate(predicted):
            interval = use.share.interval
            if interval:
                axes.plot(
                    [100 * interval.low, 100 * interval.high], [place, place], color=QUIET, linewidth=8, alpha=0.5
                )
            if (share := seen.get((use.host, use.resource))) is not None:
                axes.plot(100 * share, place, "o", color=ACCENT if share < 0.9 else BAD, markersize=9)
        axes.set_yticks(range(len(predicted)), [f"{use.host} {use.resource}" for use in predicted])
        axes.set_xlim(0, 110)
        axes.set_ylim(len(predicted) - 0.5, -0.5)

    return _chart(draw, "%", "", height=0.7 + 0.4 * max(1, len(predicted)))


def _chart(draw: Callable[[Any], None], across: str, up: str, height: float = 2.4, width: float = WHOLE) -> str:
    """One chart as an SVG element; the same data give the same text."""
    import matplotlib as mpl  # noqa: PLC0415 - takes a second to load, and only reports need it

    mpl.use("svg")
    from matplotlib.figure import Figure  # noqa: PLC0415

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "taphuan",
        "font.size": 9,
        "axes.edgecolor": QUIET,
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, alpha=0.25)
        axes.set_axisbelow(True)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return text.getvalue()[text.getvalue().index("<svg") :]
