"""The knee of the ramp, and the way back from it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from lms_stack.measurement import Recovery, Saturation
from lms_stack.units import show
from loadtests.load_plan import LoadPlan
from loadtests.seconds import Second, Window, windows

GENERATOR = "generator: "


def saturation(
    plan: LoadPlan, seconds: Mapping[int, Second], span: tuple[float, float], said: str | None
) -> Saturation | None:
    """The highest rate that was carried; None where no ramp was played, or it ended before its first window.

    It is the lower of two: what was asked for in the last window before objectives broke, and the most that came back
    right over two windows in a row. The first alone says too much, for a queue must grow before answers are late.

    :param said: why the generator ended the ramp; None where it came to its end.
    """
    found = windows(seconds, *span, int(plan.window))
    if not found:
        return None
    broken = next((number for number, each in enumerate(found) if _broken(plan, each)), None)
    kept = found if broken is None else found[:broken]
    offered = max((each.rate for each in kept), default=0.0)
    served = max(
        ((first.served + second.served) / 2 for first, second in pairwise(found)),
        default=found[0].served,
    )
    reached = (broken is not None or said is not None) and not (said or "").startswith(GENERATOR)
    rate = min(offered, served) if reached else offered
    return Saturation(
        requests_per_second=rate,
        learners=rate / plan.request_rate * plan.learners if plan.request_rate else 0.0,
        evidence=_evidence(plan, found, broken, said),
        reached=reached,
    )


def _broken(plan: LoadPlan, window: Window) -> bool:
    return (window.p95 is not None and window.p95 > plan.allowed_p95) or window.failed > max(
        plan.allowed_failures, 0.01
    )


def _evidence(plan: LoadPlan, found: Sequence[Window], broken: int | None, said: str | None) -> str:
    if said and said.startswith(GENERATOR):
        return f"the ramp ended because the generator was at its own limit ({said.removeprefix(GENERATOR)})"
    if broken is None:
        last = found[-1]
        return f"nothing broke up to {show(last.rate, '1/s')}: {_seen(last)}{f'; then {said}' if said else ''}"
    before = f"; just before, {_seen(found[broken - 1])}" if broken else ""
    return f"{_seen(found[broken])} (allowed p95 {show(plan.allowed_p95, 's')}){before}"


def _seen(window: Window) -> str:
    time = "no page" if window.p95 is None else f"p95 {show(window.p95, 's')}"
    return f"{time} and {show(window.failed, 'share')} failed at {show(window.rate, '1/s')} requests"


def recovery(plan: LoadPlan, seconds: Mapping[int, Second], span: tuple[float, float]) -> Recovery | None:
    """After how long the planned peak was carried again, and to the end; None where there was no such phase.

    A window in which less than half of the planned requests were even due hasn't recovered: their journeys hang.
    """
    found = windows(seconds, *span, int(plan.window))
    if not found:
        return None
    bad = [each for each in found if _broken(plan, each) or each.rate < plan.request_rate / 2]
    if found[-1] in bad:
        return Recovery(seconds=None, evidence=f"still at its end: {_seen(found[-1])}")
    after = bad[-1].began + plan.window - span[0] if bad else 0.0
    return Recovery(seconds=max(0.0, after), evidence=f"from then on to its end {_seen(found[-1])}")
