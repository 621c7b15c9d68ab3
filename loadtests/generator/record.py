"""What is measured: by class in each phase, and by second over the whole run, so that hosts can be added up."""

from collections import Counter, defaultdict
from typing import Any

from hdrh.histogram import HdrHistogram

_MICRO = 1_000_000
#: The histograms' range in microseconds, and their significant digits; loadtests/merge.py adds them up.
LONGEST, DIGITS = 300 * _MICRO, 3
_KINDS = 20


class ClassRecord:
    """One request class of the arrivals that fell into a phase."""

    def __init__(self) -> None:
        self.completed = self.failed = self.bytes = 0
        self.failures: Counter[str] = Counter()
        self.times = HdrHistogram(1, LONGEST, DIGITS)

    def add(self, micros: int, size: int, failure: str | None) -> None:
        """One request that came to its end, however it did."""
        self.bytes += size
        self.times.record_value(min(LONGEST, max(1, micros)))
        if failure is None:
            self.completed += 1
            return
        self.failed += 1
        if failure in self.failures or len(self.failures) < _KINDS:
            self.failures[failure] += 1

    def summary(self, intended: float) -> dict[str, Any]:
        """As loadtests/merge.py reads it; the times as an encoded histogram."""
        return {
            "intended": intended,
            "completed": self.completed,
            "failed": self.failed,
            "failures": dict(self.failures.most_common()),
            "bytes": self.bytes,
            "times": self.times.encode().decode() if self.times.get_total_count() else None,
        }


class Second:
    """One second of the run: requests that ended in it, and pages that were due in it."""

    def __init__(self) -> None:
        self.requests = self.failures = self.bytes = self.in_flight = 0
        self.times: list[int] = []
        self.pages: list[int] = []
        self.due = self.due_failed = 0
        self.due_pages: list[int] = []

    def summary(self) -> dict[str, Any]:
        """As loadtests/merge.py reads it; times in microseconds."""
        return {name: value for name, value in vars(self).items() if name != "pages"}


class Record:
    """Everything that a run measures."""

    def __init__(self, file_classes: tuple[str, ...] = ()) -> None:
        self._files = frozenset(file_classes)
        self.phases: dict[str, dict[str, ClassRecord]] = defaultdict(lambda: defaultdict(ClassRecord))
        self.seconds: dict[int, Second] = defaultdict(Second)
        #: By tenths of a second of the run: the longest page that was answered in it, in microseconds.
        self.answered: dict[int, int] = {}

    def add(self, phase: str, name: str, at: float, seconds: float, size: int, failure: str | None) -> None:
        """One request that ended `at` seconds into the run, of an arrival of a phase."""
        micros = int(seconds * _MICRO)
        second = self.seconds[int(at)]
        second.requests += 1
        second.failures += failure is not None
        second.bytes += size
        second.times.append(micros)
        due = self.seconds[max(0, int(at - seconds))]
        due.due += 1
        due.due_failed += failure is not None
        if name not in self._files:
            second.pages.append(micros)
            due.due_pages.append(micros)
            tenth = int(at * 10)
            self.answered[tenth] = max(micros, self.answered.get(tenth, 0))
        self.phases[phase][name].add(micros, size, failure)

    def recent(self, at: float, seconds: int) -> tuple[int, int, list[int]]:
        """Of the whole seconds just before a moment: requests and failures that ended, and pages' times."""
        last = [self.seconds[number] for number in range(max(0, int(at) - seconds), int(at)) if number in self.seconds]
        times = [micros for second in last for micros in second.pages]
        return sum(each.requests for each in last), sum(each.failures for each in last), times


def p95(times: list[int]) -> float | None:
    """The p95 of times in microseconds, in seconds."""
    if not times:
        return None
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))] / _MICRO
