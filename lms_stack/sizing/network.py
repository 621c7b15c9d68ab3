"""Tiers of hosts as a queueing network: how full each station is, how long requests take, what is full first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lms_stack.outlook import Tier
from lms_stack.queueing.network import Solution, Station, solve
from lms_stack.roles import STACK_ROLES
from lms_stack.sizing.draws import Array, LoadDraws

#: How the edge's line is called where it is what is full first.
LINE = "the edge's line"


@dataclass(frozen=True)
class Outcome:
    """A set of tiers under the drawn load."""

    solution: Solution
    limits: dict[str, Array]
    """How many times this load until a resource is full, (draws,) by its name."""

    @property
    def headroom(self) -> Array:
        """(draws,): how many times this load until the first resource is full."""
        return np.asarray(np.min(list(self.limits.values()), axis=0))

    @property
    def breaks_first(self) -> dict[str, float]:
        """In which share of the draws each resource is the first to be full, the most frequent first."""
        names = list(self.limits)
        first = np.argmin(np.array(list(self.limits.values())), axis=0)
        shares = {name: float(np.mean(first == index)) for index, name in enumerate(names)}
        return dict(sorted(((name, share) for name, share in shares.items() if share), key=lambda each: -each[1]))


def outcome(tiers: Sequence[Tier], load: LoadDraws, line: float, *, lost: int = 0) -> Outcome:
    """Solve the network of some tiers.

    :param line: what the edge's line carries each way, bit/s.
    :param lost: how many hosts of each tier have failed; a tier without a spare one loses none.
    """
    stations = tuple(_station(tier, lost) for tier in tiers)
    demands = np.stack([_demand(tier, load) for tier in tiers], axis=-1)
    solution = solve(stations, load.requests, demands)
    with np.errstate(divide="ignore"):
        limits = {
            f"CPU of {station.name}": 1 / solution.utilisation[:, index] for index, station in enumerate(stations)
        }
        limits[LINE] = line / np.maximum(load.egress, load.ingress)
    return Outcome(solution=solution, limits=limits)


def _station(tier: Tier, lost: int) -> Station:
    hosts = tier.working if tier.standby else tier.count - min(lost, tier.spare)
    return Station(name=" + ".join(tier.roles), servers=tier.cores.value, hosts=hosts)


def _demand(tier: Tier, load: LoadDraws) -> Array:
    """(draws, classes): seconds of one core on this tier."""
    columns = [STACK_ROLES.index(role) for role in tier.roles]
    return np.asarray(load.costs[:, :, columns].sum(axis=2))
