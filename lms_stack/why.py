"""Why a number of a plan is what it is: the chain from its rule over its inputs to their sources."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lms_stack.course import Course
from lms_stack.demand import DemandInput
from lms_stack.facts import Facts, ServiceDemand
from lms_stack.plan import HostPlan, Plan
from lms_stack.request_classes import RequestClass
from lms_stack.roles import Role, stack_roles
from lms_stack.units import Figure, show

#: How many request classes of a sum are followed to their sources; the others are told by their share.
FOLLOWED = 4

#: What the arrivals of a journey hang on, by names of facts/activity.yaml.
_JOURNEY_FACTS = {
    "exam": ("exam_attendance", "exam_busiest_minute"),
    "watch": ("evening_concurrency", "watching_share", "video_segment"),
    "gradebook": ("instructors_marking", "gradebook_interval"),
    "essay": ("essay_handed_in", "deadline_last_day", "deadline_busiest_hour"),
}
#: The same of the journeys that one of these facts lists.
_MIX_FACTS = {
    "visit_mix": ("evening_concurrency", "visit_length", "visit_mix"),
    "instructor_mix": ("instructors_marking", "instructor_mix"),
    "organisation_mix": ("organisation_mix",),
}
#: What all of them hang on.
_PEAK_FACTS = ("peak_percentile", "arrival_dispersion")


@dataclass(frozen=True)
class Why:
    """One link of the chain, and what it rests on."""

    key: str
    answer: str
    reason: str
    because: tuple["Why", ...] = ()

    def document(self) -> dict[str, object]:
        """The same for `--json`."""
        return {
            "key": self.key,
            "answer": self.answer,
            "reason": self.reason,
            "because": [each.document() for each in self.because],
        }


@dataclass(frozen=True)
class _Node:
    answer: str
    reason: str
    inputs: tuple[str, ...] = ()


class Reasons:
    """Every number of a plan by a key, like `lms-1.cores`, `app.count`, `bandwidth` or `requests.login`."""

    def __init__(self, courses: Sequence[Course], plan: Plan, known: Facts) -> None:
        self.courses = courses
        self.plan = plan
        self.known = known
        self.nodes: dict[str, _Node] = dict(self._all())

    @property
    def keys(self) -> list[str]:
        """The keys of what a plan shows: not those of the facts and of the course file behind it."""
        return [key for key in self.nodes if not key.startswith(("facts.", "course.", "service_demands."))]

    def why(self, key: str) -> Why | None:
        """The chain of a key; None where there is no such key."""
        return self._chain(key, set()) if key in self.nodes else None

    def nearest(self, key: str) -> list[str]:
        """Keys that look like this one, or end like it."""
        ends = [each for each in self.keys if each.rpartition(".")[2] == key.rpartition(".")[2]]
        return list(dict.fromkeys([*get_close_matches(key, self.keys, n=5, cutoff=0.4), *ends]))[:8]

    def _chain(self, key: str, told: set[str]) -> Why:
        node = self.nodes[key]
        if key in told:
            return Why(key, node.answer, "see above")
        told.add(key)
        inputs = [each for each in node.inputs if each in self.nodes]
        return Why(key, node.answer, node.reason, tuple(self._chain(each, told) for each in inputs))

    def _all(self) -> Iterator[tuple[str, _Node]]:
        yield from self._hosts()
        yield from self._counts()
        yield from self._line_and_pools()
        yield from self._demand()
        yield from self._outlook()
        yield from self._sources()

    # --------------------------------------------------------------------------------------------------------- hosts
    def _hosts(self) -> Iterator[tuple[str, _Node]]:
        for host in self.plan.hosts:
            yield f"{host.name}.cores", _node(host.cores, self._cpu_inputs(host))
            yield f"{host.name}.memory", _node(host.memory, self._memory_inputs(host.roles))
            yield f"{host.name}.disk", _node(host.disk, ("facts.disk_system", "storage"))
            if host.link:
                yield f"{host.name}.link", _node(host.link, ("bandwidth",))
        for use in self.plan.predicted:
            inputs = (f"{use.host}.cores",) if use.resource == "cpu" else ("bandwidth",)
            yield f"{use.host}.predicted_{use.resource}", _node(use.share, inputs)
        if self.plan.core_speed:
            yield "core_speed", _node(self.plan.core_speed, ("facts.reference_core",))

    def _cpu_inputs(self, host: HostPlan) -> tuple[str, ...]:
        if Role.LOADGEN in host.roles:
            return ("facts.loadgen_rate",)
        if not stack_roles(host.roles):
            return ()
        sizes = f"facts.core_sizes_{self.plan.target}"
        return ("facts.target_utilisation", sizes, "service_demands.spread", *self._largest(host.roles))

    def _largest(self, roles: Iterable[Role]) -> tuple[str, ...]:
        """The classes that keep the most cores of these roles busy, and what each costs."""
        busy = {name: self._busy(name, roles) for name in self.plan.demand.requests}
        first = sorted(busy, key=lambda name: -busy[name])[:FOLLOWED]
        return tuple(key for name in first for key in (f"requests.{name}", f"service_demands.{name}"))

    def _busy(self, name: RequestClass, roles: Iterable[Role]) -> float:
        cost = self.known.service_demands.demands[name]
        return self.plan.demand.requests[name].value * sum(cost.of(role) for role in roles)

    def _memory_inputs(self, roles: Iterable[Role]) -> tuple[str, ...]:
        facts = {
            Role.APP: ("pools.app_processes", "facts.memory_app_process", "facts.memory_app_jobs"),
            Role.DATABASE: ("facts.memory_database", "pools.shared_buffers"),
            Role.CACHE: ("pools.cache_memory",),
            Role.MONITOR: ("facts.memory_monitor",),
            Role.LOADGEN: ("facts.memory_loadgen",),
        }
        return ("facts.memory_system", *(key for role in roles for key in facts.get(role, ())))

    def _counts(self) -> Iterator[tuple[str, _Node]]:
        for role in Role:
            hosts = self.plan.hosts_of(role)
            if hosts:
                yield f"{role}.count", self._count(role, hosts)

    def _count(self, role: Role, hosts: tuple[HostPlan, ...]) -> _Node:
        limits = {Role.APP: "facts.app_host_cores", Role.LOADGEN: "facts.loadgen_rate"}
        rule = limits.get(role, "")
        if len(hosts[0].roles) > 1:
            rule, reason = "facts.one_box_cores", f"{' + '.join(hosts[0].roles)} share one host up to this need"
        elif rule:
            reason = f"as many as {role} needs, none larger than the largest that is planned"
        else:
            reason = f"{role} has one host, which grows in place"
        answer = f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}"
        return _Node(answer, reason, (rule, f"{hosts[0].name}.cores"))

    # ------------------------------------------------------------------------------------------------ line and pools
    def _line_and_pools(self) -> Iterator[tuple[str, _Node]]:
        inputs = ("facts.link_utilisation", "facts.link_sizes", "egress", "ingress")
        yield "bandwidth", _node(self.plan.bandwidth, inputs)
        cores = next(host.name for host in self.plan.hosts_of(Role.APP)) + ".cores"
        for name, figure in self.plan.pools:
            yield f"pools.{name}", _node(figure, (cores,) if name == "app_processes" else ())

    # -------------------------------------------------------------------------------------------------------- demand
    def _demand(self) -> Iterator[tuple[str, _Node]]:
        demand = self.plan.demand
        yield (
            "learners_at_once",
            _node(demand.concurrent_learners, ("course.learners", *self._fact_keys("evening_concurrency"))),
        )
        for name, figure in demand.requests.items():
            journeys = [each.journey for each in demand.journeys if name in each.requests]
            yield f"requests.{name}", _node(figure, tuple(f"journeys.{journey}" for journey in journeys))
        for each in demand.journeys:
            names = (key for fact in self._journey_facts(each.journey) for key in self._fact_keys(fact))
            yield f"journeys.{each.journey}", _node(each.arrivals, ("course.learners", *names))
        yield "segment_bytes", _node(demand.segment_bytes, ("facts.video_segment",))
        top = sorted(demand.requests, key=lambda name: -demand.requests[name].value)[:FOLLOWED]
        classes = tuple(f"requests.{name}" for name in top)
        yield "egress", _node(demand.egress, ("facts.protocol_overhead", "segment_bytes", *classes))
        yield "ingress", _node(demand.ingress, ("facts.protocol_overhead", *classes))
        yield "storage", _node(demand.storage, ("facts.media_storage_factor", "course.learners"))

    def _journey_facts(self, journey: str) -> Iterator[str]:
        for mix, names in _MIX_FACTS.items():
            if mix in self.known.activity and journey in self.known.activity[mix].mix:
                yield from names
        yield from _JOURNEY_FACTS.get(journey, ())
        yield from _PEAK_FACTS

    def _fact_keys(self, name: str) -> tuple[str, ...]:
        """The keys of a fact: where it is an input of the peak, of the general one and what each course's file says."""
        inputs = tuple(_input_key(each) for each in self.plan.demand.inputs if each.name == name)
        return inputs or (f"facts.{name}",)

    # ------------------------------------------------------------------------------------------------------- outlook
    def _outlook(self) -> Iterator[tuple[str, _Node]]:
        outlook = self.plan.outlook
        if not outlook:
            return
        hosts = tuple(f"{host.name}.cores" for host in self.plan.stack_hosts)[:FOLLOWED]
        inputs = {
            "page_p95": (*hosts, "service_demands.spread"),
            "headroom": (*hosts, "bandwidth"),
            "disk_operations": ("facts.commit_operations",),
            "weekly_growth": ("facts.visits_a_week", "facts.request_growth", "facts.log_line", "course.learners"),
        }
        for name, figure in outlook:
            if isinstance(figure, Figure):
                yield f"outlook.{name}", _node(figure, inputs.get(name, ()))
        for share in outlook.courses:
            for name in ("alone", "requests", "egress", "cores"):
                yield f"courses.{share.name}.{name}", _node(getattr(share, name), ())
        for each in outlook.latencies:
            yield f"latency.{each.request_class}", _node(each.p95, (f"service_demands.{each.request_class}", *hosts))

    # ------------------------------------------------------------------------------------------------------- sources
    def _sources(self) -> Iterator[tuple[str, _Node]]:
        for facts in (self.known.activity, self.known.sizing, self.known.prices):
            for name, fact in facts.items():
                yield f"facts.{name}", _Node(_told(fact), f"{fact.what}. Source: {fact.source}")
        for each in self.plan.demand.inputs:
            yield _input_key(each), _Node(str(each.interval), f"{each.what}. Source: {each.source}")
        table = self.known.service_demands
        measured = ("service_demands.source",)
        yield "service_demands.source", _Node("measured", table.source)
        yield (
            "service_demands.spread",
            _Node(f"× {table.spread:g}", "the truth may be so many times more or less", measured),
        )
        for request_class, cost in table.demands.items():
            yield f"service_demands.{request_class}", _Node(_costs(cost), "CPU of one request", measured)
        for name in ("learners", "instructors", "classes"):
            yield f"course.{name}", self._written(name)

    def _written(self, name: str) -> _Node:
        """A count of the course file, or the sum of those of several."""
        counts = {each.name: int(getattr(each, name)) for each in self.courses}
        if len(counts) == 1:
            return _Node(f"{sum(counts.values()):,}", "written in the course file")
        parts = " + ".join(f"{count:,} of {course}" for course, count in counts.items())
        return _Node(f"{sum(counts.values()):,}", f"{parts}, written in the course files")


def _node(figure: Figure, inputs: tuple[str, ...]) -> _Node:
    return _Node(str(figure), figure.reason, inputs)


def _input_key(each: DemandInput) -> str:
    """The key of an input of the peak; with its course where the file of one of several says it."""
    return f"facts.{each.name}.{each.course}" if each.course else f"facts.{each.name}"


def _told(fact: object) -> str:
    value, unit = getattr(fact, "value", None), str(getattr(fact, "unit", ""))
    if value is not None:
        return show(value, unit)
    if getattr(fact, "mid", None) is not None:
        return str(getattr(fact, "interval", ""))
    values = getattr(fact, "values", None) or ()
    if isinstance(values, dict):
        return ", ".join(f"{name} {number:g}" for name, number in values.items())
    return ", ".join(f"{number:g}" for number in values)


def _costs(cost: ServiceDemand) -> str:
    return f"app {cost.app:g} ms, database {cost.database:g} ms, cache {cost.cache:g} ms, edge {cost.edge:g} ms"
