"""The ways to lay out a stack: which roles share a host, how many hosts of each, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from lms_stack.course import Course
from lms_stack.demand import Demand
from lms_stack.evidence import Excuse
from lms_stack.facts import Facts
from lms_stack.outlook import Tier
from lms_stack.plan import Plan
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.sizing import hardware
from lms_stack.sizing.rules import pools_for
from lms_stack.units import Figure, Interval, show

ONE_BOX = "one box"
SPLIT = "a host for each role"
SMALL_HA = "small HA"
LARGE_HA = "large HA"

#: What the playbooks build so far.
ONE_OF_EACH = "`up` builds one edge, one database and one cache so far"


@dataclass(frozen=True)
class Layout:
    """Tiers by a name, and whether `up` builds them."""

    name: str
    tiers: tuple[Tier, ...]
    obstacle: str = ""


@dataclass(frozen=True)
class _Group:
    """Roles that share a host, and how they grow.

    :param most_cores: of one host; more need means more hosts. Endless where the role grows in place.
    """

    roles: tuple[Role, ...]
    most_cores: float
    spare: int = 0
    standby: bool = False

    @property
    def scales(self) -> bool:
        """Whether more hosts can share the work: not the data's, and an edge only where it is made for several."""
        return not set(self.roles) & {Role.DATABASE, Role.CACHE} and (self.roles != (Role.EDGE,) or self.spare > 0)


class Layouts:
    """The layouts of one course at its planned peak."""

    def __init__(self, course: Course, demanded: Demand, known: Facts) -> None:
        self.course = course
        self.demanded = demanded
        self.known = known
        self.needs = hardware.cpu_needs(demanded, known)
        self.line = course.target.edge_link or hardware.bandwidth(demanded, known).value

    @property
    def sizes(self) -> list[float]:
        """The cores in which hosts are had, ascending; a course on the lab may outgrow it."""
        facts = self.known.sizing
        if self.course.target.kind == "servers":
            return facts["core_sizes_servers"].sizes
        return sorted({*facts["core_sizes_lab"].sizes, *facts["core_sizes_large"].sizes})

    def all(self) -> tuple[Layout, ...]:
        """Every layout, from the smallest to the most careful."""
        limit = self.known.sizing["app_host_cores"].number
        few, many = (int(self.known.sizing[f"spare_hosts_{size}"].number) for size in ("small", "large"))
        split = (
            _Group((Role.EDGE,), self.sizes[-1]),
            _Group((Role.APP,), limit),
            _Group((Role.DATABASE,), self.sizes[-1]),
            _Group((Role.CACHE,), self.sizes[-1]),
        )
        small = (
            _Group((Role.EDGE, Role.APP), limit, spare=few),
            _Group((Role.DATABASE, Role.CACHE), self.sizes[-1], spare=few, standby=True),
        )
        large = (
            _Group((Role.EDGE,), limit, spare=many),
            _Group((Role.APP,), limit, spare=many),
            _Group((Role.DATABASE,), self.sizes[-1], spare=many, standby=True),
            _Group((Role.CACHE,), self.sizes[-1], spare=many, standby=True),
        )
        return (
            Layout(ONE_BOX, self._tiers((_Group(STACK_ROLES, self.sizes[-1]),))),
            Layout(SPLIT, self._tiers(split)),
            Layout(SMALL_HA, self._tiers(small), ONE_OF_EACH),
            Layout(LARGE_HA, self._tiers(large), ONE_OF_EACH),
        )

    def _tiers(self, groups: tuple[_Group, ...]) -> tuple[Tier, ...]:
        counts = {group.roles: self._working(group) for group in groups}
        app_hosts = next(count for roles, count in counts.items() if Role.APP in roles)
        return tuple(self._tier(group, counts[group.roles], app_hosts) for group in groups)

    def _need(self, roles: tuple[Role, ...]) -> Interval:
        return hardware.together([self.needs[role] for role in roles])

    def _working(self, group: _Group) -> int:
        """How many hosts must work: for their cores, and with spare ones at the edge for its line too."""
        if not group.scales:
            return 1
        target = self.known.sizing["target_utilisation"].number
        by_cores = ceil(hardware.planned_need(self._need(group.roles), self.known) / target / group.most_cores)
        widest = self.known.sizing["link_sizes"].sizes[-1]
        by_line = ceil(self.line / widest) if Role.EDGE in group.roles and group.spare else 1
        return max(1, by_cores, by_line)

    def _tier(self, group: _Group, working: int, app_hosts: int) -> Tier:
        pools = pools_for(self.demanded, app_hosts, self.known)
        name = " + ".join(group.roles)
        spare = f", and {group.spare} more so that as many can be lost" if group.spare else ""
        reason = f"{working} for the need of {name} with at most {show(group.most_cores, 'core')} each{spare}"
        return Tier(
            roles=group.roles,
            hosts=Figure(value=working + group.spare, unit="hosts", reason=reason),
            cores=hardware.cores(self._need(group.roles).scaled(1 / working), name, self.sizes, self.known),
            memory=hardware.memory(group.roles, pools, self.known),
            disk=hardware.disk(group.roles, self.demanded, self.known),
            processes=int(pools.app_processes.value) if Role.APP in group.roles else 0,
            spare=group.spare,
            standby=group.standby,
        )

    def obstacles(self, layout: Layout) -> Iterator[Excuse]:
        """What stands in the way: a host larger than any that is had, a line wider than any that is sold."""
        for tier in layout.tiers:
            if tier.cores.value > self.sizes[-1]:
                evidence = f"{tier.cores} for {' + '.join(tier.roles)} on one host; the largest host had has "
                evidence += show(self.sizes[-1], "core")
                yield Excuse(reason="the need is larger than any host", resource=tier.roles[0], evidence=evidence)
        yield from self._line_obstacles(layout)

    def _line_obstacles(self, layout: Layout) -> Iterator[Excuse]:
        widest, most = self.known.sizing["link_sizes"].sizes[-1], self.known.sizing["largest_line"].number
        edges = sum(tier.count - tier.spare for tier in layout.tiers if Role.EDGE in tier.roles)
        wanted = f"{show(self.line, 'bit/s')} at the edge"
        if self.line > most:
            evidence = f"{wanted}; one site is sold at most {show(most, 'bit/s')}"
            yield Excuse(reason="the line is wider than any that is sold", resource="link", evidence=evidence)
        elif self.line > edges * widest:
            evidence = f"{wanted}; {edges} edge host{'s' if edges > 1 else ''} take {show(edges * widest, 'bit/s')}"
            yield Excuse(reason="the line is wider than the edge can take", resource="link", evidence=evidence)

    def other_sizes(self, layout: Layout) -> tuple[Layout, ...]:
        """The same with the next smaller and the next larger hosts: what would be saved, and what it would risk."""
        found = (self._stepped(layout, step, word) for step, word in ((-1, "smaller"), (1, "larger")))
        return tuple(each for each in found if each)

    def _stepped(self, layout: Layout, step: int, word: str) -> Layout | None:
        tiers = tuple(self._other_size(tier, step) for tier in layout.tiers)
        same = [tier.cores.value for tier in tiers] == [tier.cores.value for tier in layout.tiers]
        return None if same else Layout(f"{layout.name}, a size {word}", tiers, layout.obstacle)

    def _other_size(self, tier: Tier, step: int) -> Tier:
        """A tier of other cores, with processes for all of them."""
        cores = self._next(tier.cores, step)
        processes = max(tier.processes, ceil(cores.value)) if tier.processes else 0
        return tier.model_copy(update={"cores": cores, "processes": processes})

    def _next(self, cores: Figure, step: int) -> Figure:
        if cores.value not in self.sizes:
            return cores
        index = min(max(self.sizes.index(cores.value) + step, 0), len(self.sizes) - 1)
        value = self.sizes[index]
        return cores.model_copy(update={"value": value, "reason": f"the size beside {cores}: {cores.reason}"})


def tiers_of(plan: Plan) -> tuple[Tier, ...]:
    """The hosts of a plan that carry the learners, those of the same roles as one tier."""
    tiers = []
    for roles in dict.fromkeys(host.roles for host in plan.stack_hosts):
        hosts = [host for host in plan.stack_hosts if host.roles == roles]
        first = hosts[0]
        count = Figure(value=len(hosts), unit="hosts", reason="as planned")
        processes = int(plan.pools.app_processes.value) if Role.APP in roles else 0
        tiers.append(
            Tier(
                roles=roles,
                hosts=count,
                cores=first.cores,
                memory=first.memory,
                disk=first.disk,
                processes=processes,
            )
        )
    return tuple(tiers)
