"""Where what was measured is not what was planned, or what was planned not what the course needs."""

from collections.abc import Iterator, Mapping

from lms_stack.evidence import Excuse
from lms_stack.measurement import Measurement
from lms_stack.plan import Plan
from lms_stack.units import show


def not_as_planned(measured: Measurement, plan: Plan) -> Iterator[Excuse]:
    """Pools that have markedly fewer places than the plan says, each with both figures.

    Whatever made them so (a changed file, a process that isn't there, a fault on purpose): the plan wasn't measured.
    """
    planned = _planned(plan)
    for use in measured.resources:
        wanted = planned.get(use.name)
        if use.resource == "pool" and wanted and use.size is not None and not use.size >= 0.9 * wanted:
            evidence = f"{use.host} has {use.capacity}, {wanted:g} are planned"
            yield Excuse(reason="the stack is not what was planned", resource=use.name, evidence=evidence)


def too_few_cores(plan: Plan) -> Iterator[Excuse]:
    """Hosts that the plan itself knew to be smaller than the course needs, for the machine has no more."""
    for host in plan.hosts:
        if host.wanted:
            evidence = f"{host.name}: {host.wanted.reason}"
            yield Excuse(reason="this machine has fewer cores than the course needs", resource="cpu", evidence=evidence)


def slow_cores(measured: Measurement, plan: Plan, limits: Mapping[str, float]) -> Iterator[Excuse]:
    """Hosts whose cores were slower while the peak was held than the plan counts on.

    Where several tenants share the silicon they are, from one minute to the next, and no steal tells of it.

    :param limits: the figures of facts/thresholds.yaml by name.
    """
    if plan.core_speed is None:
        return
    for each in measured.core_speeds:
        share = each.pieces / plan.core_speed.value
        if share < limits["slow_cores"]:
            evidence = f"{each.host}: {show(share, 'share')} of the speed that the plan counts on"
            yield Excuse(reason="the cores were slower than planned", resource="cpu", evidence=evidence)


def _planned(plan: Plan) -> Mapping[str, float]:
    """Places of each pool of one host, by the name that monitoring/usage.py gives it."""
    pools = plan.pools
    return {
        "application workers": pools.app_processes.value * pools.app_threads.value,
        "pgbouncer pool": pools.pgbouncer_pool.value,
        "PostgreSQL connections": pools.database_connections.value,
    }
