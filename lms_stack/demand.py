"""From a Course to its Demand: arrivals of each journey at the peak, and what they ask of servers and link."""

from lms_stack.course import Course
from lms_stack.facts import Facts
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure, Frozen, Interval


class JourneyDemand(Frozen):
    """Arrivals of one journey at the peak, and the requests that one arrival makes."""

    journey: str
    arrivals: Figure
    requests: dict[RequestClass, float]


class Demand(Frozen):
    """What a course asks of the stack at its planned peak; figures carry their interval and stand at its high end."""

    learners: int
    concurrent_learners: Figure
    journeys: tuple[JourneyDemand, ...]
    requests: dict[RequestClass, Figure]
    egress: Figure
    ingress: Figure
    storage: Figure

    @property
    def request_rate(self) -> float:
        """All requests per second at the planned peak."""
        return sum(figure.value for figure in self.requests.values())
