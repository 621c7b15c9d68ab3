"""From a Demand to a Plan by the utilisation law: U = sum over classes of arrivals × service demand / cores.

The law is exact for any work-conserving server (Denning and Buzen, The Operational Analysis of Queueing Network
Models, ACM Computing Surveys 10(3), 1978); what is uncertain is the arrivals and the service demands.
"""

from math import ceil

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.facts import Facts, facts
from lms_stack.plan import STACK_ROLES, HostPlan, Plan, Pools, Role, Utilisation
from lms_stack.pools import MIB, pools
from lms_stack.side_hosts import loadgen_hosts, monitor_host
from lms_stack.units import Figure, Interval, show

GIB = 2**30


def plan(course: Course, demanded: Demand, known: Facts | None = None) -> Plan:
    """Hosts, bandwidth and pools for a course at its planned peak.

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
        pools=sizer.pools(),
        bandwidth=sizer.bandwidth(),
        demand=demanded,
        predicted=sizer.predicted(hosts),
    )


def cpu_need(role: Role, demanded: Demand, known: Facts) -> Interval:
    """Cores that a role keeps busy at the planned peak, as an interval over arrivals and service demands."""
    table = known.service_demands
    total = Interval.exact(0, "core")
    for name, rate in demanded.requests.items():
        cost = table.demands[name].of(role)
        spread = Interval(low=cost / table.spread, mid=cost, high=cost * table.spread, unit="core")
        total = total.plus((rate.interval or Interval.exact(rate.value, "1/s")).times(spread, "core"))
    return total


class _Sizer:
    """The rules of one sizing; each method gives one part of the plan with its reasons."""

    def __init__(self, course: Course, demanded: Demand, known: Facts) -> None:
        self.course = course
        self.demanded = demanded
        self.known = known
        self.needs = {role: cpu_need(role, demanded, known) for role in STACK_ROLES}
        self.target = known.sizing["target_utilisation"].number

    def _number(self, name: str) -> float:
        return self.known.sizing[name].number

    def _cores(self, need: Interval, what: str) -> Figure:
        sizes = self.known.sizing[f"core_sizes_{self.course.target.kind}"].sizes
        wanted = self._planned_need(need) / self.target
        value = next((size for size in sizes if size >= wanted), float(ceil(wanted)))
        had = f"next size had is {value:g}" if value in sizes else f"more than the largest size had, {sizes[-1]:g}"
        reason = (
            f"{what}: {need} busy at the peak; planned at {self._planned_need(need):.2f} (arrivals at their high "
            f"end, service demands {self.known.service_demands.origin}) / target utilisation "
            f"{show(self.target, 'share')} = {wanted:.2f}, {had}"
        )
        return Figure(value=value, unit="core", reason=reason, interval=need)

    def _planned_need(self, need: Interval) -> float:
        """High arrivals times the service demands as they were measured."""
        return need.high / self.known.service_demands.spread

    def stack_hosts(self) -> tuple[HostPlan, ...]:
        """The hosts that carry the learners: one box, or one host and more for each role."""
        if self.one_box:
            return (self._host("lms-1", STACK_ROLES, self._all_needs()),)
        return tuple(
            self._host(f"{role}-{number}", (role,), self.needs[role].scaled(1 / count))
            for role in STACK_ROLES
            for count in (self._host_count(role),)
            for number in range(1, count + 1)
        )

    def _all_needs(self) -> Interval:
        total = Interval.exact(0, "core")
        for need in self.needs.values():
            total = total.plus(need)
        return total

    @property
    def one_box(self) -> bool:
        """Whether all roles of the stack share one host."""
        if self.course.layout == "auto":
            return self._planned_need(self._all_needs()) / self.target <= self._number("one_box_cores")
        return self.course.layout == "one_box"

    def _host_count(self, role: Role) -> int:
        """Only the application scales out in this first sizing; the others grow in place."""
        if role is not Role.APP or self.one_box:
            return 1
        return max(1, ceil(self._planned_need(self.needs[role]) / self.target / self._number("app_host_cores")))

    def _host(self, name: str, roles: tuple[Role, ...], need: Interval) -> HostPlan:
        return HostPlan(
            name=name,
            roles=roles,
            cores=self._cores(need, " + ".join(roles)),
            memory=self._memory(roles),
            disk=self._disk(roles),
            link=self._link() if Role.EDGE in roles else None,
        )

    def _memory(self, roles: tuple[Role, ...]) -> Figure:
        parts = {"system": self._number("memory_system")}
        if Role.APP in roles:
            processes = self.pools().app_processes.value
            parts[f"{processes:g} app processes"] = processes * self._number("memory_app_process")
            parts["background jobs"] = self._number("memory_app_jobs")
        if Role.DATABASE in roles:
            parts["PostgreSQL and pgbouncer"] = self._number("memory_database") + self.pools().shared_buffers.value
        if Role.CACHE in roles:
            parts["valkey"] = self.pools().cache_memory.value
        return _rounded_up(parts, "B", 256 * MIB)

    def _disk(self, roles: tuple[Role, ...]) -> Figure:
        parts = {"system, logs": self._number("disk_system")}
        if {Role.EDGE, Role.APP, Role.DATABASE} & set(roles):
            parts["content, uploads, database"] = self.demanded.storage.value
        return _rounded_up(parts, "B", GIB)

    def _link(self) -> Figure:
        owned = self.course.target.edge_link
        if owned:
            return Figure(value=owned, unit="bit/s", reason="written in the course file (target.edge_link)")
        return self.bandwidth()

    @property
    def _busier(self) -> tuple[str, Figure]:
        """The direction of the edge link that has more to carry."""
        ways = (("egress", self.demanded.egress), ("ingress", self.demanded.ingress))
        return max(ways, key=lambda way: way[1].value)

    def bandwidth(self) -> Figure:
        """The line to have at the edge, each way."""
        limit = self._number("link_utilisation")
        way, peak = self._busier
        wanted = peak.value / limit
        sizes = self.known.sizing["link_sizes"].sizes
        lines = ceil(wanted / sizes[-1])
        value = next((size for size in sizes if size >= wanted), lines * sizes[-1])
        sold = "next size sold" if value in sizes else f"{lines} lines of the largest size sold"
        reason = f"peak {way} {peak} / highest link use {show(limit, 'share')} = {show(wanted, 'bit/s')}, {sold}"
        return Figure(value=value, unit="bit/s", reason=reason, interval=peak.interval)

    def pools(self) -> Pools:
        """Process and pool sizes, each for one host."""
        hosts = self._host_count(Role.APP)
        return pools(
            learners=self.course.learners,
            app_cores=self._planned_need(self.needs[Role.APP]) / self.target / hosts,
            app_hosts=hosts,
            database_cores=self._planned_need(self.needs[Role.DATABASE]) / self.target,
        )

    def predicted(self, hosts: tuple[HostPlan, ...]) -> tuple[Utilisation, ...]:
        """What each host's CPU and the edge link should show at the planned peak."""
        return tuple(use for host in hosts for use in self._predicted_for(host))

    def _predicted_for(self, host: HostPlan) -> tuple[Utilisation, ...]:
        uses = []
        if host.cores.interval:
            share = host.cores.interval.scaled(1 / host.cores.value, "share")
            planned = self._planned_need(host.cores.interval) / host.cores.value
            reason = f"cores busy / {host.cores}"
            uses.append(Utilisation(host=host.name, resource="cpu", share=_share(planned, share, reason)))
        if host.link:
            way, peak = self._busier
            carried = peak.interval or Interval.exact(peak.value, "bit/s")
            share = carried.scaled(1 / host.link.value, "share")
            reason = f"peak {way} / {host.link}"
            uses.append(Utilisation(host=host.name, resource="link", share=_share(share.high, share, reason)))
        return tuple(uses)


def _share(value: float, interval: Interval, reason: str) -> Figure:
    return Figure(value=value, unit="share", reason=reason, interval=interval)


def _rounded_up(parts: dict[str, float], unit: str, step: float) -> Figure:
    total = ceil(sum(parts.values()) / step) * step
    return Figure(
        value=total, unit=unit, reason=" + ".join(f"{name} {show(size, unit)}" for name, size in parts.items())
    )
