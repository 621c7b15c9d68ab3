"""From what each generator host measured to one LoadResult: counts and histograms are added up, nothing is averaged."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf

from hdrh.histogram import HdrHistogram
from pydantic import BaseModel, ConfigDict

from lms_stack import steadiness
from lms_stack.measurement import (
    ClassResult,
    GeneratorHealth,
    LinkCapacity,
    LoadResult,
    MobileLearner,
    PhaseName,
    PhaseResult,
)
from lms_stack.request_classes import RequestClass
from loadtests.generator.record import DIGITS, LONGEST
from loadtests.knee import recovery, saturation
from loadtests.load_plan import LoadPlan
from loadtests.seconds import Second

_MICRO = 1e6


class ClassPart(BaseModel):
    """One request class of a phase, as one host saw it; `times` is an encoded HDR histogram in microseconds."""

    intended: float
    completed: int
    failed: int
    failures: dict[str, int]
    bytes: int
    times: str | None


class PhasePart(BaseModel):
    """One phase as one host saw it, in seconds since the run began there."""

    name: PhaseName
    began: float
    ended: float
    classes: dict[RequestClass, ClassPart]


class Part(BaseModel):
    """The result of one generator host."""

    model_config = ConfigDict(extra="forbid")

    began: datetime
    phases: list[PhasePart]
    generator: GeneratorHealth
    seconds: dict[int, Second]
    answered: dict[int, int]
    knee: str | None
    stopped: bool
    mobile: MobileLearner | None = None
    link_capacity: LinkCapacity | None = None


def merged(plan: LoadPlan, parts: Mapping[str, Part]) -> LoadResult:
    """One result of all generator hosts, by their names.

    All began at one agreed moment, so that seconds of their runs are the same seconds; the first host's clock tells
    when that was.
    """
    all_parts = list(parts.values())
    began = all_parts[0].began
    phases = [
        _phase(began, name, [part for each in all_parts for part in each.phases if part.name == name])
        for name in _names(all_parts)
    ]
    hold = next((each for each in phases if each.name == "hold"), None)
    start, end = _span("hold", all_parts)
    seconds = _seconds(all_parts)
    knee = next((part.knee for part in all_parts if part.knee), None)
    return LoadResult(
        started=began,
        hold_started=hold.started if hold else began,
        hold_ended=hold.ended if hold else began,
        classes=hold.classes if hold else (),
        generator=_together([part.generator for part in all_parts]),
        generators=tuple(part.generator.model_copy(update={"host": name}) for name, part in parts.items()),
        samples=tuple(second.sample(number) for number, second in sorted(seconds.items())),
        phases=tuple(phases),
        saturation=saturation(plan, seconds, _span("ramp", all_parts), knee),
        recovery=recovery(plan, seconds, _span("recovery", all_parts)),
        stand_still=steadiness.stand_still(_answered(all_parts), start, end),
        trend=steadiness.trend(_pages(seconds, start, end)),
        stopped=any(part.stopped for part in all_parts),
        mobile=_mobile(all_parts),
        link_capacity=next((part.link_capacity for part in all_parts if part.link_capacity), None),
    )


def _names(parts: Iterable[Part]) -> list[PhaseName]:
    return list(dict.fromkeys(phase.name for part in parts for phase in part.phases))


def _span(name: str, parts: Iterable[Part]) -> tuple[float, float]:
    """When a phase began on the first host and ended on the last; an empty span where it wasn't played."""
    found = [phase for part in parts for phase in part.phases if phase.name == name]
    return (min(each.began for each in found), max(each.ended for each in found)) if found else (0.0, 0.0)


def _phase(began: datetime, name: PhaseName, parts: Sequence[PhasePart]) -> PhaseResult:
    start, end = min(part.began for part in parts), max(part.ended for part in parts)
    names = sorted({each for part in parts for each in part.classes})
    rows = {each: [part.classes[each] for part in parts if each in part.classes] for each in names}
    classes = tuple(_class(each, found) for each, found in rows.items())
    ended, failed = sum(each.completed + each.failed for each in classes), sum(each.failed for each in classes)
    pages = _added(part for each, found in rows.items() if each not in steadiness.FILES for part in found)
    return PhaseResult(
        name=name,
        started=began + timedelta(seconds=start),
        ended=began + timedelta(seconds=end),
        requests_per_second=ended / max(end - start, 1e-9),
        p95=_at(pages, 95),
        failed_share=failed / ended if ended else 0.0,
        classes=classes,
    )


def _class(name: RequestClass, parts: Sequence[ClassPart]) -> ClassResult:
    times = _added(parts)
    failures: Counter[str] = sum((Counter(part.failures) for part in parts), Counter())
    return ClassResult(
        request_class=name,
        intended=sum(part.intended for part in parts),
        completed=sum(part.completed for part in parts),
        failed=sum(part.failed for part in parts),
        failures=dict(failures.most_common()),
        p50=_at(times, 50),
        p95=_at(times, 95),
        p99=_at(times, 99),
        longest=_at(times, 100),
        bytes_received=sum(part.bytes for part in parts),
    )


def _added(parts: Iterable[ClassPart]) -> HdrHistogram:
    """The histograms of several hosts or classes as one: exact, for all have the same buckets."""
    total = HdrHistogram(1, LONGEST, DIGITS)
    for part in parts:
        if part.times:
            total.decode_and_add(part.times)
    return total


def _at(times: HdrHistogram, percentile: float) -> float | None:
    return float(times.get_value_at_percentile(percentile)) / _MICRO if times.get_total_count() else None


def _together(each: Sequence[GeneratorHealth]) -> GeneratorHealth:
    """Arrivals added up; of each sign the worst host's, for one sick generator spoils what all have measured."""
    fullest = max(each, key=_line_use)
    return GeneratorHealth(
        loop_lag_p99=max(health.loop_lag_p99 for health in each),
        run_queue_share=max(health.run_queue_share for health in each),
        cpu_share=max(health.cpu_share for health in each),
        intended_arrivals=sum(health.intended_arrivals for health in each),
        started_arrivals=sum(health.started_arrivals for health in each),
        cpu_warning=any(health.cpu_warning for health in each),
        link_bits=fullest.link_bits,
        link_speed=fullest.link_speed,
    )


def _line_use(health: GeneratorHealth) -> tuple[float, float]:
    """By which a generator's line is busier than another's; a virtual line's share is unknown, so its bits decide."""
    bits = health.link_bits or 0.0
    return bits / (health.link_speed or inf), bits


def _seconds(parts: Iterable[Part]) -> dict[int, Second]:
    found: dict[int, Second] = {}
    for part in parts:
        for number, second in part.seconds.items():
            found[number] = found[number].plus(second) if number in found else second
    return found


def _answered(parts: Iterable[Part]) -> dict[int, float]:
    """By tenths of a second of the run in which pages were answered: the longest of them, in seconds."""
    found: dict[int, float] = {}
    for part in parts:
        for tenth, micros in part.answered.items():
            found[tenth] = max(micros / _MICRO, found.get(tenth, 0.0))
    return found


def _pages(seconds: Mapping[int, Second], start: float, end: float) -> list[list[float]]:
    """The pages that were due in each whole second of a span, in seconds."""
    whole = range(round(start), int(end))
    return [[micros / _MICRO for micros in seconds[number].due_pages] if number in seconds else [] for number in whole]


def _mobile(parts: Iterable[Part]) -> MobileLearner | None:
    """Of learners on a slow line: the host that saw most of them, for percentiles can't be added up."""
    found = [part.mobile for part in parts if part.mobile]
    return max(found, key=lambda each: each.starts) if found else None
