"""What is measured: per request class over the hold, and per second over the whole run."""

from collections import Counter, defaultdict
from typing import Any

from hdrh.histogram import HdrHistogram

_MICRO = 1_000_000
_LONGEST = 300 * _MICRO
_KINDS = 20


class ClassRecord:
    """One request class of the arrivals that fell into the hold."""

    def __init__(self) -> None:
        self.completed = self.failed = self.bytes = 0
        self.failures: Counter[str] = Counter()
        self.times = HdrHistogram(1, _LONGEST, 3)

    def add(self, seconds: float, size: int, failure: str | None) -> None:
        """One request that came to its end, however it did."""
        self.bytes += size
        self.times.record_value(min(_LONGEST, max(1, int(seconds * _MICRO))))
        if failure is None:
            self.completed += 1
            return
        self.failed += 1
        if failure in self.failures or len(self.failures) < _KINDS:
            self.failures[failure] += 1

    def summary(self, name: str, intended: float) -> dict[str, Any]:
        """As the measurement names it; no percentile of nothing."""
        some = self.times.get_total_count() > 0
        return {
            "request_class": name,
            "intended": intended,
            "completed": self.completed,
            "failed": self.failed,
            "failures": dict(self.failures.most_common()),
            "p50": self._at(50) if some else None,
            "p95": self._at(95) if some else None,
            "p99": self._at(99) if some else None,
            "longest": self._at(100) if some else None,
            "bytes_received": self.bytes,
        }

    def _at(self, percentile: float) -> float:
        return float(self.times.get_value_at_percentile(percentile)) / _MICRO


class Second:
    """One second of the run."""

    def __init__(self) -> None:
        self.requests = self.failures = self.bytes = self.in_flight = 0
        self.times: list[float] = []

    def summary(self, number: int) -> dict[str, Any]:
        """As the measurement names it."""
        ordered = sorted(self.times)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] if ordered else None
        return {
            "second": float(number),
            "requests": self.requests,
            "failures": self.failures,
            "p95": p95,
            "in_flight": self.in_flight,
            "bits": self.bytes * 8.0,
        }


class Record:
    """Everything that a run measures."""

    def __init__(self) -> None:
        self.classes: dict[str, ClassRecord] = defaultdict(ClassRecord)
        self.seconds: dict[int, Second] = defaultdict(Second)

    def add(self, name: str, at: float, seconds: float, size: int, failure: str | None, *, counted: bool) -> None:
        """One request that ended `at` seconds into the run; counted if its arrival fell into the hold."""
        second = self.seconds[int(at)]
        second.requests += 1
        second.failures += failure is not None
        second.bytes += size
        second.times.append(seconds)
        if counted:
            self.classes[name].add(seconds, size, failure)
