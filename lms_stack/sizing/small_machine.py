"""A plan on one machine that has fewer cores than the course needs: built all the same, and told."""

from lms_stack.facts import Facts
from lms_stack.plan import HostPlan, Plan, Utilisation
from lms_stack.units import Figure, show


def within(plan: Plan, had: float, known: Facts) -> Plan:
    """The plan with no host of the stack larger than the machine; its outlook stays that of the cores it needs.

    A lab is there to be tried: the site comes up, and a verify says what it carries.

    :param had: cores that the machine has for each host.
    """
    small = {host.name: host for host in plan.stack_hosts if host.cores.value > had}
    hosts = tuple(_held(host, had, plan, known) if host.name in small else host for host in plan.hosts)
    uses = tuple(
        _fuller(use, small[use.host].cores.value / had) if use.resource == "cpu" and use.host in small else use
        for use in plan.predicted
    )
    return plan.model_copy(update={"hosts": hosts, "predicted": uses})


def _held(host: HostPlan, had: float, plan: Plan, known: Facts) -> HostPlan:
    carried = _carried(plan, host, had, known)
    all_there_is = f"{show(had, 'core')}, all that this machine has for it"
    reason = f"{all_there_is}, where the course needs {host.cores}: about {carried} fit on it"
    cores = Figure(value=had, unit="core", reason=f"{reason}; {host.cores.reason}", interval=host.cores.interval)
    return host.model_copy(update={"cores": cores, "wanted": host.cores.model_copy(update={"reason": reason})})


def _carried(plan: Plan, host: HostPlan, had: float, known: Facts) -> str:
    """How many learners of this course so many cores are planned for: need grows as their number does."""
    share = next(use.share.value for use in plan.predicted if use.host == host.name and use.resource == "cpu")
    target = known.sizing["target_utilisation"].number
    return show(plan.demand.learners * target * had / (share * host.cores.value), "learners")


def _fuller(use: Utilisation, factor: float) -> Utilisation:
    share = use.share
    interval = share.interval.scaled(factor, share.unit) if share.interval else None
    return use.model_copy(
        update={"share": share.model_copy(update={"value": share.value * factor, "interval": interval})}
    )
