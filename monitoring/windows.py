"""Growth of the stack's counters in windows of a few seconds, for the calibration."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from lms_stack.observation import Window
from lms_stack.plan import STACK_ROLES, Role
from lms_stack.request_classes import RequestClass
from lms_stack.services import service
from lms_stack.topology import Topology
from monitoring.names import Metric
from monitoring.prometheus import Prometheus, Series

#: The services whose CPU time is work for learners, by the row of the service table.
WORKERS = {"https": Role.EDGE, "lophoc": Role.APP, "pgbouncer": Role.DATABASE, "postgresql": Role.DATABASE}
WORKERS |= {"valkey": Role.CACHE}
#: Seconds of a window: the scrape interval.
STEP = 5.0

#: Growth of one counter from look to look, by its label.
Growth = dict[str, list[float]]


def windows(
    prometheus: Prometheus,
    topology: Topology,
    load: str,
    span: tuple[datetime, datetime],
    files: Mapping[RequestClass, float],
) -> tuple[Window, ...]:
    """The windows of a load from one moment to another; none across a restart of a service.

    :param files: answers per second of the classes that the edge serves alone, which the application never counts.
    :raises StepFailed: Prometheus can't be reached.
    """
    asked = _Asked(prometheus, topology, span)
    app, queries, requests = (asked.by_class(metric) for metric in (_APP_SECONDS, _QUERIES, Metric.REQUESTS))
    units = asked.growth(f"sum by (unit) ({_on(topology, Metric.UNIT_CPU_SECONDS)})", "unit")
    used = asked.by_host(Metric.HOST_CPU_SECONDS)
    hosts = _summed(used.values(), asked.count)
    pieces, piece_seconds, squares, products = _timed(asked)
    cpu = _by_role(units)
    lost = _lost(asked, topology, used)
    return tuple(
        Window(
            load=load,
            seconds=STEP,
            requests=_at(requests, number) | {name: rate * STEP for name, rate in files.items()},
            app_seconds=_at(app, number),
            queries=_at(queries, number),
            cpu={role: cpu.get(role, [0.0] * asked.count)[number] for role in STACK_ROLES},
            other=max(0.0, hosts[number] - sum(values[number] for values in cpu.values())),
            lost=lost[number],
            pieces=pieces[number],
            piece_seconds=piece_seconds[number],
            piece_squares=squares[number],
            piece_products=products[number],
        )
        for number in range(asked.count)
        if all(values[number] >= 0 for group in (app, queries, requests, units) for values in group.values())
        and pieces[number] >= 0
    )


_APP_SECONDS = "lophoc_request_cpu_seconds_total"
_QUERIES = "lophoc_db_queries_total"


class _Asked:
    """One span of time, cut into windows."""

    def __init__(self, prometheus: Prometheus, topology: Topology, span: tuple[datetime, datetime]) -> None:
        self._prometheus, self._topology = prometheus, topology
        self.count = max(1, int((span[1] - span[0]).total_seconds() // STEP))
        self._began = span[0]

    def growth(self, expression: str, label: str) -> Growth:
        """Growth of a counter in each window, by a label; a series that begins later began at nothing."""
        ended = self._began + timedelta(seconds=self.count * STEP)
        rows = self._prometheus.query_range(expression, self._began, ended, STEP)
        return {row.labels.get(label, ""): self._steps(row) for row in rows}

    def _steps(self, series: Series) -> list[float]:
        seen = dict.fromkeys(range(self.count + 1), 0.0)
        for at, value in series.points:
            seen[round((at - self._began.timestamp()) / STEP)] = value
        return [seen[number + 1] - seen[number] for number in range(self.count)]

    def by_class(self, metric: str) -> Growth:
        """Growth of one of the application's counters by request class."""
        return self.growth(f"sum by (request_class) ({metric})", "request_class")

    def by_host(self, metric: Metric) -> Growth:
        """Growth of a counter on each host of the stack that has it, in each window."""
        return self.growth(f"sum by (host) ({_on(self._topology, metric)})", "host")


def _lost(asked: "_Asked", topology: Topology, used: Growth) -> list[float]:
    """What the hosts neither used of the cores that are theirs by the plan nor left idle, in each window."""
    idle = asked.by_host(Metric.CORE_IDLE_SECONDS)
    hosts = [host for host in topology.stack_hosts if host.name in used and host.name in idle]
    return [
        sum(max(0.0, host.cores * STEP - used[host.name][number] - idle[host.name][number]) for host in hosts)
        for number in range(asked.count)
    ]


def _timed(asked: "_Asked") -> list[list[float]]:
    """In each window: pieces, their CPU time, and how far it was from its host's mean, as `Window` says."""
    found = (Metric.CORE_PIECES, Metric.CORE_PIECE_SECONDS, Metric.CORE_PIECE_SQUARES, Metric.CORE_PIECE_NEIGHBOURS)
    pieces, seconds, squares, products = map(asked.by_host, found)
    for host in products.keys() & squares.keys() & seconds.keys() & pieces.keys():
        counted = [number for number in range(asked.count) if pieces[host][number] > 0]
        spent = sum(seconds[host][number] for number in counted)
        mean = spent / sum(pieces[host][number] for number in counted) if spent > 0 else 1.0
        for growth in (squares, products):
            growth[host] = [
                value / mean**2 - 2 * second / mean + piece
                for value, second, piece in zip(growth[host], seconds[host], pieces[host], strict=True)
            ]
    return [_summed(growth.values(), asked.count) for growth in (pieces, seconds, squares, products)]


def _summed(rows: Iterable[Sequence[float]], count: int) -> list[float]:
    return [sum(column) for column in zip(*rows, strict=True)] or [0.0] * count


def _on(topology: Topology, metric: str) -> str:
    """A series of the stack's hosts only."""
    hosts = sorted(host.name for host in topology.stack_hosts)
    return f'{metric}{{host=~"{"|".join(hosts)}"}}'


def _by_role(units: Growth) -> dict[Role, list[float]]:
    roles = {service(name).unit.removesuffix(".service"): role for name, role in WORKERS.items()}
    found: dict[Role, list[float]] = {}
    for unit, values in units.items():
        role = roles.get(unit.removesuffix(".service").split("@")[0])
        if role:
            found[role] = _added(found.get(role, [0.0] * len(values)), values)
    return found


def _added(left: Iterable[float], right: Iterable[float]) -> list[float]:
    return [one + other for one, other in zip(left, right, strict=True)]


def _at(growth: Growth, number: int) -> dict[RequestClass, float]:
    """A window's growth of the request classes that the vocabulary knows; probes and scrapes are none of them."""
    known = {each.value for each in RequestClass}
    return {RequestClass(name): values[number] for name, values in growth.items() if name in known}
