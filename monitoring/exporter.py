#!/usr/bin/python3
"""taphuan-exporter: what a host uses of what the Plan gave it.

It is shipped as it is, with lms_stack/cpu_speed.py beside it: it runs under Debian's python3 with
python3-prometheus-client alone. The node exporter can't replace it: in a lab guest /proc/stat and /proc/meminfo are
those of the whole machine, and nothing on a host knows the planned capacities, nor how fast its cores are just now.
"""

import argparse
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lms_stack import cpu_speed

ROOT = Path("/")
#: A memory limit above this is the kernel's way to say that there is none.
NO_LIMIT = 1 << 60
#: Its multiples' fractional parts are spread evenly from 0 to 1, each far from the one before (a Weyl sequence).
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Planned:
    """What the Plan gave this host: cores, bytes of memory, bit/s of its link (0 where it has no planned link).

    `units` are the services whose own CPU time is told.
    """

    cores: float
    memory: int
    link: float
    interface: str
    units: tuple[str, ...] = ()


@dataclass
class CoreTimer:
    """How fast this host's cores are: pieces of lms_stack/cpu_speed.py that were done, and their CPU time in seconds.

    Counters, so that the speed over any span of time is the growth of the one over that of the other. CPU time doesn't
    tell what the neighbours of a shared core take from it; this does. `squares` and `neighbours` are sums over pieces
    of the square of a piece's time, and of its product with the time of the one before: how far the speed fluctuates,
    and whether that lasts.
    """

    pieces: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    neighbours: float = 0.0
    _last: float | None = None

    def time_a_part(self) -> None:
        """Do two parts of a piece of work and count the second, by the CPU time of this thread alone.

        Right after a wake-up, with cold caches, a part takes a tenth more than that on a busy core and up to three
        tenths on one that was idle; what serves learners is at work for longer, and differs less between the two.
        """
        size = round(cpu_speed.PART * cpu_speed.ROWS)
        cpu_speed.work(size)
        began = time.thread_time()
        cpu_speed.work(size)
        self.count((time.thread_time() - began) / cpu_speed.PART)

    def count(self, piece: float) -> None:
        """Count a part by which a whole piece would have taken so many seconds; it needs one before it."""
        if self._last is not None:
            self.pieces += cpu_speed.PART
            self.seconds += cpu_speed.PART * piece
            self.squares += cpu_speed.PART * piece**2
            self.neighbours += cpu_speed.PART * piece * self._last
        self._last = piece


def gaps() -> Iterator[float]:
    """Seconds to wait before each timed part, without end."""
    return (cpu_speed.LONGEST_GAP * (number * GOLDEN % 1) for number in itertools.count(1))


def cpu_seconds(root: Path = ROOT) -> float:
    """CPU time this host used since it started, in seconds.

    The cgroup at the top of the tree this host sees is its own in a guest and the whole machine elsewhere. `unified`
    is where it stands beside cgroup v1.
    """
    for tree in ("sys/fs/cgroup", "sys/fs/cgroup/unified"):
        used = _spaced(root / tree / "cpu.stat").get("usage_usec")
        if used is not None:
            return used / 1e6
    ticks = [int(word) for word in _lines(root / "proc/stat")[0].split()[1:9]]
    # user, nice, system, idle, iowait, irq, softirq, steal: all but the idle ones and what others stole.
    return (sum(ticks[:3]) + sum(ticks[5:7])) / os.sysconf("SC_CLK_TCK")


def idle_seconds(cores: Iterable[int], root: Path = ROOT) -> float | None:
    """Seconds for which some cores of the machine had no work since it started; None where one of them isn't told.

    In a guest they tell what its CPU time doesn't: what it neither used nor left idle, others had.
    """
    rows = {words[0]: words[1:] for words in map(str.split, _lines(root / "proc/stat")) if words}
    wanted = [rows.get(f"cpu{core}") for core in cores]
    # user, nice, system, idle, iowait: who waits for a disk leaves the core to others.
    ticks = [int(row[3]) + int(row[4]) for row in wanted if row]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if len(ticks) == len(wanted) else None


def unit_cpu_seconds(unit: str, root: Path = ROOT) -> float | None:
    """CPU time of a service since it started, in seconds, by its cgroup; None where it doesn't run.

    systemd puts instances of a template (postgresql@17-main) into a slice of the template's own.
    """
    for tree in ("sys/fs/cgroup", "sys/fs/cgroup/unified"):
        services = root / tree / "system.slice"
        for stat in (services / unit / "cpu.stat", *services.glob(f"system-*.slice/{unit}/cpu.stat")):
            used = _spaced(stat).get("usage_usec")
            if used is not None:
                return used / 1e6
    return None


def memory_bytes(root: Path = ROOT) -> tuple[float, float]:
    """Bytes of memory in use, without the page cache that can be dropped, and the limit."""
    total, available = _meminfo(root)
    for tree, current, limit, key in (
        ("sys/fs/cgroup", "memory.current", "memory.max", "inactive_file"),
        ("sys/fs/cgroup/memory", "memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file"),
    ):
        used = _number(root / tree / current)
        if used is not None:
            cached = _spaced(root / tree / "memory.stat").get(key, 0)
            allowed = _number(root / tree / limit)
            return used - cached, allowed if allowed and allowed < NO_LIMIT else total
    return total - available, total


def link_bytes(interface: str, root: Path = ROOT) -> tuple[float, float] | None:
    """Bytes sent and received by an interface since it came up; None while there is no such interface."""
    folder = root / "sys/class/net" / interface / "statistics"
    sent, received = (_number(folder / name) for name in ("tx_bytes", "rx_bytes"))
    return None if sent is None or received is None else (sent, received)


def default_interface(root: Path = ROOT) -> str:
    """The interface of the default route; empty where there is none."""
    for line in _lines(root / "proc/net/route")[1:]:
        name, destination = line.split()[:2]
        if destination == "00000000":
            return name
    return ""


class HostCollector(Collector):
    """Reads everything anew for each scrape."""

    def __init__(self, planned: Planned, timer: CoreTimer | None = None, root: Path = ROOT) -> None:
        self._planned = planned
        self._timer = timer
        self._root = root

    def collect(self) -> Iterable[Metric]:
        """The metrics of this moment; what can't be read is left out, never 0."""
        yield _counter("taphuan_host_cpu_seconds", "CPU time used by this host.", cpu_seconds(self._root))
        idle = idle_seconds(os.sched_getaffinity(0), self._root)
        if idle is not None:
            yield _counter("taphuan_core_idle_seconds", "Time for which cores that it may use had no work.", idle)
        yield _gauge("taphuan_host_cores", "Cores that the plan gives this host.", self._planned.cores)
        if self._timer:
            yield _counter("taphuan_core_pieces", "Pieces of work that a core did to be timed.", self._timer.pieces)
            yield _counter("taphuan_core_piece_seconds", "CPU time that these pieces took.", self._timer.seconds)
            text = "Squares of the CPU time of a piece, s^2."
            yield _counter("taphuan_core_piece_squares", text, self._timer.squares)
            text = "Products of the CPU time of a piece and the one before, s^2."
            yield _counter("taphuan_core_piece_neighbours", text, self._timer.neighbours)
        yield self._units()
        used, limit = memory_bytes(self._root)
        yield _gauge("taphuan_host_memory_bytes", "Memory in use, without cache that can be dropped.", used)
        planned = self._planned.memory or limit
        yield _gauge("taphuan_host_memory_limit_bytes", "Memory that the plan gives this host.", planned)
        yield from self._disk()
        yield from self._link()

    def _units(self) -> Metric:
        told = CounterMetricFamily("taphuan_unit_cpu_seconds", "CPU time used by a service.", labels=("unit",))
        for unit in self._planned.units:
            used = unit_cpu_seconds(unit, self._root)
            if used is not None:
                told.add_metric((unit,), used)
        return told

    def _disk(self) -> Iterator[Metric]:
        space = os.statvfs(self._root)
        yield _gauge("taphuan_host_disk_bytes", "Size of the root file system.", space.f_blocks * space.f_frsize)
        free = space.f_bavail * space.f_frsize
        yield _gauge("taphuan_host_disk_free_bytes", "Room left for services on the root file system.", free)

    def _link(self) -> Iterator[Metric]:
        interface = self._planned.interface or default_interface(self._root)
        if counts := link_bytes(interface, self._root):
            yield _counter("taphuan_link_transmit_bytes", "Bytes sent on the link of this host.", counts[0])
            yield _counter("taphuan_link_receive_bytes", "Bytes received on the link of this host.", counts[1])
        if self._planned.link:
            yield _gauge("taphuan_link_capacity_bits", "Planned bandwidth, each way, in bit/s.", self._planned.link)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _number(path: Path) -> float | None:
    text = "".join(_lines(path)).strip()
    return float(text) if text.isdigit() else None


def _spaced(path: Path) -> dict[str, int]:
    """A file of lines `name value`, or `name: value unit`."""
    return {line.split()[0].rstrip(":"): int(line.split()[1]) for line in _lines(path) if len(line.split()) > 1}


def _meminfo(root: Path) -> tuple[float, float]:
    fields = _spaced(root / "proc/meminfo")
    return fields["MemTotal"] * 1024, fields["MemAvailable"] * 1024


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="taphuan-exporter", description="What a host uses of what was planned.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--address", default="0.0.0.0", help="address to listen on")  # noqa: S104 - nftables decides
    parser.add_argument("--cores", type=float, required=True, help="planned cores")
    parser.add_argument("--memory-bytes", type=int, default=0, help="planned memory; what is there where left out")
    parser.add_argument("--link-bits", type=float, default=0, help="planned bandwidth in bit/s; none where left out")
    parser.add_argument("--units", default="", help="services whose CPU time is told, with commas between")
    parser.add_argument("--time-cores", action="store_true", help="do a little work by and by to tell their speed")
    parser.add_argument("--interface", default="", help="that of the default route where left out")
    return parser.parse_args(words)


def main(words: list[str] | None = None, wait: Callable[[float], object] | None = None) -> None:
    """Serve /metrics, and time the core by and by where that is asked for, until the process is told to end.

    :param wait: waits so many seconds, and gives back whether that was the last time; until SIGTERM where None.
    """
    given = _arguments(words)
    registry = CollectorRegistry()
    units = tuple(filter(None, given.units.split(",")))
    planned = Planned(given.cores, given.memory_bytes, given.link_bits, given.interface, units)
    timer = CoreTimer() if given.time_cores else None
    registry.register(HostCollector(planned, timer))
    server, _thread = start_http_server(given.port, given.address, registry)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    for gap in gaps():
        if (wait or ended.wait)(gap):
            break
        if timer:
            timer.time_a_part()
    server.shutdown()


if __name__ == "__main__":
    main()
