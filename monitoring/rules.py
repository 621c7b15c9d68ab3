"""Recording rules and alerts, built from the objectives of a course and the thresholds in the facts."""

from collections.abc import Iterator
from typing import Any

from lms_stack.course import Objectives
from lms_stack.facts import Facts
from monitoring.names import Alert, Metric, Record, Severity, runbook

Rule = dict[str, Any]

#: What learners send when nobody is about: below this many requests/s a share or a percentile is one visitor's luck.
QUIET = 0.2
#: Free share of a disk below which it counts as filling, and hours ahead that its trend is followed.
DISK_FREE_SHARE, DISK_HOURS = 0.15, 24
#: Days before a certificate's end on which a person is told; renewals are due long before.
CERTIFICATE_DAYS = 14
#: Share of its memory above which a host is short of it: beyond, the kernel drops cache that queries need.
MEMORY_SHARE = 0.92


def _record(name: Record, expression: str) -> Rule:
    return {"record": name.value, "expr": expression}


def recording_rules() -> dict[str, Any]:
    """The series that alerts and `status` read, computed once."""
    answered = f"sum(rate({Metric.REQUESTS}[5m]))"
    failed = f'(sum(rate({Metric.REQUESTS}{{status=~"5.."}}[5m])) or vector(0))'
    rules = [
        _record(Record.SITE_UP, f'min({Metric.PROBE_SUCCESS}{{service="https"}})'),
        _record(Record.SITE_REQUESTS, answered),
        _record(Record.CLASS_REQUESTS, f"sum by (request_class) (rate({Metric.REQUESTS}[5m]))"),
        _record(Record.SITE_ERRORS, f"{failed} / ({answered} > 0)"),
        _record(
            Record.SITE_PAGE_P95,
            f"histogram_quantile(0.95, sum by (le) (rate({Metric.REQUEST_SECONDS}[5m])))",
        ),
        _record(
            Record.HOST_CPU,
            f"sum by (host) (rate({Metric.HOST_CPU_SECONDS}[1m])) / max by (host) ({Metric.HOST_CORES})",
        ),
        _record(Record.HOST_MEMORY, _share(Metric.HOST_MEMORY, Metric.HOST_MEMORY_LIMIT)),
        _record(Record.HOST_DISK, f"1 - {_share(Metric.HOST_DISK_FREE, Metric.HOST_DISK)}"),
        _record(Record.LINK_TRANSMIT, _link_share(Metric.LINK_TRANSMIT)),
        _record(Record.LINK_RECEIVE, _link_share(Metric.LINK_RECEIVE)),
        _record(Record.POOL, f"{pool_busy()} / {pool_size()}"),
    ]
    return {"groups": [{"name": "taphuan", "interval": "5s", "rules": rules}]}


def _share(part: Metric, whole: Metric) -> str:
    return f"max by (host) ({part}) / max by (host) ({whole})"


def _link_share(counter: Metric) -> str:
    return f"8 * sum by (host) (rate({counter}[1m])) / max by (host) ({Metric.LINK_CAPACITY})"


def pool_busy() -> str:
    """Connections of a host's pools that are at work or wanted; pgbouncer's own console pool is left out."""
    own = '{database!="pgbouncer"}'
    return f"(sum by (host) ({Metric.POOL_ACTIVE}{own}) + sum by (host) ({Metric.POOL_WAITING}{own}))"


def pool_size() -> str:
    """Connections that a host's pools may open."""
    return f'sum by (host) ({Metric.POOL_SIZE}{{name!="pgbouncer"}})'


def alerting_rules(objectives: Objectives, known: Facts) -> dict[str, Any]:
    """Alerts: `page` for what learners feel, `ticket` for what will be felt if nobody looks."""
    rules = [*_felt(objectives), *_exhausted(known), *_hosts()]
    return {"groups": [{"name": "taphuan", "rules": rules}]}


def _alert(name: Alert, expression: str, lasts: str, severity: Severity, summary: str) -> Rule:
    return {
        "alert": name.value,
        "expr": expression,
        "for": lasts,
        "labels": {"severity": severity.value},
        "annotations": {"summary": summary, "runbook": runbook(name.value)},
    }


def _felt(objectives: Objectives) -> Iterator[Rule]:
    busy = f"and {Record.SITE_REQUESTS} > {QUIET}"
    yield _alert(
        Alert.SITE_DOWN,
        f'{Record.SITE_UP} == 0 or absent({Metric.PROBE_SUCCESS}{{service="https"}})',
        "1m",
        Severity.PAGE,
        "Người học không vào được trang / Learners can't open the site",
    )
    yield _alert(
        Alert.LEARNERS_SEE_ERRORS,
        f"{Record.SITE_ERRORS} > {objectives.failed_requests:g} {busy}",
        "2m",
        Severity.PAGE,
        "Người học gặp trang lỗi: {{ $value | humanizePercentage }} yêu cầu / Learners see errors",
    )
    yield _alert(
        Alert.PAGES_SLOW,
        f"{Record.SITE_PAGE_P95} > {objectives.page_p95:g} {busy}",
        "5m",
        Severity.PAGE,
        "Trang mở chậm: p95 {{ $value | humanizeDuration }} / Pages are slow",
    )


def _exhausted(known: Facts) -> Iterator[Rule]:
    cpu, link = (known.thresholds[name].number for name in ("cpu_exhausted", "link_exhausted"))
    yield _alert(
        Alert.HOST_CPU_EXHAUSTED,
        f"{Record.HOST_CPU} > {cpu:g}",
        "5m",
        Severity.TICKET,
        "CPU của {{ $labels.host }} gần cạn: {{ $value | humanizePercentage }} / CPU nearly exhausted",
    )
    yield _alert(
        Alert.EDGE_LINK_EXHAUSTED,
        f"{Record.LINK_TRANSMIT} > {link:g} or {Record.LINK_RECEIVE} > {link:g}",
        "5m",
        Severity.TICKET,
        "Đường truyền của {{ $labels.host }} gần đầy: {{ $value | humanizePercentage }} / Link nearly full",
    )
    yield _alert(
        Alert.DATABASE_CONNECTIONS_EXHAUSTED,
        f'sum by (host) ({Metric.POOL_WAITING}{{database!="pgbouncer"}}) > 0',
        "2m",
        Severity.TICKET,
        "{{ $value }} yêu cầu chờ kết nối cơ sở dữ liệu / Requests wait for a database connection",
    )


def _hosts() -> Iterator[Rule]:
    trend = f"predict_linear({Metric.HOST_DISK_FREE}[6h], {DISK_HOURS * 3600}) < 0"
    full = f"{Record.HOST_DISK} > {1 - DISK_FREE_SHARE:g}"
    yield _alert(
        Alert.HOST_DOWN,
        f'{Metric.UP}{{job="taphuan-exporter"}} == 0',
        "2m",
        Severity.TICKET,
        "Máy {{ $labels.host }} không trả lời / Host does not answer",
    )
    yield _alert(
        Alert.MEMORY_SHORT,
        f"{Record.HOST_MEMORY} > {MEMORY_SHARE}",
        "10m",
        Severity.TICKET,
        "Máy {{ $labels.host }} sắp hết bộ nhớ: {{ $value | humanizePercentage }} / Memory is short",
    )
    yield _alert(
        Alert.DISK_FILLING,
        f"{full} or max by (host) ({trend})",
        "15m",
        Severity.TICKET,
        "Đĩa của {{ $labels.host }} sắp đầy / Disk is filling",
    )
    yield _alert(
        Alert.CERTIFICATE_EXPIRING,
        f"{Metric.PROBE_CERTIFICATE_EXPIRY} - time() < {CERTIFICATE_DAYS * 86400}",
        "1h",
        Severity.TICKET,
        "Chứng chỉ sắp hết hạn sau {{ $value | humanizeDuration }} / Certificate is about to expire",
    )
