"""The hosts beside the stack: the one that watches it, and those that play the learners in a load test."""

from math import ceil

from lms_stack.demand import Demand
from lms_stack.facts import Fact, Facts
from lms_stack.plan import HostPlan, Role
from lms_stack.units import Figure, show


def monitor_host(known: Facts, *, lab: bool) -> HostPlan:
    """The host that watches; apart from the stack, so that it sees the stack fail."""
    return HostPlan(
        name="monitor-1",
        roles=(Role.MONITOR,),
        cores=Figure(value=0.5 if lab else 1, unit="core", reason="some thousand series every 5 s"),
        memory=_looked_up(known.sizing["memory_monitor"]),
        disk=_disk(known, "system, logs and 15 days of metrics"),
    )


def loadgen_hosts(demanded: Demand, known: Facts) -> tuple[HostPlan, ...]:
    """The hosts that play the learners; each has a core of its own, else it measures itself."""
    safe = known.sizing["loadgen_rate"]
    count = max(1, ceil(demanded.request_rate / safe.number))
    cores = Figure(
        value=1,
        unit="core",
        reason=f"{show(demanded.request_rate, '1/s')} requests / {show(safe.number, '1/s')} that one core plays safely "
        f"= {count} host{'s' if count > 1 else ''} of one core; {safe.source}",
    )
    return tuple(
        HostPlan(
            name=f"loadgen-{number}",
            roles=(Role.LOADGEN,),
            cores=cores,
            memory=_looked_up(known.sizing["memory_loadgen"]),
            disk=_disk(known, "system and logs"),
        )
        for number in range(1, count + 1)
    )


def _looked_up(fact: Fact) -> Figure:
    return Figure(value=fact.number, unit=fact.unit, reason=fact.source)


def _disk(known: Facts, reason: str) -> Figure:
    return Figure(value=known.sizing["disk_system"].number, unit="B", reason=reason)
