"""Is the generator itself well? Event-loop lag, waiting for its CPU, and its share of the core, during the hold."""

import time
from pathlib import Path

import gevent
from hdrh.histogram import HdrHistogram

STEP = 0.010
_MICRO = 1_000_000


class Health:
    """Watches the generator from the hold's beginning to its end."""

    def __init__(self) -> None:
        self._lag = HdrHistogram(1, 60 * _MICRO, 3)
        self._watching = False
        self._began = (0.0, 0.0, 0.0)
        self._ended = (0.0, 0.0, 0.0)

    def begin(self) -> None:
        """The hold begins."""
        self._began = self._now()
        self._watching = True
        gevent.spawn(self._measure_lag)

    def end(self) -> None:
        """The hold ends."""
        self._watching = False
        self._ended = self._now()

    def _measure_lag(self) -> None:
        while self._watching:
            due = time.perf_counter() + STEP
            gevent.sleep(STEP)
            self._lag.record_value(max(1, int((time.perf_counter() - due) * _MICRO)))

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Wall clock, CPU time, and time spent waiting for a CPU, in seconds."""
        waited = int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
        return time.perf_counter(), time.process_time(), waited

    def summary(self) -> dict[str, float]:
        """The signs, as the measurement names them."""
        wall, cpu, waited = (end - begin for begin, end in zip(self._began, self._ended, strict=True))
        wall = max(wall, 1e-9)
        return {
            "loop_lag_p99": self._lag.get_value_at_percentile(99) / _MICRO,
            "run_queue_share": min(1.0, waited / wall),
            "cpu_share": cpu / wall,
        }
