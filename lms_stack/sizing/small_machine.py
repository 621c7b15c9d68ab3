"""A plan on one machine that has fewer cores than the course needs: built all the same, and told."""

from lms_stack.facts import Facts
from lms_stack.plan import HostPlan, Plan
from lms_stack.sizing.hardware import planned_need
from lms_stack.sizing.rules import cpu_use
from lms_stack.units import Interval, show


def within(plan: Plan, had: float, known: Facts) -> Plan:
    """The plan with no host of the stack larger than the machine; its outlook stays that of the cores it needs.

    A lab is there to be tried: the site comes up, and a verify says what it carries.

    :param had: cores that the machine has for each host.
    """
    needs = {host.name: host.cores.interval for host in plan.hosts if host.cores.interval and host.cores.value > had}
    held = {
        host.name: _held(host, needs[host.name], had, plan.demand.learners, known)
        for host in plan.hosts
        if host.name in needs
    }
    uses = (
        cpu_use(held[use.host], needs[use.host], known) if use.resource == "cpu" and use.host in held else use
        for use in plan.predicted
    )
    hosts = tuple(held.get(host.name, host) for host in plan.hosts)
    return plan.model_copy(update={"hosts": hosts, "predicted": tuple(uses)})


def _held(host: HostPlan, need: Interval, had: float, learners: int, known: Facts) -> HostPlan:
    """The host with what there is; need grows as the number of learners does, so it tells how many fit."""
    carried = show(learners * known.sizing["target_utilisation"].number * had / planned_need(need, known), "learners")
    all_there_is = f"{show(had, 'core')}, all that this machine has for it"
    reason = f"{all_there_is}, where the course needs {host.cores}: about {carried} fit on it"
    cores = host.cores.model_copy(update={"value": had, "reason": f"{reason}; {host.cores.reason}"})
    return host.model_copy(update={"cores": cores, "wanted": host.cores.model_copy(update={"reason": reason})})
