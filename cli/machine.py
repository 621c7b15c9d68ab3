"""What else this machine does while the lab is measured on it, from /proc/stat and from the guests' own metrics."""

import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lms_stack.measurement import MachineLoad


class Reading(NamedTuple):
    """Seconds since 1970, and CPU seconds of all cores since the machine started: busy, kept by a hypervisor."""

    at: float
    busy: float
    stolen: float
    cores: int


class Machine:
    """Reads the machine's own counters now and then."""

    def __init__(self, stat: Path = Path("/proc/stat")) -> None:
        self._stat = stat
        self._readings: list[Reading] = []

    def look(self) -> None:
        """Take one reading."""
        self._readings.append(read(self._stat.read_text(), time.time()))

    def between(self, began: datetime, ended: datetime, guests: float | None) -> MachineLoad | None:
        """The machine's load in a span; None where fewer than two readings fell into it, or guests are unknown.

        :param guests: cores that the lab's guests kept busy in the span.
        """
        inside = [each for each in self._readings if began.timestamp() - 1 <= each.at <= ended.timestamp() + 1]
        if len(inside) < 2 or guests is None:
            return None
        first, last = inside[0], inside[-1]
        seconds = last.at - first.at
        return MachineLoad(
            cores=float(last.cores),
            busy=(last.busy - first.busy) / seconds,
            guests=guests,
            steal=(last.stolen - first.stolen) / seconds / last.cores,
        )


def read(stat: str, at: float, ticks: int = 100) -> Reading:
    """A reading from the text of /proc/stat (proc_stat(5)).

    :param ticks: its unit: ticks of a second (USER_HZ, 100 on every Linux that this runs on).
    """
    rows = [line.split() for line in stat.splitlines()]
    user, nice, system, _idle, _wait, irq, softirq, stolen = (int(each) / ticks for each in rows[0][1:9])
    cores = sum(row[0].startswith("cpu") and row[0] != "cpu" for row in rows if row)
    return Reading(at=at, busy=user + nice + system + irq + softirq, stolen=stolen, cores=cores)
