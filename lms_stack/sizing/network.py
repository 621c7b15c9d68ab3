"""Tiers of hosts as a queueing network: how full each station is, how long requests take, what is full first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lms_stack.outlook import Tier
from lms_stack.plan import Pools
from lms_stack.pool_stations import CONNECTIONS, THREADS, limiting_pools
from lms_stack.queueing.network import POOL_BLAMED, Solution, Station, solve
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.sizing.draws import Array, LoadDraws

#: How resources other than cores are called where they are what is full first.
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
        """In which share of the draws each resource is the first to be full, the most frequent first.

        A pool fills up too when the cores beyond it are full, so it is named only where it is markedly less.
        """
        names = list(self.limits)
        blamed = [self.limits[name] * (POOL_BLAMED if name in {THREADS, CONNECTIONS} else 1) for name in names]
        first = np.argmin(np.array(blamed), axis=0)
        shares = {name: float(np.mean(first == index)) for index, name in enumerate(names)}
        return dict(sorted(((name, share) for name, share in shares.items() if share), key=lambda each: -each[1]))


def outcome(
    tiers: Sequence[Tier], load: LoadDraws, line: float, *, lost: int = 0, pools: Pools | None = None
) -> Outcome:
    """Solve the network of some tiers.

    :param line: what the edge's line carries each way, bit/s.
    :param lost: how many hosts of each tier have failed; a tier without a spare one loses none.
    :param pools: the pools that limit how many requests are at work at once; no limit where it is None.
    """
    cores = tuple(_station(tier, lost) for tier in tiers)
    limiting = limiting_pools([tier.roles for tier in tiers], cores, pools) if pools else ()
    demands = np.stack([_demand(tier, load) for tier in tiers], axis=-1)
    demands = np.concatenate([demands, np.zeros((*demands.shape[:2], len(limiting)))], axis=-1)
    solution = solve((*cores, *limiting), load.requests, demands)
    with np.errstate(divide="ignore"):
        times = 1 / solution.utilisation
        limits = {f"CPU of {station.name}": times[:, index] for index, station in enumerate(cores)}
        limits |= {station.name: times[:, len(cores) + index] for index, station in enumerate(limiting)}
        limits[LINE] = line / np.maximum(load.egress, load.ingress)
    return Outcome(solution=solution, limits=limits)


def _station(tier: Tier, lost: int) -> Station:
    hosts = tier.working if tier.standby else tier.count - min(lost, tier.spare)
    alone = tier.roles == (Role.APP,) and tier.processes
    servers = min(tier.cores.value, tier.processes) if alone else tier.cores.value
    return Station(name=" + ".join(tier.roles), servers=servers, hosts=hosts)


def _demand(tier: Tier, load: LoadDraws) -> Array:
    """(draws, classes): seconds of one core on this tier."""
    columns = [STACK_ROLES.index(role) for role in tier.roles]
    return np.asarray(load.costs[:, :, columns].sum(axis=2))
