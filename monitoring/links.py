"""Where a query can be looked at again: addresses of Prometheus' graph page, and the queries behind a report."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

from lms_stack.request_classes import FILE_CLASSES
from monitoring.names import Metric
from monitoring.usage import SHORTEST

#: Debian's Prometheus has the classic page only, and hands on `/graph` to nothing.
GRAPH = "classic/graph"


def graph_link(url: str, expression: str, started: datetime, ended: datetime) -> str:
    """The graph of an expression from start to end: its last point is the figure that was reported.

    :param url: Prometheus' own address, as in Topology.url("prometheus").
    """
    question = {
        "g0.expr": expression,
        "g0.tab": 0,
        "g0.range_input": f"{_seconds(started, ended)}s",
        "g0.end_input": f"{ended.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
    }
    return f"{url.rstrip('/')}/{GRAPH}?{urlencode(question)}"


def report_queries(started: datetime, ended: datetime, classes: Iterable[str]) -> dict[str, str]:
    """What the stack itself says of the hold, by name: `units` its CPU by service, each request class its p95.

    The application's histogram has fixed bounds and begins where a request reaches it, so its p95 is a check on the
    generator's and no other way to the same number. Classes that the edge serves alone have none.
    """
    span = f"{_seconds(started, ended)}s"
    units = f"sum by (host, unit) (rate({Metric.UNIT_CPU_SECONDS}[{span}]))"
    return {"units": units} | {name: _p95(name, span) for name in classes if name not in FILE_CLASSES}


def _p95(name: str, span: str) -> str:
    rate = f'rate({Metric.REQUEST_SECONDS}{{request_class="{name}"}}[{span}])'
    return f"histogram_quantile(0.95, sum by (le) ({rate}))"


def _seconds(started: datetime, ended: datetime) -> int:
    return max(SHORTEST, round((ended - started).total_seconds()))
