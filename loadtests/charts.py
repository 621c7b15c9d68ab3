"""The report's charts, as SVG to be put into the page: no host is asked for anything, and paper shows them too."""

from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

from lms_stack.measurement import ClassResult, Measurement, Sample
from lms_stack.plan import Utilisation

INK, QUIET, ACCENT, BAD, GOOD = "#1c2733", "#8794a1", "#0b5cad", "#b3261e", "#14713d"


def requests_over_time(samples: Sequence[Sample]) -> str:
    """Requests and failures in each second."""

    def draw(axes: Any) -> None:
        seconds = [each.second for each in samples]
        axes.plot(seconds, [each.requests for each in samples], color=ACCENT, label="yêu cầu / requests")
        axes.plot(seconds, [each.failures for each in samples], color=BAD, label="lỗi / failures")
        axes.legend(frameon=False, loc="upper right")

    return _chart(draw, "giây / s", "1/s")


def p95_over_time(samples: Sequence[Sample], objective: float) -> str:
    """The p95 of each second, videos included, with what pages may take."""

    def draw(axes: Any) -> None:
        known = [(each.second, each.p95) for each in samples if each.p95 is not None]
        axes.plot([at for at, _ in known], [p95 for _, p95 in known], color=ACCENT)
        axes.axhline(objective, color=BAD, linestyle="--", linewidth=1)

    return _chart(draw, "giây / s", "p95, s")


def bits_over_time(samples: Sequence[Sample]) -> str:
    """What the learners received, in Mbit/s."""

    def draw(axes: Any) -> None:
        axes.plot([each.second for each in samples], [each.bits / 1e6 for each in samples], color=ACCENT)

    return _chart(draw, "giây / s", "Mbit/s")


def classes_against_objective(classes: Sequence[ClassResult], objective: float) -> str:
    """Each page class's p95 beside what is allowed."""
    pages = [each for each in classes if each.p95 is not None and each.request_class != "video_segment"]

    def draw(axes: Any) -> None:
        names, values = [each.request_class.value for each in pages], [each.p95 or 0 for each in pages]
        axes.barh(names, values, color=[BAD if value > objective else ACCENT for value in values])
        axes.axvline(objective, color=BAD, linestyle="--", linewidth=1)
        axes.invert_yaxis()

    return _chart(draw, "p95, s", "", height=0.6 + 0.24 * max(1, len(pages)))


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


def _chart(draw: Callable[[Any], None], across: str, up: str, height: float = 2.4) -> str:
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
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, alpha=0.25)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return text.getvalue()[text.getvalue().index("<svg") :]
