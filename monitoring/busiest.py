"""The busiest hour of the last day, as the course itself made it: for the forecast ledger."""

from datetime import datetime

from lms_stack.errors import StepFailed
from lms_stack.evenings import Hour
from lms_stack.topology import Topology
from monitoring.names import Metric
from monitoring.prometheus import Prometheus

HOUR = 3600.0
#: Hours are looked at from each such number of seconds on.
STEP = 300.0
_CLASSES = f"sum by (request_class) (rate({Metric.REQUESTS}[1h]))"


class BusiestHour(Hour):
    """The hour with the most requests that the application answered: 1/s, bit/s sent, and each host's CPU share."""

    requests: float
    egress: float
    cpu: dict[str, float]


def busiest_hour(prometheus: Prometheus, topology: Topology, now: datetime) -> BusiestHour:
    """The busiest hour that ended within the last 24 hours.

    :raises StepFailed: Prometheus can't be reached, or knows no hour of that day.
    """
    ended = _when(prometheus, now)
    cpu = prometheus.by_host(
        f"sum by (host) (rate({Metric.HOST_CPU_SECONDS}[1h])) / max by (host) ({Metric.HOST_CORES})", ended
    )
    hosts = {host.name for host in topology.stack_hosts}
    return BusiestHour(
        ended=ended,
        requests=prometheus.value(f"sum(rate({Metric.REQUESTS}[1h]))", ended) or 0.0,
        classes={row.labels.get("request_class", ""): row.value for row in prometheus.query(_CLASSES, ended)},
        egress=8 * (prometheus.value(f"sum(rate({Metric.LINK_TRANSMIT}[1h]))", ended) or 0.0),
        cpu={name: share for name, share in cpu.items() if name in hosts},
    )


def _when(prometheus: Prometheus, now: datetime) -> datetime:
    began = datetime.fromtimestamp(now.timestamp() - 24 * HOUR, now.tzinfo)
    rows = prometheus.query_range(f"sum(rate({Metric.REQUESTS}[1h]))", began, now, STEP)
    points = [point for row in rows for point in row.points]
    if not points:
        raise StepFailed("Prometheus knows of no request in the last 24 hours", hint="is the site up? see `status`")
    return datetime.fromtimestamp(max(points, key=lambda point: point[1])[0], now.tzinfo)
