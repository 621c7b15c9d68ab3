"""What the edge's log says beside the load generator, and where the two differ by more than the network explains.

The generator counts from when a request was due, the edge from the request's first byte to the answer's last. What lies
between them is the way there, and whatever kept a request from reaching the edge: a full queue, a frozen host, a
generator that sent late. The edge's log alone misses all of these (coordinated omission).
"""

from collections.abc import Sequence
from math import inf

from lms_stack.facts import Facts, facts
from lms_stack.measurement import ClassResult
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.units import Frozen


class EdgeTimes(Frozen):
    """One request class in the log of one edge. Times in seconds; `errors` are answers with a status of 500 or more."""

    host: str
    request_class: RequestClass
    count: int
    errors: int
    p50: float
    p95: float
    p99: float
    longest: float


class Beside(Frozen):
    """One request class as the edge and as the generator saw it; `gap` in seconds, at the p95, None where unknown."""

    request_class: RequestClass
    edge: tuple[EdgeTimes, ...]
    generator: ClassResult
    gap: float | None
    unexplained: bool

    @property
    def logged(self) -> int:
        """Requests that the edges logged."""
        return sum(each.count for each in self.edge)


class Line(Frozen):
    """The edge link on the way out: bit/s, and the share of them that was in use."""

    bits: float
    share: float


def beside(
    seen: Sequence[EdgeTimes], classes: Sequence[ClassResult], line: Line | None, known: Facts | None = None
) -> tuple[Beside, ...]:
    """The generator's classes, each with what the edges logged of it.

    A gap is unexplained where the generator's p95 stands above the slowest edge's by more than the way takes: that of
    facts/thresholds.yaml (edge_gap), and for a file the time of its bytes on the link, for the edge logs a file when
    the kernel has taken it. Classes with too few requests for a p95 of their own (class_samples) are never called so.

    :param line: None where nothing is known of the link; then the gaps of files are not judged.
    """
    limits = {name: fact.number for name, fact in (known or facts()).thresholds.items()}
    return tuple(_row(each, seen, limits, line) for each in classes)


def _row(result: ClassResult, seen: Sequence[EdgeTimes], limits: dict[str, float], line: Line | None) -> Beside:
    edge = tuple(each for each in seen if each.request_class is result.request_class)
    gap = result.p95 - max(each.p95 for each in edge) if edge and result.p95 is not None else None
    enough = min(result.completed, sum(each.count for each in edge)) >= limits["class_samples"]
    return Beside(
        request_class=result.request_class,
        edge=edge,
        generator=result,
        gap=gap,
        unexplained=gap is not None and enough and not gap <= limits["edge_gap"] + _transfer(result, line),
    )


def _transfer(result: ClassResult, line: Line | None) -> float:
    """Seconds that a class's mean answer takes on a link that all share: S / (1 - U) of processor sharing.

    Kleinrock, Queueing Systems, volume 2, 1976, section 4.4. On a full or an unknown link it may take any time.
    """
    if not result.completed or result.request_class not in FILE_CLASSES:
        return 0.0
    if line is None or line.share >= 1:
        return inf
    return 8 * result.bytes_received / result.completed / line.bits / (1 - line.share)
