"""From a Demand to a Plan by the utilisation law: U = sum over classes of arrivals × service demand / cores.

The law is exact for any work-conserving server (Denning and Buzen, The Operational Analysis of Queueing Network
Models, ACM Computing Surveys 10(3), 1978); what is uncertain is the arrivals and the service demands.
"""

from math import ceil

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.facts import Facts, facts
from lms_stack.plan import STACK_ROLES, HostPlan, Plan, Pools, Role, Utilisation
from lms_stack.units import Figure, Interval

MIB = 2**20
GIB = 2**30


def plan(course: Course, demanded: Demand, known: Facts | None = None) -> Plan:
    """Hosts, bandwidth and pools for a course at its planned peak.

    :param known: the facts to use; those shipped with this version where it is None.
    """
    sizer = _Sizer(course, demanded, known or facts())
    hosts = (*sizer.stack_hosts(), sizer.monitor(), sizer.loadgen())
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
        reason = (
            f"{what} keep {need} busy at the peak; planned at {self._planned_need(need):.2f} (arrivals at their high "
            f"end, service demands as measured) / target utilisation {self.target:.0%} = {wanted:.2f}, "
            f"next size had is {value:g}"
        )
        return Figure(value=value, unit="core", reason=reason, interval=need)

    def _planned_need(self, need: Interval) -> float:
        """High arrivals times the service demands as they were measured."""
        return need.high / self.known.service_demands.spread

    def stack_hosts(self) -> tuple[HostPlan, ...]:
        """The hosts that carry the learners: one box, or one host and more for each role."""
        whole = self._all_needs()
        if self.course.layout == "one_box" or (self.course.layout == "auto" and self._fits_one_box(whole)):
            return (self._host("lms-1", STACK_ROLES, whole),)
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

    def _fits_one_box(self, whole: Interval) -> bool:
        return self._planned_need(whole) / self.target <= self._number("one_box_cores")

    def _host_count(self, role: Role) -> int:
        """Only the application scales out in this first sizing; the others grow in place."""
        if role is not Role.APP:
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

    def bandwidth(self) -> Figure:
        """The line to have at the edge, each way."""
        limit = self._number("link_utilisation")
        egress = self.demanded.egress
        wanted = max(egress.value, self.demanded.ingress.value) / limit
        sizes = self.known.sizing["link_sizes"].sizes
        value = next((size for size in sizes if size >= wanted), ceil(wanted / sizes[-1]) * sizes[-1])
        reason = f"peak egress {egress} / highest link use {limit:.0%} = {wanted / 1e6:.1f} Mbit/s, next size sold"
        return Figure(value=value, unit="bit/s", reason=reason, interval=egress.interval)

    def monitor(self) -> HostPlan:
        """The host that watches; apart from the stack, so that it sees the stack fail."""
        return HostPlan(
            name="monitor-1",
            roles=(Role.MONITOR,),
            cores=Figure(value=0.5 if self._lab else 1, unit="core", reason="some thousand series every 5 s"),
            memory=Figure(
                value=self._number("memory_monitor"), unit="B", reason=self.known.sizing["memory_monitor"].source
            ),
            disk=Figure(value=self._number("disk_system"), unit="B", reason="system, logs and 15 days of metrics"),
        )

    def loadgen(self) -> HostPlan:
        """The host that plays the learners; it has its own core, else it measures itself."""
        return HostPlan(
            name="loadgen-1",
            roles=(Role.LOADGEN,),
            cores=Figure(
                value=1,
                unit="core",
                reason=f"{self.demanded.request_rate:.0f} requests/s; one core of Locust plays 3,600 simple requests/s",
            ),
            memory=Figure(
                value=self._number("memory_loadgen"), unit="B", reason=self.known.sizing["memory_loadgen"].source
            ),
            disk=Figure(value=self._number("disk_system"), unit="B", reason="system and logs"),
        )

    @property
    def _lab(self) -> bool:
        return self.course.target.kind == "lab"

    def pools(self) -> Pools:
        """Process and pool sizes, each for one host."""
        cores = self._planned_need(self.needs[Role.APP]) / self.target / self._host_count(Role.APP)
        processes = max(2, ceil(cores))
        threads = 4
        workers = processes * threads
        database_pool = max(8, ceil(self._planned_need(self.needs[Role.DATABASE]) / self.target * 4))
        clients = workers * self._host_count(Role.APP)
        return Pools(
            app_processes=Figure(
                value=processes, unit="processes", reason="one for each core of need, two at the least"
            ),
            app_threads=Figure(
                value=threads, unit="threads", reason="a process waits for database and cache most of the time"
            ),
            database_connections=Figure(
                value=database_pool + 20,
                unit="connections",
                reason="pgbouncer's pool and 20 for administration and exporters",
            ),
            pgbouncer_pool=Figure(
                value=min(database_pool, max(8, clients)),
                unit="connections",
                reason=f"four for each core of need, eight at the least; {clients} application threads share it",
            ),
            shared_buffers=Figure(
                value=128 * MIB, unit="B", reason="the working set of some thousand learners is below it"
            ),
            cache_memory=Figure(
                value=max(64, ceil(self.course.learners * 0.02)) * MIB,
                unit="B",
                reason="20 KiB of session and cached course for each learner, 64 MiB at the least",
            ),
        )

    def predicted(self, hosts: tuple[HostPlan, ...]) -> tuple[Utilisation, ...]:
        """What each host's CPU and the edge link should show at the planned peak."""
        return tuple(use for host in hosts for use in self._predicted_for(host))

    def _predicted_for(self, host: HostPlan) -> tuple[Utilisation, ...]:
        uses = []
        if host.cores.interval:
            share = host.cores.interval.scaled(1 / host.cores.value, "share")
            planned = self._planned_need(host.cores.interval) / host.cores.value
            reason = f"cores busy / {host.cores.value:g} cores"
            uses.append(Utilisation(host=host.name, resource="cpu", share=_share(planned, share, reason)))
        if host.link:
            egress = self.demanded.egress.interval or Interval.exact(self.demanded.egress.value, "bit/s")
            share = egress.scaled(1 / host.link.value, "share")
            reason = f"peak egress / {host.link}"
            uses.append(Utilisation(host=host.name, resource="link", share=_share(share.high, share, reason)))
        return tuple(uses)


def _share(value: float, interval: Interval, reason: str) -> Figure:
    return Figure(value=value, unit="share", reason=reason, interval=interval)


def _rounded_up(parts: dict[str, float], unit: str, step: float) -> Figure:
    total = ceil(sum(parts.values()) / step) * step
    return Figure(
        value=total, unit=unit, reason=" + ".join(f"{name} {size / GIB:.2g} GiB" for name, size in parts.items())
    )
