"""Ten lines that say whether learners are well, from what Prometheus knows now."""

from collections.abc import Callable
from enum import StrEnum

from lms_stack.course import Objectives
from lms_stack.errors import StepFailed
from lms_stack.topology import Topology
from lms_stack.units import Frozen, show
from monitoring.names import Alert, Record, Severity
from monitoring.prometheus import FiringAlert, Prometheus


class Health(StrEnum):
    """How learners are."""

    WELL = "well"
    NOT_WELL = "not_well"
    UNKNOWN = "unknown"


class HostShare(Frozen):
    """The busiest host of a resource, and the share of it that is in use."""

    host: str
    share: float


class Status(Frozen):
    """What `status` knows; None is what Prometheus doesn't know. Times in seconds, shares of 1."""

    learners: Health
    site_up: bool | None
    page_p95: float | None
    page_p95_allowed: float
    errors: float | None
    requests: float | None
    cpu: HostShare | None
    link: HostShare | None
    pool: HostShare | None
    disk: HostShare | None
    alerts: tuple[FiringAlert, ...]
    last_verdict: str | None

    def text(self) -> str:
        """Ten lines, Vietnamese first."""
        return "\n".join(_lines(self))


def status(
    prometheus: Prometheus, topology: Topology, objectives: Objectives | None = None, last_verdict: str | None = None
) -> Status:
    """Ask how learners are now.

    Learners are well if the site answers and no alert of what they feel stands; without the site's probe, or without
    Prometheus, nobody knows.

    :param last_verdict: what the last verify said and when, as it is to be shown.
    """
    try:
        return _asked(prometheus, topology, objectives or Objectives(), last_verdict)
    except StepFailed:
        return _unknown(objectives or Objectives(), last_verdict)


def _asked(prometheus: Prometheus, topology: Topology, objectives: Objectives, last_verdict: str | None) -> Status:
    up = prometheus.value(Record.SITE_UP)
    alerts = prometheus.firing()
    stack = {host.name for host in topology.stack_hosts}
    site_up = None if up is None else up == 1
    return Status(
        learners=_health(site_up, alerts),
        site_up=site_up,
        page_p95=prometheus.value(Record.SITE_PAGE_P95),
        page_p95_allowed=objectives.page_p95,
        errors=prometheus.value(Record.SITE_ERRORS),
        requests=prometheus.value(Record.SITE_REQUESTS),
        cpu=_busiest(prometheus, stack, Record.HOST_CPU),
        link=_busiest(prometheus, stack, Record.LINK_TRANSMIT, Record.LINK_RECEIVE),
        pool=_busiest(prometheus, stack, Record.POOL),
        disk=_busiest(prometheus, {host.name for host in topology.hosts}, Record.HOST_DISK),
        alerts=alerts,
        last_verdict=last_verdict,
    )


def _unknown(objectives: Objectives, last_verdict: str | None) -> Status:
    return Status(
        learners=Health.UNKNOWN,
        site_up=None,
        page_p95=None,
        page_p95_allowed=objectives.page_p95,
        errors=None,
        requests=None,
        cpu=None,
        link=None,
        pool=None,
        disk=None,
        alerts=(),
        last_verdict=last_verdict,
    )


def _health(site_up: bool | None, alerts: tuple[FiringAlert, ...]) -> Health:
    felt = any(alert.severity == Severity.PAGE for alert in alerts)
    if site_up is False or (felt and site_up is not None):
        return Health.NOT_WELL
    if site_up is None:
        unseen = all(alert.name == Alert.SITE_DOWN for alert in alerts if alert.severity == Severity.PAGE)
        return Health.UNKNOWN if unseen else Health.NOT_WELL
    return Health.WELL


def _busiest(prometheus: Prometheus, hosts: set[str], *records: Record) -> HostShare | None:
    shares = [(share, host) for record in records for host, share in prometheus.by_host(record).items()]
    known = [row for row in shares if row[1] in hosts]
    return HostShare(host=max(known)[1], share=max(known)[0]) if known else None


_HEALTH = {
    Health.WELL: "Người học: ổn / learners are well",
    Health.NOT_WELL: "Người học: KHÔNG ổn / learners are NOT well",
    Health.UNKNOWN: "Người học: không rõ / unknown: nobody measures how learners are",
}
_UNKNOWN = "không rõ / unknown"


def _lines(known: Status) -> tuple[str, ...]:
    return (
        _HEALTH[known.learners],
        f"Trang / site: {_site(known.site_up)}",
        f"Thời gian mở trang p95, 5 phút / pages, p95 of 5 min: {_pages(known)}",
        f"Lỗi / errors: {_or_unknown(known.errors, lambda share: show(share, 'share'), known.requests)}",
        f"Yêu cầu / requests: {_or_unknown(known.requests, lambda rate: f'{rate:.1f}/s')}",
        f"CPU bận nhất / busiest CPU: {_host(known.cpu)}",
        f"Đường truyền / edge link: {_host(known.link)}",
        f"Kết nối CSDL / database pool: {_host(known.pool)};  đĩa / disk: {_host(known.disk)}",
        f"Cảnh báo / alerts: {_alerts(known.alerts, known.learners)}",
        f"Lần kiểm tra gần nhất / last verify: {known.last_verdict or 'chưa có / none yet'}",
    )


def _site(up: bool | None) -> str:
    return _UNKNOWN if up is None else "mở được / up" if up else "KHÔNG mở được / DOWN"


def _pages(known: Status) -> str:
    allowed = f"(cho phép / allowed {show(known.page_p95_allowed, 's')})"
    return f"{_or_unknown(known.page_p95, lambda value: show(value, 's'), known.requests)} {allowed}"


def _or_unknown(value: float | None, shown: Callable[[float], str], requests: float | None = None) -> str:
    if value is not None:
        return shown(value)
    return "không có yêu cầu / no requests" if requests == 0 else _UNKNOWN


def _host(share: HostShare | None) -> str:
    return f"{show(share.share, 'share')} ({share.host})" if share else _UNKNOWN


def _alerts(alerts: tuple[FiringAlert, ...], health: Health) -> str:
    if not alerts:
        return _UNKNOWN if health is Health.UNKNOWN else "không có / none"
    return ", ".join(f"{alert.name} ({alert.host})" if alert.host else alert.name for alert in alerts)
