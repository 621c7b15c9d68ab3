"""How busy each resource of the stack was in a span of time; what is not known is named, never taken for idle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lms_stack.measurement import ResourceUse, UnitUse
from lms_stack.plan import STACK_ROLES, Role
from lms_stack.topology import Host, Topology
from lms_stack.units import show
from monitoring.names import Metric
from monitoring.prometheus import Prometheus
from monitoring.rules import pool_busy, pool_size

#: Seconds between two looks at a gauge inside the span: the scrape interval.
STEP = 5
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
    for host in topology.hosts:
        if set(host.roles) & set(STACK_ROLES):
            _ask_host(asked, host, link_bits)
    return tuple(sorted(asked.found, key=lambda use: -use.share)), tuple(asked.missing)


def unit_use(prometheus: Prometheus, topology: Topology, started: datetime, ended: datetime) -> tuple[UnitUse, ...]:
    """What each service of the stack's hosts took of the CPU in a span, the busiest first.

    :raises StepFailed: Prometheus can't be reached.
    """
    stack = {host.name for host in topology.hosts if set(host.roles) & set(STACK_ROLES)}
    span = _Asked(prometheus, started, ended).span
    rows = prometheus.query(f"sum by (host, unit) (rate({Metric.UNIT_CPU_SECONDS}[{span}]))", ended)
    found = (UnitUse(host=row.labels["host"], unit=row.labels["unit"], cores=row.value) for row in rows)
    return tuple(sorted((use for use in found if use.host in stack), key=lambda use: -use.cores))


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

    def of(self, host: str, expression: str, what: str) -> float | None:
        """The value of an expression for a host; its absence is noted under the name of the series."""
        if expression not in self._known:
            self._known[expression] = self.prometheus.by_host(expression, self.ended)
        value = self._known[expression].get(host)
        if value is None:
            self.missing.append(f"{what} of {host}")
        return value

    def rate(self, host: str, counter: Metric) -> float | None:
        return self.of(host, f"sum by (host) (rate({counter}[{self.span}]))", counter)

    def mean(self, host: str, expression: str, what: str) -> float | None:
        return self.of(host, f"avg_over_time(({expression})[{self.span}:{STEP}s])", what)


def _ask_host(asked: _Asked, host: Host, link_bits: float | None) -> None:
    asked.found.extend(_cpu(asked, host))
    if host.link is not None:
        asked.found.extend(_link(asked, host, Metric.LINK_TRANSMIT, "edge link out", link_bits or host.link))
        asked.found.extend(_link(asked, host, Metric.LINK_RECEIVE, "edge link in", host.link))
    for role, pool in _POOLS:
        if role in host.roles:
            asked.found.extend(pool(asked, host))


def _cpu(asked: _Asked, host: Host) -> Iterator[ResourceUse]:
    used = asked.rate(host.name, Metric.HOST_CPU_SECONDS)
    cores = asked.of(host.name, f"max by (host) ({Metric.HOST_CORES})", Metric.HOST_CORES)
    if used is not None and cores:
        capacity = f"{cores:g} core{'s' if cores != 1 else ''}"
        yield ResourceUse(resource="cpu", host=host.name, name="CPU", share=used / cores, capacity=capacity)


def _link(asked: _Asked, host: Host, counter: Metric, name: str, bits: float) -> Iterator[ResourceUse]:
    rate = asked.rate(host.name, counter)
    if rate is not None:
        share = 8 * rate / bits
        yield ResourceUse(resource="link", host=host.name, name=name, share=share, capacity=show(bits, "bit/s"))


def _pool(
    name: str, unit: str, busy: tuple[str, str], size: tuple[str, str]
) -> Callable[[_Asked, Host], Iterator[ResourceUse]]:
    """A reader of one pool: the mean of what is busy or wanted, by what there is. Each expression with its metric."""

    def read(asked: _Asked, host: Host) -> Iterator[ResourceUse]:
        taken, there = asked.mean(host.name, *busy), asked.mean(host.name, *size)
        if taken is not None and there:
            capacity = f"{there:g} {unit}"
            yield ResourceUse(resource="pool", host=host.name, name=name, share=taken / there, capacity=capacity)

    return read


def _summed(metric: Metric) -> tuple[str, str]:
    return f"sum by (host) ({metric})", metric


_POOLS = (
    (Role.APP, _pool("application workers", "workers", _summed(Metric.WORKERS_BUSY), _summed(Metric.WORKERS))),
    (
        Role.DATABASE,
        _pool("pgbouncer pool", "connections", (pool_busy(), Metric.POOL_ACTIVE), (pool_size(), Metric.POOL_SIZE)),
    ),
    (
        Role.DATABASE,
        _pool(
            "PostgreSQL connections",
            "connections",
            _summed(Metric.DATABASE_CONNECTIONS),
            _summed(Metric.DATABASE_CONNECTIONS_LIMIT),
        ),
    ),
)
