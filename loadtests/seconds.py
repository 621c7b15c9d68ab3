"""One second of a run, of one generator host or of all: what ended in it, and what was due in it."""

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import BaseModel

from lms_stack.measurement import Sample

_MICRO = 1e6


class Second(BaseModel):
    """Times in microseconds; `due` counts the requests that should have been sent in this second."""

    requests: int
    failures: int
    bytes: int
    in_flight: int
    times: list[int]
    due: int
    due_failed: int
    due_pages: list[int]

    def plus(self, other: Self) -> "Second":
        """The same second of another host added to this one."""
        return Second(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    def sample(self, number: int) -> Sample:
        """As the charts show it."""
        return Sample(
            second=float(number),
            requests=self.requests,
            failures=self.failures,
            p95=p95(self.times),
            in_flight=self.in_flight,
            bits=self.bytes * 8.0,
        )


class Window(BaseModel):
    """Some seconds of a run by what was due in them: requests/s, their pages' p95, the share that failed."""

    began: float
    rate: float
    p95: float | None
    failed: float
    served: float


def windows(seconds: Mapping[int, Second], start: float, end: float, size: int) -> list[Window]:
    """A span cut into windows of whole seconds, in their order; what is left at its end is no window."""
    firsts = range(round(start), int(end) - size + 1, size)
    return [_window(first, [seconds[n] for n in range(first, first + size) if n in seconds], size) for first in firsts]


def _window(first: int, seconds: Iterable[Second], size: int) -> Window:
    found = list(seconds)
    due = sum(each.due for each in found)
    return Window(
        began=float(first),
        rate=due / size,
        p95=p95([micros for each in found for micros in each.due_pages]),
        failed=sum(each.due_failed for each in found) / due if due else 0.0,
        served=sum(each.requests - each.failures for each in found) / size,
    )


def p95(times: list[int]) -> float | None:
    """The p95 of times in microseconds, in seconds; None of nothing."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))] / _MICRO if times else None
