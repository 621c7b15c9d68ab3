"""What scripts/accuracy plays, and what it makes of it: predictions beside measurements, and the table of both."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import nan
from statistics import median
from typing import NamedTuple

from lms_stack.measurement import LoadResult
from lms_stack.observation import Observation, Window
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.units import Frozen

#: Relative arrivals by journey; none of these mixes is one of those that the calibration plays.
MIXES: dict[str, dict[str, float]] = {
    "evening of study": {"sign_in": 1, "look_around": 1, "study": 3, "watch": 3},
    "exam begins": {"exam": 5, "study": 1, "look_around": 1},
    "discussion": {"sign_in": 1, "forum": 1.5, "forum_read_only": 4, "look_around": 2},
    "essays and marks": {"sign_in": 1, "study": 1, "essay": 2, "gradebook": 1.5},
    "quizzes": {"sign_in": 0.5, "study": 2, "quiz": 2, "forum_read_only": 1},
}
#: Shares of the predicted saturation at which answers are timed, each with a share of the requests: the nearer
#: saturation, the longer a queue takes to come and go, and the more of p95 is chance.
SHARES = {0.5: 0.3, 0.8: 1.0}
#: How much of the predicted saturation is offered to find the real one, and again where the CPU wasn't full at that.
OVERLOADS = (1.25, 1.6)
#: From this share on a CPU counts as full.
FULL = 0.95
#: A class counts with as many requests.
SAMPLES = 60
#: The targets: throughput and p95, as shares of what was measured.
THROUGHPUT, P95 = 0.10, 0.25


class Timed(Frozen):
    """One mix at one share of its predicted saturation: requests/s offered, CPU use and p95, predicted and measured.

    `p95` is the mean over the page classes, each by its requests; `classes` has both for each class, in seconds.
    `again` is the predicted one by a simulation of the model with the requests that came, where these are known.
    """

    share: float
    requests: float
    cpu: tuple[float, float]
    p95: tuple[float, float]
    classes: dict[RequestClass, tuple[float, float]]
    load_average: float
    loop_lag: float
    failed: float
    again: float | None = None


class Proved(Frozen):
    """One mix: its saturation in requests/s of the application, predicted and measured under more than it can carry.

    Where more comes than is carried, visitors wait at their first pages and the later ones are asked for less often:
    both figures are of the requests that were served. `slowness`: how much CPU time a piece of work took in each load
    and in the overload, as times what it took in the calibration.
    """

    mix: str
    saturation: tuple[float, float]
    offered: float
    cpu_at_saturation: float
    load_average: float
    slowness: tuple[float, ...]
    timed: tuple[Timed, ...]


def late(seen: Observation, after: float) -> Sequence[Window]:
    """The windows of a load after a share of the time for which it was watched."""
    return seen.windows[int(len(seen.windows) * after) :]


def served(windows: Sequence[Window]) -> dict[RequestClass, float]:
    """Requests per second of each class that were answered in some windows."""
    seconds = sum(window.seconds for window in windows)
    found: dict[RequestClass, float] = {}
    for window in windows:
        for name, count in window.requests.items():
            found[name] = found.get(name, 0.0) + count / seconds
    return found


def of_the_application(requests: Mapping[RequestClass, float]) -> float:
    """Requests per second that the application answers."""
    return sum(rate for name, rate in requests.items() if name not in FILE_CLASSES)


class Foretold(NamedTuple):
    """What was predicted of a load: p95 of each class in seconds, and CPU use as a share of 1."""

    p95: Mapping[RequestClass, float]
    cpu: float


def p95_of(foretold: Mapping[RequestClass, float], load: LoadResult) -> dict[RequestClass, tuple[float, float]]:
    """p95 of each page class, predicted and measured, in seconds; of classes with too few requests nothing is told."""
    return {
        row.request_class: (foretold[row.request_class], row.p95)
        for row in load.classes
        if row.request_class in foretold
        and row.request_class not in FILE_CLASSES
        and row.completed >= SAMPLES
        and row.p95 is not None
    }


def over_classes(p95: Mapping[RequestClass, tuple[float, float]], load: LoadResult) -> tuple[float, float]:
    """The means of those over the classes, each by its requests."""
    counts = {row.request_class: row.completed for row in load.classes if row.request_class in p95}
    whole = max(1, sum(counts.values()))
    foretold, measured = (sum(pair[side] * counts[name] for name, pair in p95.items()) / whole for side in (0, 1))
    return foretold, measured


def timed(
    share: float,
    requests: Mapping[RequestClass, float],
    foretold: Foretold,
    load: LoadResult,
    *,
    cpu: float,
    load_average: float,
    again: float | None = None,
) -> Timed:
    """What a load showed beside what was foretold: p95 by class in seconds, and CPU use."""
    classes = p95_of(foretold.p95, load)
    done, failed = sum(row.completed for row in load.classes), sum(row.failed for row in load.classes)
    return Timed(
        share=share,
        requests=sum(requests.values()),
        cpu=(foretold.cpu, cpu),
        p95=over_classes(classes, load),
        classes=classes,
        load_average=load_average,
        loop_lag=load.generator.loop_lag_p99,
        failed=failed / max(1, done + failed),
        again=again,
    )


def error(pair: tuple[float, float]) -> float:
    """Predicted against measured, as a share of what was measured."""
    return pair[0] / pair[1] - 1 if pair[1] else float("nan")


class Middle(NamedTuple):
    """One mix over all rounds in which it was played: medians of what was predicted and of what was measured.

    `p95` and `again` have an entry for each of SHARES, `load_average` one for each load.
    """

    mix: str
    saturation: tuple[float, float]
    p95: tuple[tuple[float, float], ...]
    again: tuple[tuple[float, float], ...]
    load_average: tuple[float, ...]


def middles(proved: Iterable[Proved]) -> list[Middle]:
    """Each mix over all its rounds."""
    rounds: dict[str, list[Proved]] = {}
    for each in proved:
        rounds.setdefault(each.mix, []).append(each)
    return [_middle(mix, each) for mix, each in rounds.items()]


def _middle(mix: str, rounds: Sequence[Proved]) -> Middle:
    loads = list(chain.from_iterable(each.timed for each in rounds))
    shares = [loads[number :: len(SHARES)] for number in range(len(SHARES))]
    return Middle(
        mix=mix,
        saturation=_medians(each.saturation for each in rounds),
        p95=tuple(_medians(one.p95 for one in share) for share in shares),
        again=tuple(_medians((one.again or nan, one.p95[1]) for one in share) for share in shares),
        load_average=(*(each.load_average for each in rounds), *(one.load_average for one in loads)),
    )


def _medians(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    predicted_, measured = zip(*pairs, strict=True)
    return median(predicted_), median(measured)


def table(found: Sequence[Middle]) -> str:
    """The table of the docs, in Markdown, with how many of its figures meet the targets under it."""
    timed_ = [cell for share in SHARES for cell in (f"p95 at {100 * share:.0f} %", *4 * [""])]
    heads = ["mix", "saturation", "", "", *timed_, "load average"]
    compared = ["predicted", "measured", "error"]
    under = ["", *compared, *len(SHARES) * [*compared, "simulated", "error"], ""]
    rows = [heads, ["---"] * len(heads), under, *map(_row, found)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows) + "\n\n" + _summary(found)


def _row(each: Middle) -> list[str]:
    cells = [
        each.mix,
        *(f"{rate:.0f}/s" for rate in each.saturation),
        f"{error(each.saturation):+.0%}",
    ]
    for pair, again in zip(each.p95, each.again, strict=True):
        cells += [*(f"{1000 * seconds:.0f} ms" for seconds in pair), f"{error(pair):+.0%}"]
        cells += [f"{1000 * again[0]:.0f} ms", f"{error(again):+.0%}"]
    return [*cells, f"{min(each.load_average):.1f} to {max(each.load_average):.1f}"]


def _summary(found: Sequence[Middle]) -> str:
    throughput = _met("Saturation", [each.saturation for each in found], THROUGHPUT)
    formula = _met("p95", [pair for each in found for pair in each.p95], P95)
    simulated = _met("p95 simulated with the requests that came", [pair for each in found for pair in each.again], P95)
    return f"{throughput} {formula} {simulated}"


def _met(what: str, pairs: Sequence[tuple[float, float]], limit: float) -> str:
    """How many of these predictions meet a target."""
    off = [abs(error(pair)) for pair in pairs]
    return (
        f"{what} within {limit:.0%}: {sum(each <= limit for each in off)} of {len(off)}, the worst {max(off):.0%} off."
    )


def detail(proved: Iterable[Proved]) -> str:
    """Each load's CPU use and classes, for who looks closer."""
    lines = []
    for each in proved:
        lines.append(
            f"{each.mix}: {each.saturation[0]:.0f}/s predicted, {each.saturation[1]:.0f}/s measured with "
            f"{each.cpu_at_saturation:.0%} of the CPU at {each.offered:.0f}/s offered; a piece of work took "
            f"{', '.join(f'{times:.2f}' for times in each.slowness)} times the calibration's CPU time in the loads"
        )
        for one in each.timed:
            lines.append(
                f"  {one.share:.0%}: {one.requests:.0f}/s, CPU {one.cpu[0]:.0%} predicted, {one.cpu[1]:.0%} measured, "
                f"{one.failed:.1%} failed, generator's lag p99 {1000 * one.loop_lag:.0f} ms"
            )
            lines += [f"    {name}: {1000 * a:.0f} ms, {1000 * b:.0f} ms" for name, (a, b) in one.classes.items()]
    return "\n".join(lines)
