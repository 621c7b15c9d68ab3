"""What one host or one line must have, each figure with its reason."""

from collections.abc import Sequence
from math import ceil

from lms_stack.demand import Demand
from lms_stack.facts import Facts
from lms_stack.plan import Pools
from lms_stack.pools import MIB
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.units import Figure, Interval, show

GIB = 2**30


def cpu_need(role: Role, demanded: Demand, known: Facts) -> Interval:
    """Cores that a role keeps busy at the planned peak, as an interval over arrivals and service demands.

    The utilisation law, U = sum over classes of arrivals × service demand, is exact for any work-conserving server
    (Denning and Buzen, The Operational Analysis of Queueing Network Models, ACM Computing Surveys 10(3), 1978); what is
    uncertain is the arrivals and the service demands.
    """
    table = known.service_demands
    total = Interval.exact(0, "core")
    for name, rate in demanded.requests.items():
        cost = table.demands[name].of(role)
        spread = Interval(low=cost / table.spread, mid=cost, high=cost * table.spread, unit="core")
        total = total.plus((rate.interval or Interval.exact(rate.value, "1/s")).times(spread, "core"))
    return total


def cpu_needs(demanded: Demand, known: Facts) -> dict[Role, Interval]:
    """The same for every role of the stack."""
    return {role: cpu_need(role, demanded, known) for role in STACK_ROLES}


def together(needs: Sequence[Interval]) -> Interval:
    """The cores of several roles on one host."""
    total = Interval.exact(0, "core")
    for need in needs:
        total = total.plus(need)
    return total


def planned_need(need: Interval, known: Facts) -> float:
    """High arrivals times the service demands as they were measured, in cores."""
    return need.high / known.service_demands.spread


def cores(need: Interval, what: str, sizes: Sequence[float], known: Facts) -> Figure:
    """The smallest size had that keeps a host below the target utilisation; more than the largest where none does.

    :param need: cores busy on one host.
    :param sizes: cores in which hosts are had, ascending.
    """
    target = known.sizing["target_utilisation"].number
    planned = planned_need(need, known)
    wanted = planned / target
    value = next((size for size in sizes if size >= wanted), float(ceil(wanted)))
    had = f"next size had is {value:g}" if value in sizes else f"more than the largest size had, {sizes[-1]:g}"
    reason = (
        f"{what}: {need} busy at the peak; planned at {planned:.2f} (arrivals at their high "
        f"end, service demands {known.service_demands.origin}) / target utilisation {show(target, 'share')} = "
        f"{wanted:.2f}, {had}"
    )
    return Figure(value=value, unit="core", reason=reason, interval=need)


def memory(roles: Sequence[Role], pools: Pools, known: Facts) -> Figure:
    """Memory of a host with these roles, in steps of 256 MiB."""
    facts = known.sizing
    parts = {"system": facts["memory_system"].number}
    if Role.APP in roles:
        processes = pools.app_processes.value
        parts[f"{processes:g} app processes"] = processes * facts["memory_app_process"].number
        parts["background jobs"] = facts["memory_app_jobs"].number
    if Role.DATABASE in roles:
        parts["PostgreSQL and pgbouncer"] = facts["memory_database"].number + pools.shared_buffers.value
    if Role.CACHE in roles:
        parts["valkey"] = pools.cache_memory.value
    return _rounded_up(parts, 256 * MIB)


def disk(roles: Sequence[Role], demanded: Demand, known: Facts) -> Figure:
    """Disk of a host with these roles, in steps of 1 GiB."""
    parts = {"system, logs": known.sizing["disk_system"].number}
    if {Role.EDGE, Role.APP, Role.DATABASE} & set(roles):
        parts["content, uploads, database"] = demanded.storage.value
    return _rounded_up(parts, GIB)


def _rounded_up(parts: dict[str, float], step: float) -> Figure:
    total = ceil(sum(parts.values()) / step) * step
    return Figure(value=total, unit="B", reason=" + ".join(f"{name} {show(size, 'B')}" for name, size in parts.items()))


def busier(demanded: Demand) -> tuple[str, Figure]:
    """The direction of the edge link that has more to carry, and its peak."""
    ways = (("egress", demanded.egress), ("ingress", demanded.ingress))
    return max(ways, key=lambda way: way[1].value)


def bandwidth(demanded: Demand, known: Facts) -> Figure:
    """The line to have at the edge, each way."""
    limit = known.sizing["link_utilisation"].number
    way, peak = busier(demanded)
    wanted = peak.value / limit
    sizes = known.sizing["link_sizes"].sizes
    lines = ceil(wanted / sizes[-1])
    value = next((size for size in sizes if size >= wanted), lines * sizes[-1])
    sold = "next size sold" if value in sizes else f"{lines} lines of the largest size sold"
    reason = f"peak {way} {peak} / highest link use {show(limit, 'share')} = {show(wanted, 'bit/s')}, {sold}"
    return Figure(value=value, unit="bit/s", reason=reason, interval=peak.interval)


def core_speed(known: Facts) -> Figure:
    """How fast a core is for which the service demands hold."""
    table = known.service_demands
    reason = f"pieces of work (lms_stack/cpu_speed.py) that a core does; service demands are {table.origin}"
    return Figure(value=table.pieces or known.sizing["reference_core"].number, unit="1/s", reason=reason)
