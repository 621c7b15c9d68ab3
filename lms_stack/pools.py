"""Process and pool sizes, each for one host of its role."""

from math import ceil

from lms_stack.plan import Pools
from lms_stack.units import Figure

MIB = 2**20

#: Threads of one application process and of all of a host, at the least; and the connections kept for administration
#: and exporters.
_THREADS, _PLACES = 4, 8
_RESERVED = 20


def pools(*, learners: int, app_cores: float, app_hosts: int, database_cores: float) -> Pools:
    """The pools of the stack.

    :param app_cores: cores that the application needs on each of its hosts, at the target utilisation.
    :param database_cores: the same for the database's one host.
    """
    processes = max(1, ceil(app_cores))
    threads = max(_THREADS, ceil(_PLACES / processes))
    clients = processes * threads * app_hosts
    backends = max(8, ceil(database_cores * 4))
    return Pools(
        app_processes=_figure(
            processes, "processes", "one for each core of need: two on one core serve a seventh less (decision 0021)"
        ),
        app_threads=_figure(
            threads, "threads", f"{_THREADS} to wait for database and cache while one computes, {_PLACES} on a host"
        ),
        database_connections=_figure(
            backends + _RESERVED, "connections", f"pgbouncer's pool and {_RESERVED} for administration and exporters"
        ),
        pgbouncer_pool=_figure(
            min(backends, max(8, clients)),
            "connections",
            f"four for each core of need, eight at the least; {clients} application threads share it",
        ),
        shared_buffers=_figure(128 * MIB, "B", "the working set of some thousand learners is below it"),
        cache_memory=_figure(
            max(64, ceil(learners * 0.02)) * MIB,
            "B",
            "20 KiB of session and cached course for each learner, 64 MiB at the least",
        ),
    )


def _figure(value: float, unit: str, reason: str) -> Figure:
    return Figure(value=value, unit=unit, reason=reason)
