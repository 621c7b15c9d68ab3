"""The books of one run: what was to come, what came, and what was measured of it, phase by phase."""

from collections import Counter, defaultdict
from types import SimpleNamespace
from typing import Any

from loadtests.generator.record import Record
from loadtests.generator.timeline import BETWEEN, JUDGED


class Books:
    """Arrivals by phase and journey, when each phase began and ended, and the record of all requests."""

    def __init__(self, plan: SimpleNamespace) -> None:
        self.plan = plan
        self.record = Record(tuple(plan.file_classes))
        self.intended: dict[str, Counter[str]] = defaultdict(Counter)
        self.started: Counter[str] = Counter()
        self.cut_off: Counter[str] = Counter()
        #: By phase: its beginning and end in seconds since the run began.
        self.spans: dict[str, list[float]] = {}

    def arrivals(self) -> dict[str, int]:
        """Arrivals of the judged phases: how many there should have been, and how many came when they were due."""
        judged = [phase for phase in JUDGED if phase in self.spans]
        return {
            "intended_arrivals": sum(sum(self.intended[phase].values()) for phase in judged),
            "started_arrivals": sum(self.started[phase] for phase in judged),
        }

    def summary(self) -> dict[str, Any]:
        """As loadtests/merge.py reads it."""
        return {
            "phases": [
                {"name": phase, "began": span[0], "ended": span[1], "classes": self._classes(phase)}
                for phase, span in self.spans.items()
                if phase != BETWEEN
            ],
            "seconds": {number: self.record.seconds[number].summary() for number in sorted(self.record.seconds)},
            "answered": dict(sorted(self.record.answered.items())),
        }

    def _classes(self, phase: str) -> dict[str, Any]:
        wanted: Counter[str] = Counter()
        for journey in self.plan.journeys:
            for name, count in vars(journey.requests).items():
                wanted[name] += self.intended[phase][journey.name] * count
        classes = self.record.phases[phase]
        rows = {name: classes[name].summary(float(wanted[name])) for name in sorted(wanted)}
        if self.cut_off[phase] and rows:
            # Visitors who were still waiting for an answer when time was up.
            worst = max(rows.values(), key=lambda each: each["intended"] - each["completed"] - each["failed"])
            worst["failed"] += self.cut_off[phase]
            worst["failures"]["unfinished when the run ended"] = self.cut_off[phase]
        return rows
