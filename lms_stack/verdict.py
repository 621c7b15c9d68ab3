"""From a Measurement to a Verdict: fits, does not fit (and what was exhausted), or invalid.

A verdict is never better than its evidence: whatever makes the measurement worthless comes first.
"""

from collections.abc import Iterator
from enum import StrEnum

from lms_stack.course import Objectives
from lms_stack.facts import Facts, facts
from lms_stack.measurement import ClassResult, Measurement, ResourceUse
from lms_stack.request_classes import FILE_CLASSES
from lms_stack.units import Frozen, show


class Outcome(StrEnum):
    """What the measurement means for Article 6."""

    FITS = "fits"
    DOES_NOT_FIT = "does_not_fit"
    INVALID = "invalid"


class Excuse(Frozen):
    """Why the answer is not `fits`: the reason, the resource it is about, and what was seen."""

    reason: str
    resource: str
    evidence: str


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


def verdict(measured: Measurement, objectives: Objectives, known: Facts | None = None) -> Verdict:
    """Judge a measurement by the course's objectives.

    :param known: the facts with the thresholds; those shipped with this version where it is None.
    """
    judge = _Judge(measured, objectives, known or facts())
    if excuses := tuple(judge.worthless()):
        return Verdict(outcome=Outcome.INVALID, excuses=excuses)
    if excuses := tuple(judge.broken_promises()):
        return Verdict(outcome=Outcome.DOES_NOT_FIT, bottleneck=judge.bottleneck(), excuses=excuses)
    return Verdict(outcome=Outcome.FITS)


class _Judge:
    def __init__(self, measured: Measurement, objectives: Objectives, known: Facts) -> None:
        self.measured = measured
        self.classes = measured.load.classes
        self.objectives = objectives
        self.limits = {name: fact.number for name, fact in known.thresholds.items()}

    def worthless(self) -> Iterator[Excuse]:
        """Signs that the generator, or a gap in the evidence, made the measurement worthless."""
        yield from self._sick_generator()
        seen = sum(each.completed + each.failed for each in self.classes)
        if seen < self.limits["enough_samples"]:
            yield Excuse(
                reason="too few requests to judge",
                resource="sample",
                evidence=f"{seen} requests in the hold, {self.limits['enough_samples']:.0f} needed",
            )
        if not any(use.resource == "cpu" for use in self.measured.resources):
            yield Excuse(
                reason="nothing is known of the stack's CPU", resource="evidence", evidence="no resource was read"
            )
        for missing in self.measured.missing_metrics:
            yield Excuse(reason="a metric of the stack is missing", resource="evidence", evidence=missing)

    def _sick_generator(self) -> Iterator[Excuse]:
        health = self.measured.load.generator
        # Each sign is written so that a value that is not a number counts as bad.
        signs = (
            (
                not health.loop_lag_p99 <= self.limits["loop_lag_p99"],
                "the generator's event loop lagged",
                f"p99 {show(health.loop_lag_p99, 's')}, allowed {show(self.limits['loop_lag_p99'], 's')}",
            ),
            (
                not health.run_queue_share <= self.limits["run_queue_share"],
                "the generator waited for its CPU",
                f"{health.run_queue_share:.0%} of the time, allowed {self.limits['run_queue_share']:.0%}",
            ),
            (
                not health.achieved_share >= self.limits["achieved_share"],
                "the generator missed arrivals",
                f"{health.started_arrivals} of {health.intended_arrivals} intended arrivals started",
            ),
            (health.cpu_warning, "Locust warned of its CPU", f"CPU use {health.cpu_share:.0%}"),
        )
        for bad, reason, evidence in signs:
            if bad:
                yield Excuse(reason=reason, resource="generator", evidence=evidence)

    def broken_promises(self) -> Iterator[Excuse]:
        """What learners would have felt, and what had no room left although they did not feel it yet."""
        yield from self._failures()
        yield from self._unserved()
        yield from self._slow_pages()
        for use in self._exhausted():
            yield Excuse(
                reason=f"{use.name} exhausted",
                resource=use.resource,
                evidence=f"{use.host}: {use.share:.0%} of {use.capacity}",
            )

    def _failures(self) -> Iterator[Excuse]:
        for each in self.classes:
            total = each.completed + each.failed
            if total and each.failed / total > self.objectives.failed_requests and each.failed > 1:
                kinds = ", ".join(f"{kind} ({count})" for kind, count in list(each.failures.items())[:3])
                yield Excuse(
                    reason="requests failed",
                    resource=each.request_class,
                    evidence=f"{each.failed} of {total}, allowed {self.objectives.failed_requests:.1%}: {kinds}",
                )

    def _unserved(self) -> Iterator[Excuse]:
        """Requests that never came to be, because what had to come before them failed."""
        for each in self.classes:
            missing = each.intended - each.completed - each.failed
            if missing > 1 and missing / each.intended > self.objectives.failed_requests:
                yield Excuse(
                    reason="requests could not be made",
                    resource=each.request_class,
                    evidence=f"{missing:.0f} of {each.intended:.0f}: the journey had failed before them",
                )

    def _slow_pages(self) -> Iterator[Excuse]:
        for each in self.classes:
            enough = each.completed >= self.limits["class_samples"]
            # Written so that a p95 that is not a number counts as late.
            if enough and each.p95 is not None and not each.p95 <= self._allowed(each):
                yield Excuse(
                    reason="answers came late",
                    resource=each.request_class,
                    evidence=f"p95 {show(each.p95, 's')}, allowed {show(self._allowed(each), 's')}",
                )

    def _allowed(self, each: ClassResult) -> float:
        """Pages by the objective; a video segment must come in before the one before it has played."""
        return SEGMENT_SECONDS if each.request_class == "video_segment" else self.objectives.page_p95

    def _exhausted(self) -> list[ResourceUse]:
        return [use for use in self.measured.resources if not use.share < self.limits[f"{use.resource}_exhausted"]]

    def bottleneck(self) -> Bottleneck | None:
        """By the utilisation law, the resource whose offered load stands highest above its capacity.

        Several can be full at once when the demand is far above the plan; the one that the offered load would need
        most of is the one to enlarge first.
        """
        full = self._exhausted()
        if not full:
            return self._failing_service()
        worst = max(full, key=self._offered)
        return Bottleneck(
            resource=worst.resource,
            host=worst.host,
            evidence=f"{worst.name}: {worst.share:.0%} of {worst.capacity} in use, "
            f"the planned load would need {self._offered(worst):.0%}",
        )

    def _failing_service(self) -> Bottleneck | None:
        """No resource is full, but answers are wrong: the application itself is what fails."""
        worst = max(self.classes, key=lambda each: each.failed, default=None)
        if not worst or not worst.failed:
            return None
        return Bottleneck(
            resource="application",
            host=self._busiest_host(),
            evidence=f"{worst.failed} {worst.request_class} answers were wrong while no resource was full",
        )

    def _busiest_host(self) -> str:
        return next((use.host for use in self.measured.resources if use.resource == "cpu"), "unknown")

    def _offered(self, use: ResourceUse) -> float:
        """The use there would have been had every intended request been served."""
        served = self._served(files=use.resource == "link")
        return use.share / served if served else use.share

    def _served(self, *, files: bool) -> float:
        """Share of the intended requests that came back right; for the link, of those that fill it."""
        rows = [each for each in self.classes if not files or each.request_class in FILE_CLASSES]
        intended = sum(each.intended for each in rows)
        return min(1.0, sum(each.completed for each in rows) / intended) if intended else 0.0


#: One range of video plays for ten seconds (facts/activity.yaml, video_segment).
SEGMENT_SECONDS = 10.0
