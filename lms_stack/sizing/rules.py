"""From a Demand to the Plan that `up` builds: one box, or a host and more for each role, by the utilisation law."""

from math import ceil

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.facts import Facts, facts
from lms_stack.plan import HostPlan, Plan, Pools, Utilisation
from lms_stack.pools import pools
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.side_hosts import loadgen_hosts, monitor_host
from lms_stack.sizing import hardware
from lms_stack.sizing.hardware import cpu_need
from lms_stack.units import Figure, Interval

__all__ = ["cpu_need", "plan", "pools_for"]


def plan(course: Course, demanded: Demand, known: Facts | None = None) -> Plan:
    """Hosts, bandwidth and pools for a course at its planned peak.

    :param course: says name, target and layout; of several courses on one stack the first.
    :param demanded: the planned peak of all of them.
    :param known: the facts to use; those shipped with this version where it is None.
    """
    sizer = _Sizer(course, demanded, known or facts())
    lab = course.target.kind == "lab"
    hosts = (*sizer.stack_hosts(), monitor_host(sizer.known, lab=lab), *loadgen_hosts(demanded, sizer.known))
    return Plan(
        deployment=course.name,
        engine=course.engine,
        target=course.target.kind,
        hosts=hosts,
        pools=sizer.pools,
        bandwidth=hardware.bandwidth(demanded, sizer.known),
        demand=demanded,
        predicted=sizer.predicted(hosts),
        core_speed=hardware.core_speed(sizer.known),
    )


def pools_for(demanded: Demand, app_hosts: int, known: Facts) -> Pools:
    """Process and pool sizes, each for one host, where the application has so many hosts."""
    target = known.sizing["target_utilisation"].number
    app, database = (
        hardware.planned_need(cpu_need(role, demanded, known), known) / target for role in (Role.APP, Role.DATABASE)
    )
    return pools(learners=demanded.learners, app_cores=app / app_hosts, app_hosts=app_hosts, database_cores=database)


class _Sizer:
    """The rules of one sizing; each method gives one part of the plan with its reasons."""

    def __init__(self, course: Course, demanded: Demand, known: Facts) -> None:
        self.course = course
        self.demanded = demanded
        self.known = known
        self.needs = hardware.cpu_needs(demanded, known)
        self.target = known.sizing["target_utilisation"].number
        self.pools = pools_for(demanded, self._host_count(Role.APP), known)

    def _number(self, name: str) -> float:
        return self.known.sizing[name].number

    def stack_hosts(self) -> tuple[HostPlan, ...]:
        """The hosts that carry the learners: one box, or one host and more for each role."""
        if self.one_box:
            return (self._host("lms-1", STACK_ROLES, hardware.together(list(self.needs.values()))),)
        return tuple(
            self._host(f"{role}-{number}", (role,), self.needs[role].scaled(1 / count))
            for role in STACK_ROLES
            for count in (self._host_count(role),)
            for number in range(1, count + 1)
        )

    @property
    def one_box(self) -> bool:
        """Whether all roles of the stack share one host."""
        if self.course.layout == "auto":
            need = hardware.planned_need(hardware.together(list(self.needs.values())), self.known)
            return need / self.target <= self._number("one_box_cores")
        return self.course.layout == "one_box"

    def _host_count(self, role: Role) -> int:
        """Only the application scales out in what can be built today; the others grow in place."""
        if role is not Role.APP or self.one_box:
            return 1
        wanted = hardware.planned_need(self.needs[role], self.known) / self.target
        return max(1, ceil(wanted / self._number("app_host_cores")))

    def _host(self, name: str, roles: tuple[Role, ...], need: Interval) -> HostPlan:
        sizes = self.known.sizing[f"core_sizes_{self.course.target.kind}"].sizes
        return HostPlan(
            name=name,
            roles=roles,
            cores=hardware.cores(need, " + ".join(roles), sizes, self.known),
            memory=hardware.memory(roles, self.pools, self.known),
            disk=hardware.disk(roles, self.demanded, self.known),
            link=self._link() if Role.EDGE in roles else None,
        )

    def _link(self) -> Figure:
        owned = self.course.target.edge_link
        if owned:
            return Figure(value=owned, unit="bit/s", reason="written in the course file (target.edge_link)")
        return hardware.bandwidth(self.demanded, self.known)

    def predicted(self, hosts: tuple[HostPlan, ...]) -> tuple[Utilisation, ...]:
        """What each host's CPU and the edge link should show at the planned peak."""
        return tuple(use for host in hosts for use in self._predicted_for(host))

    def _predicted_for(self, host: HostPlan) -> tuple[Utilisation, ...]:
        uses = []
        if host.cores.interval:
            uses.append(cpu_use(host, host.cores.interval, self.known))
        if host.link:
            way, peak = hardware.busier(self.demanded)
            carried = peak.interval or Interval.exact(peak.value, "bit/s")
            share = carried.scaled(1 / host.link.value, "share")
            reason = f"peak {way} / {host.link}"
            uses.append(Utilisation(host=host.name, resource="link", share=_share(share.high, share, reason)))
        return tuple(uses)


def cpu_use(host: HostPlan, need: Interval, known: Facts) -> Utilisation:
    """What a host's CPU should show at the planned peak.

    :param need: cores that it keeps busy.
    """
    share = need.scaled(1 / host.cores.value, "share")
    planned = hardware.planned_need(need, known) / host.cores.value
    return Utilisation(host=host.name, resource="cpu", share=_share(planned, share, f"cores busy / {host.cores}"))


def _share(value: float, interval: Interval, reason: str) -> Figure:
    return Figure(value=value, unit="share", reason=reason, interval=interval)
