"""The Service table: what runs where, on which port, and who may connect.

Firewall rules, probes, scrape targets and the status page all come from these rows.
"""

from enum import StrEnum

from lms_stack.plan import Role
from lms_stack.units import Frozen


class Client(StrEnum):
    """Who may connect: a role's hosts, the operator's machine, or anyone."""

    ANYONE = "anyone"
    OPERATOR = "operator"
    EDGE = "edge"
    APP = "app"
    MONITOR = "monitor"


class Service(Frozen):
    """One row: a systemd unit with a TCP port.

    `role` None means every host. `probe` is the HTTP path that must answer 200, where the service speaks HTTP.
    `metrics` is the path that Prometheus scrapes. `loopback` services are never reachable from another host.
    """

    name: str
    unit: str
    port: int
    role: Role | None = None
    clients: tuple[Client, ...] = ()
    probe: str | None = None
    metrics: str | None = None
    loopback: bool = False


SERVICES: tuple[Service, ...] = (
    Service(name="ssh", unit="ssh.service", port=22, clients=(Client.OPERATOR,)),
    Service(
        name="https",
        unit="nginx.service",
        port=443,
        role=Role.EDGE,
        clients=(Client.ANYONE,),
        probe="/dang-nhap/",
    ),
    Service(name="http", unit="nginx.service", port=80, role=Role.EDGE, clients=(Client.ANYONE,)),
    Service(name="edge-status", unit="nginx.service", port=8081, role=Role.EDGE, loopback=True, probe="/stub_status"),
    Service(name="media-store", unit="nginx.service", port=8082, role=Role.EDGE, clients=(Client.APP,)),
    Service(
        name="lophoc",
        unit="lophoc.service",
        port=8000,
        role=Role.APP,
        clients=(Client.EDGE, Client.MONITOR),
        probe="/suc-khoe/san-sang",
    ),
    Service(
        name="lophoc-metrics",
        unit="lophoc-metrics.service",
        port=9911,
        role=Role.APP,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
    Service(name="pgbouncer", unit="pgbouncer.service", port=6432, role=Role.DATABASE, clients=(Client.APP,)),
    Service(name="postgresql", unit="postgresql.service", port=5432, role=Role.DATABASE, loopback=True),
    Service(name="valkey", unit="valkey-server.service", port=6379, role=Role.CACHE, clients=(Client.APP,)),
    Service(
        name="prometheus",
        unit="prometheus.service",
        port=9090,
        role=Role.MONITOR,
        clients=(Client.OPERATOR,),
        probe="/-/ready",
        metrics="/metrics",
    ),
    Service(
        name="alertmanager",
        unit="prometheus-alertmanager.service",
        port=9093,
        role=Role.MONITOR,
        clients=(Client.OPERATOR,),
        probe="/-/ready",
        metrics="/metrics",
    ),
    Service(
        name="blackbox",
        unit="prometheus-blackbox-exporter.service",
        port=9115,
        role=Role.MONITOR,
        loopback=True,
        metrics="/metrics",
    ),
    Service(
        name="taphuan-exporter",
        unit="taphuan-exporter.service",
        port=9910,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
    Service(
        name="node-exporter",
        unit="prometheus-node-exporter.service",
        port=9100,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
    Service(
        name="nginx-exporter",
        unit="prometheus-nginx-exporter.service",
        port=9113,
        role=Role.EDGE,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
    Service(
        name="postgres-exporter",
        unit="prometheus-postgres-exporter.service",
        port=9187,
        role=Role.DATABASE,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
    Service(
        name="pgbouncer-exporter",
        unit="prometheus-pgbouncer-exporter.service",
        port=9127,
        role=Role.DATABASE,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
    Service(
        name="valkey-exporter",
        unit="prometheus-redis-exporter.service",
        port=9121,
        role=Role.CACHE,
        clients=(Client.MONITOR,),
        metrics="/metrics",
    ),
)


def service(name: str) -> Service:
    """One row of the table; KeyError if there is none of that name."""
    return {row.name: row for row in SERVICES}[name]
