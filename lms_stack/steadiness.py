"""Whether the site stayed as it was: a run that gets slower with time, or that stood still, promises nothing.

The figures are worked out where the load was played (loadtests/merge.py) and judged here, together with the phases
that a full test plays after the hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lms_stack.evidence import SLOWER, STOOD_STILL, Excuse
from lms_stack.measurement import LoadResult, StandStill, Trend
from lms_stack.request_classes import FILE_CLASSES
from lms_stack.units import show

#: What the edge serves by itself; a site whose application stands still goes on answering these.
FILES = FILE_CLASSES
#: Windows over which a steady growth is looked for.
WINDOWS = 12
#: Draws of the bootstrap, and the share of them below the interval's lower end (98 % both ways).
DRAWS, BELOW = 2_000, 1.0
#: Fewest pages in a third of the hold from which its p95 says something.
ENOUGH = 60


def trend(pages: Sequence[Sequence[float]]) -> Trend | None:
    """How the pages' p95 went on over the hold; None where there are too few pages to say.

    Seconds, not pages, are drawn again for the interval: pages of one second share what slowed them.

    :param pages: for each second of the hold the times of the pages that were due in it, in seconds.
    """
    from scipy.stats import kendalltau  # noqa: PLC0415 - takes a second to load, and only load tests need it

    third = len(pages) // 3
    first, last = pages[:third], pages[len(pages) - third :]
    if not third or min(sum(map(len, first)), sum(map(len, last))) < ENOUGH:
        return None
    before, after = _p95(first), _p95(last)
    chance = np.random.default_rng(1)
    ratios = _drawn(last, chance) / np.maximum(_drawn(first, chance), 1e-6)
    size = max(1, len(pages) // WINDOWS)
    steps = [_p95(pages[at : at + size]) for at in range(0, len(pages) - size + 1, size) if any(pages[at : at + size])]
    tau = kendalltau(range(len(steps)), steps, alternative="greater")
    return Trend(
        first=before,
        last=after,
        growth=after / max(before, 1e-6),
        growth_low=float(np.percentile(ratios, BELOW)),
        chance=float(np.nan_to_num(tau.pvalue, nan=1.0)),
    )


def _p95(seconds: Sequence[Sequence[float]]) -> float:
    return float(np.percentile([time for second in seconds for time in second], 95))


def _drawn(seconds: Sequence[Sequence[float]], chance: np.random.Generator) -> NDArray[np.float64]:
    """The p95 of DRAWS samples of whole seconds."""
    some = [np.asarray(second) for second in seconds if second]
    picks = chance.integers(len(some), size=(DRAWS, len(some)))
    return np.array([np.percentile(np.concatenate([some[number] for number in row]), 95) for row in picks])


def stand_still(answered: Mapping[int, float], start: float, end: float) -> StandStill | None:
    """The longest time of a span without an answered page although pages had been due in it; None where there is none.

    That pages were due shows in the first answers after it: one of them waited for most of that time.

    :param answered: by tenths of a second of the run in which pages were answered, the longest of them in seconds.
    """
    marks = [int(start * 10), *(tenth for tenth in sorted(answered) if tenth >= start * 10)]
    pairs = [(earlier, later) for earlier, later in pairwise(marks) if earlier < end * 10]
    gaps = [(later - earlier, earlier) for earlier, later in pairs if later > earlier + 1]
    found = []
    for tenths, earlier in gaps:
        waited = max(answered.get(earlier + tenths + after, 0.0) for after in range(10))
        if waited >= 0.7 * tenths / 10:
            found.append(StandStill(began=earlier / 10, seconds=(tenths - 1) / 10, waited=waited))
    return max(found, key=lambda each: each.seconds, default=None)


def unsteady(load: LoadResult, allowed_p95: float, limits: Mapping[str, float]) -> Iterator[Excuse]:
    """What speaks against a hold whose means are well.

    :param allowed_p95: the course's objective for pages, in seconds.
    :param limits: the figures of facts/thresholds.yaml by name.
    """
    if load.trend and _slows(load.trend, allowed_p95, limits):
        grew = (
            f"p95 of pages {show(load.trend.first, 's')} in the first third of the hold, {show(load.trend.last, 's')}"
        )
        sure = f"{load.trend.growth:.2g} times, surely {load.trend.growth_low:.2g}"
        yield Excuse(reason=SLOWER, resource="pages", evidence=f"{grew} in the last ({sure})")
    still = load.stand_still
    if still and still.seconds >= limits["stand_still"]:
        evidence = f"no page was answered from second {still.began:.1f} of the run on; the longest waited "
        yield Excuse(
            reason=f"{STOOD_STILL} for {still.seconds:.1f} s",
            resource="pages",
            evidence=evidence + show(still.waited, "s"),
        )


def _slows(trend: Trend, allowed_p95: float, limits: Mapping[str, float]) -> bool:
    return (
        trend.growth >= limits["slowing"]
        and trend.growth_low >= limits["slowing_sure"]
        and trend.chance <= limits["slowing_chance"]
        and trend.last - trend.first >= limits["slowing_felt"] * allowed_p95
    )


def not_recovered(load: LoadResult, limits: Mapping[str, float]) -> Iterator[Excuse]:
    """A site that doesn't come back by itself after an overload, or not soon."""
    back = load.recovery
    if back and (back.seconds is None or back.seconds > limits["recovery"]):
        when = "not within the phase" if back.seconds is None else f"after {show(back.seconds, 's')}"
        evidence = f"{when}, allowed {show(limits['recovery'], 's')}; {back.evidence}"
        yield Excuse(
            reason="the site did not come back by itself after an overload", resource="pages", evidence=evidence
        )
