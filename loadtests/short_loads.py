"""Load plans for the calibration and its proof: one journey alone, or a mix, at a chosen share of the stack's cores."""

from collections.abc import Mapping
from typing import NamedTuple

from lms_stack.facts import Journey, ServiceDemands
from lms_stack.request_classes import RequestClass
from lms_stack.roles import STACK_ROLES, stack_roles
from lms_stack.topology import Host, Topology
from loadtests.load_plan import JourneyLoad, LoadPlan


class Pace(NamedTuple):
    """How visitors come and go from page to page: seconds of a pause and of the warm-up, and how many are signed in.

    Enough are signed in before that visitors of one session seldom wait for one another. With the same `seed` the same
    visitors come at the same moments, by the rate: where several loads are to tell more than one, each wants its own.
    """

    think: float
    warm_up: float
    sessions: int
    seed: int = 1


#: For CPU time, on which it doesn't depend how closely the requests of a visit follow one another.
QUICK = Pace(0.5, 4.0, 60)
#: For waiting times: learners take longer over a page than half a second, and requests that follow one another so soon
#: come in bursts, which wait longer near saturation than those of visitors who come and go independently.
UNHURRIED = Pace(3.0, 45.0, 160)
#: Most journeys that a calibration plays alone: each takes half a minute.
MOST_ALONE = 10
#: Highest share of the edge's line that a short load takes: it looks for CPU time, not for the end of the line.
LINE_SHARE = 0.6


def with_rates(
    base: LoadPlan, rates: Mapping[str, float], known: Mapping[str, Journey], *, hold: float, pace: Pace = QUICK
) -> LoadPlan:
    """A load plan like `base` with other journeys.

    :param rates: arrivals per second by journey.
    :param hold: seconds for which it is held.
    """
    journeys = tuple(
        JourneyLoad(name=name, rate=rate, role=known[name].role, requests=known[name].requests)
        for name, rate in rates.items()
    )
    return base.model_copy(update={"journeys": journeys, "hold": hold, **pace._asdict()})


def requests_of(rates: Mapping[str, float], known: Mapping[str, Journey]) -> dict[RequestClass, float]:
    """Requests per second of each class that these arrivals make."""
    found: dict[RequestClass, float] = {}
    for name, rate in rates.items():
        for request_class, count in known[name].requests.items():
            found[request_class] = found.get(request_class, 0.0) + rate * count
    return found


def scaled_to(
    share: float,
    mix: Mapping[str, float],
    known: Mapping[str, Journey],
    demands: ServiceDemands,
    topology: Topology,
    *,
    segment_bits: float = 6e6,
) -> dict[str, float]:
    """Arrivals per second of a mix at which the stack's busiest host is busy to that share, by the utilisation law.

    A mix of films stops at LINE_SHARE of the edge's line.

    :param mix: relative arrivals by journey.
    """
    requests = requests_of(mix, known)
    busiest = max(_busy(host, topology, requests, demands) for host in topology.hosts)
    line = min((host.link for host in topology.hosts if host.link), default=float("inf"))
    bits = requests.get(RequestClass.VIDEO_SEGMENT, 0.0) * segment_bits
    factor = min(share / busiest, LINE_SHARE * line / bits if bits else float("inf"))
    return {name: rate * factor for name, rate in mix.items()}


def _busy(host: Host, topology: Topology, requests: Mapping[RequestClass, float], demands: ServiceDemands) -> float:
    """Share of a host's cores that requests keep busy."""
    cost = sum(
        rate * demands.demands[name].of(role) / len(topology.hosts_of(role))
        for name, rate in requests.items()
        for role in stack_roles(host.roles)
    )
    return cost / host.cores


def cost_of(rates: Mapping[str, float], known: Mapping[str, Journey], demands: ServiceDemands) -> float:
    """Cores that arrivals keep busy on all roles together."""
    requests = requests_of(rates, known)
    return sum(rate * demands.demands[name].of(role) for name, rate in requests.items() for role in STACK_ROLES)


def calibration_loads(
    mix: Mapping[str, float], known: Mapping[str, Journey], demands: ServiceDemands, most: int = MOST_ALONE
) -> dict[str, dict[str, float]]:
    """Which journeys a calibration plays alone, by relative arrivals: those that cost most of the planned mix.

    The others are played together in one load, each as much of it as the next.

    :param mix: arrivals per second by journey at the planned peak.
    """
    costs = {name: cost_of({name: rate}, known, demands) for name, rate in mix.items() if rate > 0}
    ordered = sorted(costs, key=lambda name: -costs[name])
    alone, rest = ordered[:most], ordered[most:]
    loads = {name: {name: 1.0} for name in alone}
    together = {name: 1 / max(1e-9, cost_of({name: 1.0}, known, demands)) for name in rest}
    return loads | ({"the rarer journeys": together} if together else {})
