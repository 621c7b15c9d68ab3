"""The load plan: what the generator hosts are told to play, as one file for each."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from lms_stack.course import Objectives
from lms_stack.demand import Demand
from lms_stack.facts import Facts, facts
from lms_stack.measurement import PhaseName
from lms_stack.plan import Plan, Role
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.topology import Topology
from lms_stack.units import Frozen

#: Sessions that are signed in before the load begins, for visitors who are in the middle of their visit.
SESSIONS = 60
INSTRUCTOR_SESSIONS = 5


class JourneyLoad(Frozen):
    """Arrivals per second of one journey, who makes it, and the requests that one arrival makes."""

    name: str
    rate: float
    role: str
    requests: dict[RequestClass, float]


class Stretch(Frozen):
    """A part of the run after the hold: rates go evenly from `first` to `last` times the planned ones within `seconds`;
    exam starts are `exams` times that."""

    phase: PhaseName
    seconds: float
    first: float = 1.0
    last: float = 1.0
    exams: float = 1.0


def _test_fact(name: str) -> float:
    return facts().load_test[name].number


class LoadPlan(Frozen):
    """One run. Times in seconds, think times log-normal with mean `think`.

    `later` is what follows the hold. `part` of `parts`: this generator's share of all arrivals and accounts. The ramp
    knows its knee by what is `allowed_…`, over windows of `window`. `line`: what the edge's line is planned to carry
    each way, in bit/s; so many `phones` watch lectures at `phone_rate` bit/s beside the load.
    """

    url: str
    ca_certificate: str
    journeys: tuple[JourneyLoad, ...]
    course: str
    lessons: tuple[int, ...]
    quizzes: tuple[int, ...]
    essays: tuple[int, ...]
    learners: int
    instructors: int
    learner_pattern: str
    instructor_pattern: str
    packages: tuple[int, ...] = ()
    organisers: int = 0
    builders: int = 0
    organiser_pattern: str = ""
    builder_pattern: str = ""
    sessions: int = SESSIONS
    instructor_sessions: int = INSTRUCTOR_SESSIONS
    warm_up: float = 15.0
    hold: float = 60.0
    drain: float = 15.0
    later: tuple[Stretch, ...] = ()
    think: float = _test_fact("think_time")
    think_spread: float = _test_fact("think_spread")
    time_out: float = 20.0
    in_flight: int = 5000
    seed: int = 1
    part: int = 0
    parts: int = 1
    file_classes: tuple[RequestClass, ...] = tuple(sorted(FILE_CLASSES))
    allowed_p95: float = Objectives().page_p95
    allowed_failures: float = Objectives().failed_requests
    allowed_lag: float = facts().thresholds["loop_lag_p99"].number
    window: float = _test_fact("window")
    line: float | None = None
    phones: int = int(_test_fact("phones"))
    phone_rate: float = _test_fact("phone_rate")

    @property
    def seconds(self) -> float:
        """How long it all takes at most, from the first arrival on."""
        later = sum(each.seconds for each in self.later)
        phases = {each.phase for each in self.later} & {"storm", "recovery"}
        return self.warm_up + self.hold + later + self.drain * (1 + len(phases))

    @property
    def request_rate(self) -> float:
        """Requests per second at the planned peak."""
        return sum(each.rate * sum(each.requests.values()) for each in self.journeys)

    def shared_out(self, parts: int) -> tuple["LoadPlan", ...]:
        """The plan of each of so many generators."""
        return tuple(self.model_copy(update={"part": part, "parts": parts}) for part in range(parts))


def load_plan(
    demand: Demand,
    topology: Topology,
    prepared: Mapping[str, Any],
    *,
    hold: float = 60.0,
    later: tuple[Stretch, ...] = (),
    objectives: Objectives | None = None,
) -> LoadPlan:
    """What to play for a demand at its planned peak.

    :param prepared: what the engine's prepare_load_test told: accounts, and the parts of the course.
    :param hold: seconds for which the peak is held.
    :param later: what is played after the hold, as all_phases makes it.
    :param objectives: the course's, by which a ramp knows its knee; the usual ones where it is None.
    """
    known = facts().journeys
    edge = topology.hosts_of(Role.EDGE)[0]
    wanted = objectives or Objectives()
    journeys = tuple(
        JourneyLoad(name=each.journey, rate=each.arrivals.value, role=known[each.journey].role, requests=each.requests)
        for each in demand.journeys
    )
    return LoadPlan(
        url=f"https://{edge.address}",
        ca_certificate=CA_ON_HOSTS,
        journeys=journeys,
        course=str(prepared["course"]),
        lessons=tuple(prepared["lessons"]),
        quizzes=tuple(prepared["quizzes"]),
        essays=tuple(prepared["essays"]),
        packages=tuple(prepared["packages"]),
        line=edge.link,
        learners=int(prepared["learners"]),
        instructors=int(prepared["instructors"]),
        learner_pattern=str(prepared["learner_pattern"]),
        instructor_pattern=str(prepared["instructor_pattern"]),
        organisers=int(prepared["organisers"]),
        builders=int(prepared["builders"]),
        organiser_pattern=str(prepared["organiser_pattern"]),
        builder_pattern=str(prepared["builder_pattern"]),
        hold=hold,
        later=later,
        allowed_p95=wanted.page_p95,
        allowed_failures=wanted.failed_requests,
    )


def all_phases(demand: Demand, plan: Plan, known: Facts | None = None) -> tuple[Stretch, ...]:
    """What a full test plays after the hold: the exam's storm, the ramp to the knee, and the planned peak again."""
    figures = {name: fact.number for name, fact in (known or facts()).load_test.items()}
    exam = any(each.journey == "exam" and each.arrivals.value > 0 for each in demand.journeys)
    return (
        *(_storm(figures) if exam else ()),
        Stretch(phase="ramp", seconds=figures["ramp"], last=ramp_reach(demand, plan, known)),
        Stretch(phase="recovery", seconds=figures["recovery"]),
    )


def _storm(figures: Mapping[str, float]) -> tuple[Stretch, ...]:
    """The starts of an exam's busiest minute, a share of them within its first part; all else as planned."""
    share, first, whole = figures["storm_share"], figures["storm_part"], figures["storm"]
    return (
        Stretch(phase="storm", seconds=first, exams=share * whole / first),
        Stretch(phase="storm", seconds=whole - first, exams=(1 - share) * whole / (whole - first)),
    )


def ramp_reach(demand: Demand, plan: Plan, known: Facts | None = None) -> float:
    """The ramp's last rate, as a multiple of the planned peak.

    It goes beyond where the plan expects the first resource to be full, and never beyond what the plan's generator
    hosts can play or what a ramp may reach at most; at least it climbs by a half.
    """
    held = known or facts()
    figures = {name: fact.number for name, fact in held.load_test.items()}
    fullest = max((use.share.value for use in plan.predicted), default=1.0) or 1.0
    playable = len(plan.hosts_of(Role.LOADGEN)) * held.sizing["loadgen_rate"].number / max(demand.request_rate, 1e-9)
    reach = min(figures["ramp_reach"] / fullest, figures["ramp_highest"], playable)
    return max(1.5, ceil(reach * 10) / 10)


#: Where the base role puts the deployment's CA certificate.
CA_ON_HOSTS = "/etc/taphuan/ca.crt"
