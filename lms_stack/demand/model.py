"""What a course asks of its stack, as values: the planned peak, and what it rests on."""

from pydantic import Field

from lms_stack.demand.live import LiveStart
from lms_stack.request_classes import RequestClass
from lms_stack.units import Figure, Frozen, Interval


class JourneyDemand(Frozen):
    """Arrivals of one journey at the planned peak, and the requests that one arrival makes."""

    journey: str
    arrivals: Figure
    requests: dict[RequestClass, float]


class DemandInput(Frozen):
    """One uncertain input: what is believed of it, on which ground, and whether the course file says so."""

    name: str
    what: str
    interval: Interval
    source: str
    written: bool
    course: str = ""
    """Whose file says it, where there are several courses; empty for what holds for all of them."""


class Demand(Frozen):
    """What a course, or several on one stack, ask of it at their planned peak.

    A figure's interval runs from the 5th percentile of the peak over its median to the planned percentile, which is the
    figure's value, because that is what is planned and verified.
    """

    learners: int
    concurrent_learners: Figure
    journeys: tuple[JourneyDemand, ...]
    requests: dict[RequestClass, Figure]
    segment_bytes: Figure
    egress: Figure
    ingress: Figure
    storage: Figure
    letters: Figure | None = None
    inputs: tuple[DemandInput, ...] = ()
    live: dict[str, tuple[LiveStart, ...]] = Field(default_factory=dict)
    """The starts of live sessions, by the name of their course."""

    @property
    def request_rate(self) -> float:
        """All requests per second at the planned peak."""
        return sum(figure.value for figure in self.requests.values())
