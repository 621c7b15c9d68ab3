"""Is the generator itself well? Event-loop lag, waiting for its CPU, its share of the core, its line."""

import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

import gevent
from hdrh.histogram import HdrHistogram

STEP = 0.010
_MICRO = 1_000_000


class _Reading(NamedTuple):
    """Wall clock, CPU time and time spent waiting for a CPU in seconds; bytes in and out of its line."""

    wall: float
    cpu: float
    waited: float
    received: float
    sent: float


class Health:
    """Watches the generator in the phases that are judged: the signs are of all of them together."""

    def __init__(self) -> None:
        self._lag = HdrHistogram(1, 60 * _MICRO, 3)
        self._watching = False
        self._began = _read()
        self._spent = _Reading(0, 0, 0, 0, 0)
        self._recent: deque[float] = deque(maxlen=500)

    def begin(self) -> None:
        """A judged phase begins."""
        self._began, self._watching = _read(), True

    def end(self) -> None:
        """A judged phase ends; nothing where none had begun."""
        if self._watching:
            self._watching = False
            spent = [now - then for now, then in zip(_read(), self._began, strict=True)]
            self._spent = _Reading(*(had + more for had, more in zip(self._spent, spent, strict=True)))

    def measure_lag(self) -> None:
        """Measure the event loop's lag for as long as the run lasts."""
        while True:
            due = time.perf_counter() + STEP
            gevent.sleep(STEP)
            lag = time.perf_counter() - due
            self._recent.append(lag)
            if self._watching:
                self._lag.record_value(max(1, int(lag * _MICRO)))

    def recent_lag(self) -> float:
        """The p99 of the last five seconds' lag, in seconds, as far as it is known."""
        return sorted(self._recent)[int(len(self._recent) * 0.99)] if len(self._recent) > 100 else 0.0

    def summary(self) -> dict[str, float | None]:
        """The signs, as the measurement names them."""
        wall = max(self._spent.wall, 1e-9)
        return {
            "loop_lag_p99": self._lag.get_value_at_percentile(99) / _MICRO,
            "run_queue_share": min(1.0, self._spent.waited / wall),
            "cpu_share": self._spent.cpu / wall,
            "link_bits": 8 * max(self._spent.received, self._spent.sent) / wall,
            "link_speed": _speed(_interface()),
        }


def _read() -> _Reading:
    waited = int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    received, sent = _carried(_interface())
    return _Reading(time.perf_counter(), time.process_time(), waited, received, sent)


def _interface() -> str | None:
    """The interface of the default route; None on a host without one."""
    rows = (line.split() for line in Path("/proc/net/route").read_text().splitlines()[1:])
    return next((row[0] for row in rows if row[1] == "00000000"), None)


def _carried(interface: str | None) -> tuple[float, float]:
    """Bytes that an interface received and sent."""
    folder = Path(f"/sys/class/net/{interface}/statistics")
    if interface is None or not folder.exists():
        return 0.0, 0.0
    return tuple(float((folder / name).read_text()) for name in ("rx_bytes", "tx_bytes"))  # type: ignore[return-value]


def _speed(interface: str | None) -> float | None:
    """What an interface says that it carries, in bit/s; virtual ones say nothing, or what nothing holds them to."""
    if interface is None or not Path(f"/sys/class/net/{interface}/device").exists():
        return None
    try:
        return max(0.0, float(Path(f"/sys/class/net/{interface}/speed").read_text())) * 1e6 or None
    except (OSError, ValueError):
        return None
