"""The load plan: what the generator hosts are told to play, as one file."""

from collections.abc import Mapping
from typing import Any

from lms_stack.demand import Demand
from lms_stack.facts import facts
from lms_stack.plan import Role
from lms_stack.request_classes import RequestClass
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


class LoadPlan(Frozen):
    """One run. Times in seconds, think times as means of an exponential distribution."""

    url: str
    ca_certificate: str
    journeys: tuple[JourneyLoad, ...]
    course: str
    lessons: tuple[int, ...]
    quizzes: tuple[int, ...]
    essays: tuple[int, ...]
    packages: tuple[int, ...]
    learners: int
    instructors: int
    learner_pattern: str
    instructor_pattern: str
    organisers: int
    builders: int
    organiser_pattern: str
    builder_pattern: str
    sessions: int = SESSIONS
    instructor_sessions: int = INSTRUCTOR_SESSIONS
    warm_up: float = 15.0
    hold: float = 60.0
    drain: float = 15.0
    think: float = 1.0
    time_out: float = 20.0
    in_flight: int = 5000
    seed: int = 1


def load_plan(demand: Demand, topology: Topology, prepared: Mapping[str, Any], *, hold: float = 60.0) -> LoadPlan:
    """What to play for a demand at its planned peak.

    :param prepared: what the engine's prepare_load_test told: accounts, and the parts of the course.
    :param hold: seconds for which the peak is held.
    """
    known = facts().journeys
    edge = topology.hosts_of(Role.EDGE)[0]
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
        learners=int(prepared["learners"]),
        instructors=int(prepared["instructors"]),
        learner_pattern=str(prepared["learner_pattern"]),
        instructor_pattern=str(prepared["instructor_pattern"]),
        organisers=int(prepared["organisers"]),
        builders=int(prepared["builders"]),
        organiser_pattern=str(prepared["organiser_pattern"]),
        builder_pattern=str(prepared["builder_pattern"]),
        hold=hold,
    )


#: Where the base role puts the deployment's CA certificate.
CA_ON_HOSTS = "/etc/taphuan/ca.crt"
