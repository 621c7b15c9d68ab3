"""The edge's own log of a span of time: how long it took by request class, to be set beside what the generator saw."""

import json
from datetime import datetime
from typing import Any

from lms_stack.edge_times import EdgeTimes
from lms_stack.errors import StepFailed
from lms_stack.plan import Role
from lms_stack.remote import Remote
from lms_stack.request_classes import RequestClass
from lms_stack.topology import Topology

#: What nginx writes (playbooks/roles/edge), the older file first: it may have been turned over meanwhile.
LOGS = ("/var/log/nginx/access.json.1", "/var/log/nginx/access.json")
#: Seconds in which an edge must have read its log.
TIMEOUT = 120

# Runs on the edge under Debian's python3. The log's time is that of a request's end; lines that are no JSON are passed
# over. `found` has each request that began in the span, by class: seconds since its beginning, seconds taken, status.
_READER = """
import json, math, sys
began, ended, clients, *logs = sys.argv[1:]
began, ended, clients = float(began), float(ended), set(clients.split(","))
found = {}
for log in logs:
    try:
        lines = open(log, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        continue
    for line in lines:
        try:
            row = json.loads(line)
            start = float(row["time"]) - row["seconds"]
            if began <= start < ended and row["client"] in clients and row["request_class"]:
                found.setdefault(row["request_class"], []).append((start - began, row["seconds"], row["status"]))
        except (ValueError, KeyError, TypeError):
            continue
"""
# Prints one JSON line, a row for each class. A percentile is the smallest time that so many don't exceed.
_TIMES = """
rows = []
for name, seen in sorted(found.items()):
    times = sorted(seconds for _, seconds, _ in seen)
    at = lambda share: times[max(0, math.ceil(share * len(times)) - 1)]
    rows.append({"request_class": name, "count": len(times), "errors": sum(status >= 500 for *_, status in seen),
                 "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "longest": times[-1]})
print(json.dumps(rows))
"""
# Prints one JSON line, the moments of each class.
_MOMENTS = """
print(json.dumps({name: [round(start, 4) for start, *_ in seen] for name, seen in found.items()}))
"""


def edge_times(remote: Remote, topology: Topology, started: datetime, ended: datetime) -> tuple[EdgeTimes, ...]:
    """What each edge's log says of the load generator's requests that began in a span, by request class.

    Other visitors are left out by their address. Several edges give rows of their own, for percentiles don't add up.

    :raises StepFailed: an edge can't be reached, or its log can't be read.
    """
    arguments = _arguments(topology, started, ended)
    return tuple(row for host in topology.hosts_of(Role.EDGE) for row in _times_of(remote, host.name, arguments))


def edge_arrivals(
    remote: Remote, topology: Topology, started: datetime, ended: datetime
) -> dict[RequestClass, tuple[float, ...]]:
    """When the generator's requests of each class came to the edges together, in seconds from the span's beginning.

    :raises StepFailed: as edge_times.
    """
    arguments = _arguments(topology, started, ended)
    found: dict[RequestClass, list[float]] = {}
    for host in topology.hosts_of(Role.EDGE):
        for name, moments in _read(remote, host.name, arguments, _MOMENTS).items():
            if name in set(RequestClass):
                found.setdefault(RequestClass(name), []).extend(moments)
    return {name: tuple(sorted(moments)) for name, moments in found.items()}


def _arguments(topology: Topology, started: datetime, ended: datetime) -> str:
    clients = ",".join(host.address for host in topology.hosts_of(Role.LOADGEN))
    return " ".join((f"{started.timestamp():.3f}", f"{ended.timestamp():.3f}", clients, *LOGS))


def _times_of(remote: Remote, host: str, arguments: str) -> tuple[EdgeTimes, ...]:
    """The rows of one edge; answers of a class that no load test plays are left out."""
    rows = _read(remote, host, arguments, _TIMES)
    try:
        return tuple(EdgeTimes(host=host, **row) for row in rows if row["request_class"] in set(RequestClass))
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(host, str(rows)) from error


def _read(remote: Remote, host: str, arguments: str, told: str) -> Any:
    """What the reader tells of one edge, from JSON."""
    answer = remote.run(host, f"python3 - {arguments}", stdin=_READER + told, timeout=TIMEOUT)
    try:
        return json.loads(answer.stdout)
    except ValueError as error:
        raise _unusable(host, answer.stdout) from error


def _unusable(host: str, said: str) -> StepFailed:
    return StepFailed(f"the edge's log on {host} gave no usable answer: {said[-300:]}")
