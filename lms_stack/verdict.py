"""From a Measurement to a Verdict: fits, does not fit (and what was exhausted), or invalid.

A verdict is never better than its evidence: whatever makes the measurement worthless comes first.
"""

from collections.abc import Iterator
from enum import StrEnum
from math import ceil

from lms_stack.course import Objectives
from lms_stack.demand import Demand
from lms_stack.deviations import not_as_planned, slow_cores, too_few_cores
from lms_stack.evidence import Excuse, disturbed, doubts, gaps
from lms_stack.facts import Facts, facts
from lms_stack.measurement import ClassResult, Measurement, ResourceUse
from lms_stack.plan import Plan
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.steadiness import not_recovered, unsteady
from lms_stack.units import Frozen, show

__all__ = ["Bottleneck", "Excuse", "Outcome", "Verdict", "verdict"]

#: One range of video plays for ten seconds (facts/activity.yaml, video_segment).
SEGMENT_SECONDS = 10.0


class Outcome(StrEnum):
    """What the measurement means for Article 6."""

    FITS = "fits"
    DOES_NOT_FIT = "does_not_fit"
    INVALID = "invalid"


class Bottleneck(Frozen):
    """What was exhausted first."""

    resource: str
    host: str
    evidence: str


class Verdict(Frozen):
    """The answer, with what stands against it."""

    outcome: Outcome
    bottleneck: Bottleneck | None = None
    excuses: tuple[Excuse, ...] = ()


def verdict(
    measured: Measurement,
    objectives: Objectives,
    known: Facts | None = None,
    *,
    played: Demand | None = None,
    plan: Plan | None = None,
) -> Verdict:
    """Judge a measurement by the course's objectives.

    :param known: the facts with the thresholds; those shipped with this version where it is None.
    :param played: the demand that the load test was to play; with it, a test that left part of it out is invalid.
    :param plan: what was to be built; with it, a stack that is smaller than that proves nothing for the plan.
    """
    limits = {name: fact.number for name, fact in (known or facts()).thresholds.items()}
    judge, unread = _Judge(measured, objectives, limits), tuple(gaps(measured))
    # What is seen to be full stays full, whatever else could not be read.
    vital = () if judge.exhausted() else unread
    if excuses := (*doubts(measured, limits, played), *vital):
        return Verdict(outcome=Outcome.INVALID, excuses=excuses)
    if excuses := tuple(judge.broken_promises()):
        if doubt := disturbed(measured, limits, excuses):
            return Verdict(outcome=Outcome.INVALID, excuses=(doubt, *excuses))
        cores = (*too_few_cores(plan), *slow_cores(measured, plan, limits)) if plan else ()
        everything = (*excuses, *cores, *unread)
        return Verdict(outcome=Outcome.DOES_NOT_FIT, bottleneck=judge.bottleneck(), excuses=everything)
    if plan and (excuses := tuple(not_as_planned(measured, plan))):
        return Verdict(outcome=Outcome.INVALID, excuses=excuses)
    return Verdict(outcome=Outcome.FITS)


class _Judge:
    def __init__(self, measured: Measurement, objectives: Objectives, limits: dict[str, float]) -> None:
        self.measured = measured
        self.classes = measured.load.classes
        self.objectives = objectives
        self.limits = limits

    def broken_promises(self) -> Iterator[Excuse]:
        """What learners would have felt, and what had no room left although they did not feel it yet."""
        yield from self._failures()
        yield from self._unserved()
        yield from self._slow()
        yield from unsteady(self.measured.load, self.objectives.page_p95, self.limits)
        yield from self._in_the_storm()
        yield from not_recovered(self.measured.load, self.limits)
        yield from self._thin_line()
        for use in self.exhausted():
            yield Excuse(
                reason=f"{use.name} exhausted",
                resource=use.resource,
                evidence=f"{use.host}: {show(use.share, 'share')} of {use.capacity}",
            )

    def _thin_line(self) -> Iterator[Excuse]:
        """The line that was measured before the load, where it surely carries less than the plan counts on."""
        line = self.measured.link_capacity
        if line is None or line.at_least:
            return
        for way, bits in (("out of the edge", line.egress), ("into the edge", line.ingress)):
            if bits is not None and bits < line.planned * self.limits["line_least"]:
                evidence = f"{show(bits, 'bit/s')} {way}, planned {show(line.planned, 'bit/s')}"
                yield Excuse(reason="the line carries less than planned", resource="link", evidence=evidence)

    def _in_the_storm(self) -> Iterator[Excuse]:
        """A full test's exam storm is judged as the hold is; its ramp is there to break."""
        for phase in self.measured.load.phases:
            if phase.name == "storm":
                storm = self.measured.load.model_copy(update={"classes": phase.classes})
                judge = _Judge(self.measured.model_copy(update={"load": storm}), self.objectives, self.limits)
                for excuse in (*judge._failures(), *judge._unserved(), *judge._slow()):
                    yield excuse.model_copy(update={"reason": f"in the exam storm {excuse.reason}"})

    def _failures(self) -> Iterator[Excuse]:
        """By class; and all together, for one failure in each of many rare classes is no luck any more."""
        bad = [each for each in self.classes if self._too_many(each.failed, each.completed + each.failed)]
        for each in bad:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in list(each.failures.items())[:3])
            yield self._failed(each.request_class, each.failed, each.completed + each.failed, kinds)
        failed = sum(each.failed for each in self.classes)
        total = failed + sum(each.completed for each in self.classes)
        if not bad and self._too_many(failed, total):
            yield self._failed("all classes", failed, total, "few in each class")

    def _too_many(self, missing: float, total: float) -> bool:
        """One may be luck. All of them are too many whatever the objective allows: then nothing was served."""
        return missing > 1 and (missing / total > self.objectives.failed_requests or missing >= total)

    def _failed(self, resource: str, failed: int, total: int, kinds: str) -> Excuse:
        allowed = show(self.objectives.failed_requests, "share")
        evidence = f"{failed:,} of {total:,}, allowed {allowed}: {kinds}"
        return Excuse(reason="requests failed", resource=resource, evidence=evidence)

    def _unserved(self) -> Iterator[Excuse]:
        """Requests that never came to be, because what had to come before them failed."""
        missing = {each.request_class: max(0.0, each.intended - each.completed - each.failed) for each in self.classes}
        bad = [each for each in self.classes if self._too_many(missing[each.request_class], each.intended)]
        for each in bad:
            yield _unmade(each.request_class, missing[each.request_class], each.intended)
        total = sum(each.intended for each in self.classes)
        if not bad and self._too_many(sum(missing.values()), total):
            yield _unmade("all classes", sum(missing.values()), total)

    def _slow(self) -> Iterator[Excuse]:
        """By class where there is enough to say a p95; the rarer ones together."""
        often = [each for each in self.classes if each.completed >= self.limits["class_samples"]]
        for each in often:
            if self._late(each.p95, each):
                evidence = f"p95 {show(each.p95 or 0.0, 's')}, allowed {show(self._allowed(each), 's')}"
                yield Excuse(reason="answers came late", resource=each.request_class, evidence=evidence)
        rare = [each for each in self.classes if each.completed and each not in often]
        late, total = sum(map(self._surely_late, rare)), sum(each.completed for each in rare)
        if late > 1 and late / total > 0.05:
            evidence = f"{late} or more of {total} requests of classes too rare for a p95 of their own"
            yield Excuse(reason="answers came late", resource="rare classes", evidence=evidence)

    def _late(self, seconds: float | None, each: ClassResult) -> bool:
        return seconds is not None and not seconds <= self._allowed(each)

    def _surely_late(self, each: ClassResult) -> int:
        """The fewest requests of a class that must have been late, by its percentiles."""
        timed = each.completed + each.failed
        for seconds, share in ((each.p50, 0.50), (each.p95, 0.95)):
            if self._late(seconds, each):
                return min(each.completed, timed - ceil(timed * share) + 1)
        return 0

    def _allowed(self, each: ClassResult) -> float:
        """Pages by the objective; a video segment must come in before the one before it has played."""
        return SEGMENT_SECONDS if each.request_class is RequestClass.VIDEO_SEGMENT else self.objectives.page_p95

    def exhausted(self) -> list[ResourceUse]:
        """The resources that were full."""
        return [use for use in self.measured.resources if not use.share < self.limits[f"{use.resource}_exhausted"]]

    def bottleneck(self) -> Bottleneck | None:
        """By the utilisation law, the resource whose offered load stands highest above its capacity.

        Several can be full at once when the demand is far above the plan; the one that the offered load would need
        most of is the one to enlarge first. A pool fills up, too, when the cores behind it are full, and a larger one
        would then serve nobody more: it is named only where nothing else is full.
        """
        full = self.exhausted()
        if not full:
            return self._failing_service()
        worst = max([use for use in full if use.resource != "pool"] or full, key=self._offered)
        return Bottleneck(
            resource=worst.resource,
            host=worst.host,
            evidence=f"{worst.name}: {show(worst.share, 'share')} of {worst.capacity} in use, "
            f"the planned load would need {show(self._offered(worst), 'share')}",
        )

    def _failing_service(self) -> Bottleneck | None:
        """No resource is full, but answers are wrong: the application itself is what fails."""
        worst = max(self.classes, key=lambda each: each.failed, default=None)
        if not worst or not worst.failed:
            return None
        return Bottleneck(
            resource="application",
            host=self._busiest_host(),
            evidence=f"{worst.failed:,} {worst.request_class} answers were wrong while no resource was full",
        )

    def _busiest_host(self) -> str:
        hosts = [use for use in self.measured.resources if use.resource == "cpu"]
        return max(hosts, key=lambda use: use.share).host if hosts else "unknown"

    def _offered(self, use: ResourceUse) -> float:
        """The use there would have been had every intended request been served."""
        return use.share / self._served(files=use.resource == "link")

    def _served(self, *, files: bool) -> float:
        """Share of the intended requests that came back right; for the link, of those that fill it.

        Where none came back, the one that nearly did stands for it: the need is then at least so high.
        """
        rows = [each for each in self.classes if not files or each.request_class in FILE_CLASSES]
        intended = sum(each.intended for each in rows)
        return min(1.0, max(1, sum(each.completed for each in rows)) / intended) if intended >= 1 else 1.0


def _unmade(resource: str, missing: float, intended: float) -> Excuse:
    evidence = f"{missing:,.0f} of {intended:,.0f}: the journey had failed before them"
    return Excuse(reason="requests could not be made", resource=resource, evidence=evidence)
