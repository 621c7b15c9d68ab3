"""What a load should show on the hosts that stand: CPU use, requests/s, egress and p95 of each class, as intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lms_stack.facts import Facts
from lms_stack.observation import Observation
from lms_stack.plan import Pools
from lms_stack.pool_stations import limiting_pools
from lms_stack.queueing.network import Solution, Station, solve
from lms_stack.request_classes import FILE_CLASSES, RequestClass
from lms_stack.roles import Role, stack_roles
from lms_stack.topology import Host, Topology
from lms_stack.units import Z80, Interval

if TYPE_CHECKING:
    from lms_stack.calibration import Calibration

Array = NDArray[np.float64]

#: Draws of the service demands for one forecast.
DRAWS = 400
#: How far a class's demand may be from the table beside the factor that all share (a judgement).
CLASS_SPREAD = 1.15
#: Fewest requests of a class in a load from which its p50 counts.
ENOUGH = 40
#: How far a percentile of the model may be off beside its demands (scripts/accuracy: docs/calibration.md).
MODEL_SPREAD = 1.25
#: Squared coefficient of variation of a class's demand: pages of a class differ little (measured: docs/calibration.md).
VARIATION = 0.25


@dataclass(frozen=True)
class Tier:
    """Hosts of the same roles, which share the requests."""

    name: str
    roles: tuple[Role, ...]
    hosts: tuple[Host, ...]

    def station(self, own: "Calibration | None") -> Station:
        """The tier as a station: what its hosts take at rest, or don't get of their cores, isn't there for requests."""
        if own is None:
            return Station(self.name, self.hosts[0].cores, hosts=len(self.hosts))
        free = max(0.05, self.hosts[0].cores - self.at_rest(own) - own.lost)
        return Station(self.name, free, hosts=len(self.hosts), fluctuation=own.fluctuation)

    def at_rest(self, own: "Calibration | None") -> float:
        """Cores that one of its hosts keeps busy without a request."""
        return own.at_rest_on(self.roles, len(self.hosts)) if own else 0.0


def tiers(topology: Topology) -> tuple[Tier, ...]:
    """The hosts that carry learners, grouped by their roles."""
    groups: dict[tuple[Role, ...], list[Host]] = {}
    for host in topology.stack_hosts:
        groups.setdefault(stack_roles(host.roles), []).append(host)
    return tuple(
        Tier(hosts[0].name if len(hosts) == 1 else f"{len(hosts)} × {' + '.join(roles)}", roles, tuple(hosts))
        for roles, hosts in groups.items()
    )


@dataclass(frozen=True)
class Predicted:
    """A load on the hosts that stand, solved over draws of the service demands."""

    classes: tuple[RequestClass, ...]
    tiers: tuple[Tier, ...]
    at_rest: tuple[float, ...]
    """(tiers,): cores of one host that are busy without a request."""
    free: tuple[float, ...]
    """(tiers,): cores of one host that are there for requests."""
    solution: Solution
    beyond: Array
    """(classes,): seconds of each answer that are no CPU time of the stack's services."""
    model_error: Array
    """(draws, classes): how far the model's percentiles are off."""

    def cpu(self) -> dict[str, Interval]:
        """CPU use of each host, as a share of its cores."""
        found: dict[str, Interval] = {}
        for number, tier in enumerate(self.tiers):
            busy = self.solution.utilisation[:, number] * self.free[number] + self.at_rest[number]
            shares = np.minimum(1.0, busy / tier.hosts[0].cores)
            found |= {host.name: interval(shares, "share") for host in tier.hosts}
        return found

    def p95(self) -> dict[RequestClass, Interval]:
        """The 95th percentile of each class's time, in seconds; classes that can't be served in time are left out."""
        times = (self.solution.percentile(0.95) + self.beyond) * self.model_error
        served = np.isfinite(times).all(axis=1)
        if served.mean() < 0.9:
            return {}
        return {name: interval(times[served, number], "s") for number, name in enumerate(self.classes)}

    def headroom(self) -> Interval:
        """How many times this load until the first host is full."""
        return interval(self.solution.headroom, "ratio")


def predicted(
    topology: Topology,
    requests: Mapping[RequestClass, float],
    known: Facts,
    own: "Calibration | None" = None,
    *,
    pools: Pools | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> Predicted:
    """Solve the network of the hosts for requests per second of each class.

    :param known: the facts, with the service demands of `own` where there is one.
    :param own: the calibration of these hosts: what they take at rest, and what answers take beside CPU time.
    :param pools: the pools of the stack, which limit how many requests share the cores; no limit where it is None.
    :param draws: 1 for the middle alone.
    """
    classes = tuple(name for name, rate in requests.items() if rate > 0)
    found, stations, costs = network(topology, classes, known, own, pools)
    factors = _factors(known.service_demands.spread, draws, len(classes), seed)
    rates = np.broadcast_to(np.array([requests[name] for name in classes]), (draws, len(classes)))
    solution = solve(stations, rates, costs[None] * factors[:, :, None], scv=VARIATION)
    at_rest = tuple(tier.at_rest(own) for tier in found)
    free = tuple(float(station.servers) for station in stations[: len(found)])
    beyond = np.array([own.beyond.get(name, 0.0) if own else 0.0 for name in classes])
    model_error = _own(MODEL_SPREAD, draws, len(classes), seed + 1)
    return Predicted(classes, found, at_rest, free, solution, beyond, model_error)


def network(
    topology: Topology,
    classes: Sequence[RequestClass],
    known: Facts,
    own: "Calibration | None",
    pools: Pools | None = None,
) -> tuple[tuple[Tier, ...], tuple[Station, ...], Array]:
    """The hosts that carry learners as a queueing network.

    :param own: as `predicted` says.
    :param pools: as `predicted` says.
    :returns: the tiers; their stations in the same order, and after them the pools; demands (classes, stations) in
        seconds of one core, 0 at a pool.
    """
    found = tiers(topology)
    cores = tuple(tier.station(own) for tier in found)
    limiting = limiting_pools([tier.roles for tier in found], cores, pools) if pools else ()
    costs = np.zeros((len(classes), len(cores) + len(limiting)))
    for row, name in zip(costs, classes, strict=True):
        row[: len(cores)] = [_cost(tier, name, known) for tier in found]
    return found, (*cores, *limiting), costs


def _cost(tier: Tier, name: RequestClass, known: Facts) -> float:
    """Seconds of one core that a request of a class costs a tier."""
    demand = known.service_demands.demands[name]
    return sum(demand.of(role) for role in tier.roles)


def _factors(spread: float, draws: int, classes: int, seed: int) -> Array:
    """(draws, classes): how far each draw's demands are from the table; the first draw is the table itself."""
    chance = np.random.default_rng(seed)
    common = np.exp(chance.normal(0, np.log(spread) / Z80, (draws, 1)))
    factors = np.asarray(common * _own(CLASS_SPREAD, draws, classes, seed + 2))
    factors[0] = 1.0
    return factors


def _own(spread: float, draws: int, classes: int, seed: int) -> Array:
    """(draws, classes): a factor of its own for each class, within the spread four times in five; the first is 1."""
    chance = np.random.default_rng(seed)
    factors = np.asarray(np.exp(chance.normal(0, np.log(spread) / Z80, (draws, classes))))
    factors[0] = 1.0
    return factors


def interval(values: Array, unit: str) -> Interval:
    """The 80 % interval of draws around the first one, which is the middle of the forecast."""
    low, high = (float(each) for each in np.quantile(values, (0.1, 0.9)))
    mid = float(values[0])
    return Interval(low=min(low, mid), mid=mid, high=max(high, mid), unit=unit)


def rate_of_arrivals(
    journeys: Sequence[tuple[float, Mapping[RequestClass, float]]],
    seconds: float,
    weights: Mapping[RequestClass, float] | None = None,
    unit: str = "1/s",
) -> Interval:
    """What Poisson arrivals bring in a hold: a mean rate, and how far it comes out by chance (80 %).

    :param journeys: arrivals per second, and requests of each class that one arrival makes.
    :param weights: what one request of a class counts, as bits; 1 where it is None.
    """
    each = [
        (rate, sum(count * (weights.get(name, 0.0) if weights else 1.0) for name, count in requests.items()))
        for rate, requests in journeys
    ]
    mean = sum(rate * size for rate, size in each)
    deviation = Z80 * sqrt(sum(rate * size**2 for rate, size in each) / seconds)
    return Interval(low=max(0.0, mean - deviation), mid=mean, high=mean + deviation, unit=unit)


def beyond_cpu(
    observations: Sequence[Observation],
    topology: Topology,
    known: Facts,
    own: "Calibration",
    pools: Pools | None = None,
) -> dict[RequestClass, float]:
    """What answers of each class take beside the CPU time of the services, in seconds: the median over the loads.

    It is what a load's p50 has more than the model of the load: the way over the network, the handshake of a new
    connection, the kernel's part, the generator's own time.
    """
    found: dict[RequestClass, list[float]] = {}
    for each in observations:
        rates = _rates(each)
        solved = predicted(topology, rates, known, own.model_copy(update={"beyond": {}}), pools=pools, draws=1)
        half = dict(zip(solved.classes, solved.solution.percentile(0.5)[0], strict=True))
        for name in half.keys() & each.p50.keys():
            if np.isfinite(half[name]) and rates[name] * each.seconds >= ENOUGH:
                found.setdefault(name, []).append(each.p50[name] - float(half[name]))
    return {name: round(max(0.0, float(np.median(each))), 5) for name, each in sorted(found.items())}


def _rates(observed: Observation) -> dict[RequestClass, float]:
    """Requests per second of each class while a load was watched."""
    rates: dict[RequestClass, float] = {}
    for window in observed.windows:
        for name, count in window.requests.items():
            rates[name] = rates.get(name, 0.0) + count / observed.seconds
    return rates


def pages(classes: Mapping[RequestClass, Interval]) -> dict[RequestClass, Interval]:
    """The classes that the application answers; how long a file takes depends on the learner's line as well."""
    return {name: each for name, each in classes.items() if name not in FILE_CLASSES}
