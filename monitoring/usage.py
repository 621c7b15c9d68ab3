"""How busy each resource of the stack was in a span of time; what is not known is named, never taken for idle."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from lms_stack.measurement import CoreSpeed, ResourceUse, UnitUse
from lms_stack.plan import Role
from lms_stack.topology import Host, Topology
from lms_stack.units import show
from monitoring.names import Metric
from monitoring.prometheus import Prometheus
from monitoring.rules import pool_busy, pool_size

#: Seconds between two looks at a gauge inside the span: the scrape interval.
STEP = 5
#: File systems that no data of the stack lie on.
_NO_DATA = '{mountpoint!~"/(run|dev|sys|proc|tmp)(/.*)?"}'
#: The shortest span a rate is taken over: with a scrape each 5 s it has three samples.
SHORTEST = 15


def resource_use(
    prometheus: Prometheus,
    topology: Topology,
    started: datetime,
    ended: datetime,
    *,
    link_bits: float | None = None,
) -> tuple[tuple[ResourceUse, ...], tuple[str, ...]]:
    """Every resource that carries learners, the busiest first, and the names of what Prometheus doesn't know.

    Shares are means over the span: a pool that is full for a moment is no bottleneck, one that is full on average is.
    Only hosts with a role of the stack are asked for, so that nobody takes the load generator for the bottleneck.

    :param link_bits: the bit/s at which a what-if held the way out of the edge link, in place of the planned ones.
    :raises StepFailed: Prometheus can't be reached.
    """
    asked = _Asked(prometheus, started, ended)
    for host in topology.stack_hosts:
        _ask_host(asked, host, link_bits)
    return tuple(sorted(asked.found, key=lambda use: -use.share)), tuple(asked.missing)


def unit_use(prometheus: Prometheus, topology: Topology, started: datetime, ended: datetime) -> tuple[UnitUse, ...]:
    """What each service of the stack's hosts took of the CPU in a span, the busiest first.

    :raises StepFailed: Prometheus can't be reached.
    """
    stack = {host.name for host in topology.stack_hosts}
    span = _Asked(prometheus, started, ended).span
    rows = prometheus.query(f"sum by (host, unit) (rate({Metric.UNIT_CPU_SECONDS}[{span}]))", ended)
    found = (UnitUse(host=row.labels["host"], unit=row.labels["unit"], cores=row.value) for row in rows)
    return tuple(sorted((use for use in found if use.host in stack), key=lambda use: -use.cores))


def core_speeds(
    prometheus: Prometheus, topology: Topology, started: datetime, ended: datetime
) -> tuple[CoreSpeed, ...]:
    """How fast the cores of the stack's hosts were in a span, and in its first and last third (15 s at least).

    Hosts that weren't timed are left out.

    :raises StepFailed: Prometheus can't be reached.
    """
    third = max(timedelta(seconds=SHORTEST), (ended - started) / 3)
    whole = _speeds(prometheus, started, ended)
    first, last = _speeds(prometheus, started, started + third), _speeds(prometheus, ended - third, ended)
    return tuple(
        CoreSpeed(host=host.name, pieces=whole[host.name], first=first.get(host.name), last=last.get(host.name))
        for host in topology.stack_hosts
        if host.name in whole
    )


def _speeds(prometheus: Prometheus, started: datetime, ended: datetime) -> dict[str, float]:
    asked = _Asked(prometheus, started, ended)
    pieces, seconds = (asked.rate(each).expression for each in (Metric.CORE_PIECES, Metric.CORE_PIECE_SECONDS))
    return prometheus.by_host(f"{pieces} / {seconds}", ended)


def cache_lost(prometheus: Prometheus, topology: Topology, started: datetime, ended: datetime) -> float | None:
    """The largest share of a cache's keys that was gone from one scrape to the next; None where nothing was read.

    :raises StepFailed: Prometheus can't be reached.
    """
    hosts = {host.name for host in topology.hosts_of(Role.CACHE)}
    span = _Asked(prometheus, started, ended).span
    keys = f"sum by (host) ({Metric.CACHE_KEYS})"
    before = f"clamp_min(sum by (host) ({Metric.CACHE_KEYS} offset {STEP}s), 1)"
    found = prometheus.by_host(f"max_over_time((1 - {keys} / {before})[{span}:{STEP}s])", ended)
    return max((share for host, share in found.items() if host in hosts), default=None)


@dataclass(frozen=True)
class _Series:
    """An expression by host, and the name of the series it needs."""

    expression: str
    what: str


@dataclass(frozen=True)
class _Resource:
    """One resource of a host: what is in use and how much there is, in one unit.

    `needed` is False where some machines have no such series, and the measurement is worth as much without it.
    """

    kind: Literal["cpu", "link", "pool", "disk", "lock"]
    name: str
    used: _Series
    size: _Series | float
    shown: Callable[[float], str]
    needed: bool = True

    @property
    def query(self) -> str:
        """The PromQL of the share that is in use, by host."""
        size = self.size.expression if isinstance(self.size, _Series) else f"{self.size:g}"
        return self.used.expression if size == "1" else f"{self.used.expression} / {size}"


@dataclass
class _Asked:
    """The questions of one span, with what was found and what was missing."""

    prometheus: Prometheus
    started: datetime
    ended: datetime
    found: list[ResourceUse] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    _known: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def span(self) -> str:
        """The span as a duration of PromQL."""
        return f"{max(SHORTEST, round((self.ended - self.started).total_seconds()))}s"

    def ask(self, host: str, resource: _Resource) -> None:
        """Note the use of a resource of a host, or that it is missing."""
        used = self._of(host, resource.used, needed=resource.needed)
        size = resource.size
        there = self._of(host, size, needed=resource.needed) if isinstance(size, _Series) else size
        if used is not None and there:
            self.found.append(
                ResourceUse(
                    resource=resource.kind,
                    host=host,
                    name=resource.name,
                    share=used / there,
                    capacity=resource.shown(there),
                    size=there,
                    query=resource.query,
                )
            )

    def _of(self, host: str, series: _Series, *, needed: bool) -> float | None:
        """The value of an expression for a host; its absence is noted under the name of the series."""
        if series.expression not in self._known:
            self._known[series.expression] = self.prometheus.by_host(series.expression, self.ended)
        value = self._known[series.expression].get(host)
        if value is None and needed:
            self.missing.append(f"{series.what} of {host}")
        return value

    def rate(self, counter: Metric, factor: str = "") -> _Series:
        return _Series(f"{factor}sum by (host) (rate({counter}[{self.span}]))", counter)

    def mean(self, expression: str, what: str) -> _Series:
        return _Series(f"avg_over_time(({expression})[{self.span}:{STEP}s])", what)


def _ask_host(asked: _Asked, host: Host, link_bits: float | None) -> None:
    asked.ask(host.name, _cpu(asked))
    if host.link is not None:
        asked.ask(host.name, _link(asked, "edge link out", Metric.LINK_TRANSMIT, link_bits or host.link))
        asked.ask(host.name, _link(asked, "edge link in", Metric.LINK_RECEIVE, host.link))
    if Role.APP in host.roles:
        asked.ask(host.name, _workers(asked))
    if Role.DATABASE in host.roles:
        for resource in (_pool(asked), _connections(asked), _lock(asked)):
            asked.ask(host.name, resource)
    for resource in (_disk_time(asked), _disk_space()):
        asked.ask(host.name, resource)


def _counted(word: str) -> Callable[[float], str]:
    return lambda there: f"{there:g} {word}"


def _cores(there: float) -> str:
    return f"{there:g} core{'s' if there != 1 else ''}"


def _cpu(asked: _Asked) -> _Resource:
    cores = _Series(f"max by (host) ({Metric.HOST_CORES})", Metric.HOST_CORES)
    return _Resource("cpu", "CPU", asked.rate(Metric.HOST_CPU_SECONDS), cores, _cores)


def _link(asked: _Asked, name: str, counter: Metric, bits: float) -> _Resource:
    return _Resource("link", name, asked.rate(counter, "8 * "), bits, lambda there: show(there, "bit/s"))


def _summed(metric: Metric, labels: str = "") -> str:
    return f"sum by (host) ({metric}{labels})"


def _workers(asked: _Asked) -> _Resource:
    busy = asked.mean(_summed(Metric.WORKERS_BUSY), Metric.WORKERS_BUSY)
    there = asked.mean(_summed(Metric.WORKERS), Metric.WORKERS)
    return _Resource("pool", "application workers", busy, there, _counted("workers"))


def _pool(asked: _Asked) -> _Resource:
    """The mean of the connections that are busy or wanted, by those there are."""
    busy, there = asked.mean(pool_busy(), Metric.POOL_ACTIVE), asked.mean(pool_size(), Metric.POOL_SIZE)
    return _Resource("pool", "pgbouncer pool", busy, there, _counted("connections"))


def _connections(asked: _Asked) -> _Resource:
    taken = asked.mean(_summed(Metric.DATABASE_CONNECTIONS), Metric.DATABASE_CONNECTIONS)
    there = asked.mean(_summed(Metric.DATABASE_CONNECTIONS_LIMIT), Metric.DATABASE_CONNECTIONS_LIMIT)
    return _Resource("pool", "PostgreSQL connections", taken, there, _counted("connections"))


def _lock(asked: _Asked) -> _Resource:
    """How busy the most wanted locks were, by how often a scrape saw somebody wait for one.

    In M/M/1 a second one is there, and waits, for U squared of the time (Kleinrock 1975), so U is the root of that
    share. Who waits for different locks is counted together, which makes U an upper bound for each.
    """
    nobody = f"0 * {_summed(Metric.DATABASE_CONNECTIONS)}"
    waiting = f"({_summed(Metric.DATABASE_CONNECTIONS, _WAITS_FOR_A_LOCK)} or {nobody}) > bool 0"
    seen = asked.mean(waiting, Metric.DATABASE_CONNECTIONS).expression
    series = _Series(f"sqrt({seen})", f"{Metric.DATABASE_CONNECTIONS}, lock waits")
    return _Resource("lock", "database locks", series, 1.0, lambda _: "the time")


def _disk_time(asked: _Asked) -> _Resource:
    """The share of the time in which the busiest disk had something to do; some machines' kernels don't tell."""
    busy = f"max by (host) (rate({Metric.DISK_BUSY_SECONDS}[{asked.span}]))"
    series = _Series(busy, Metric.DISK_BUSY_SECONDS)
    return _Resource("disk", "disk time", series, 1.0, lambda _: "the time", needed=False)


def _disk_space() -> _Resource:
    """How full the fullest file system is; the root by our own exporter, for the node exporter leaves overlays out."""
    root = f"{Metric.HOST_DISK_FREE} / {Metric.HOST_DISK}"
    others = f"{Metric.FILE_SYSTEM_FREE}{_NO_DATA} / {Metric.FILE_SYSTEM}{_NO_DATA}"
    series = _Series(f"1 - min by (host) ({root} or {others})", Metric.HOST_DISK_FREE)
    return _Resource("disk", "disk space", series, 1.0, lambda _: "the fullest file system")


#: What PostgreSQL's exporter calls a backend that waits for a lock of the database's own.
_WAITS_FOR_A_LOCK = '{wait_event_type="Lock"}'
