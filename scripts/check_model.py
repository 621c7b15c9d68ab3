"""The cases of scripts/check-model, and how near the model comes to the simulation in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lms_stack.facts import Facts, facts
from lms_stack.plan import STACK_ROLES
from lms_stack.queueing.formulas import Array
from lms_stack.queueing.network import Station, solve
from scripts.simulation import simulate

#: How far the model may be off, as shares of what is simulated.
UTILISATION, P95 = 0.10, 0.20
#: Fewest requests of a class from which its p95 is compared: below, the simulation itself isn't sure enough.
SAMPLES = 1_000
#: The busiest tier is the application, as in all courses; the others are this full beside it.
BESIDE = 0.7
#: Journeys of each mix, by how many of each come for one of the others.
MIXES: Mapping[str, Mapping[str, float]] = {
    "an exam": {"exam": 1},
    "study": {"sign_in": 1, "study": 2, "watch": 1, "look_around": 0.5, "forum": 0.5},
}


@dataclass(frozen=True)
class Case:
    """One network under one load: so many cores of the application on each of its hosts, so full."""

    mix: str
    cores: float
    hosts: int
    full: float
    scv: float = 1.0
    requests: int = 0

    @property
    def played(self) -> int:
        """How many requests are simulated: the fuller a station, the longer its queue takes to forget its past."""
        return self.requests or 30_000 + round(4_500 * (self.full / (1 - self.full)) ** 2 / max(1.0, self.cores / 16))


@dataclass(frozen=True)
class Compared:
    """A case, and how far off the model was: shares of what was simulated, the largest of all stations and classes."""

    case: Case
    utilisation: float
    p95: float
    model: float
    simulated: float
    """p95 of the class that was furthest off, in seconds."""

    @property
    def agrees(self) -> bool:
        """Whether it is near enough."""
        return abs(self.utilisation) <= UTILISATION and abs(self.p95) <= P95


def compare(case: Case, seed: int = 1) -> Compared:
    """Solve a case and simulate it.

    :raises ValueError: no class of it has enough requests to be compared.
    """
    stations, rates, demands = network(case, facts())
    seen = simulate(stations, rates, demands, requests=case.played, scv=case.scv, seed=seed)
    found = solve(stations, rates[None], demands, scv=case.scv)
    utilisation = found.utilisation[0] / seen.utilisation - 1
    enough = seen.counts >= SAMPLES
    if not enough.any():
        raise ValueError(f"{case}: no class has {SAMPLES} requests; play more")
    model, simulated = found.percentile(0.95)[0, enough], seen.percentile(0.95)[enough]
    off = model / simulated - 1
    worst = int(np.abs(off).argmax())
    furthest = int(np.abs(utilisation).argmax())
    return Compared(case, float(utilisation[furthest]), float(off[worst]), float(model[worst]), float(simulated[worst]))


def network(case: Case, known: Facts) -> tuple[list[Station], Array, Array]:
    """Stations, rates (classes,) and demands (classes, stations) of a case, from the facts."""
    counts: dict[str, float] = {}
    for journey, often in MIXES[case.mix].items():
        for name, count in known.journeys[journey].requests.items():
            counts[name] = counts.get(name, 0) + often * count
    table = known.service_demands.demands
    costs = np.array([[table[name].of(role) for role in STACK_ROLES] for name in table if name in counts])
    shares = np.array([counts[name] for name in table if name in counts])
    app = STACK_ROLES.index("app")
    rates = shares * case.full * case.cores * case.hosts / (shares @ costs[:, app])
    load = rates @ costs
    stations = [
        Station(role, case.cores, case.hosts) if j == app else Station(role, float(load[j] / case.full / BESIDE))
        for j, role in enumerate(STACK_ROLES)
    ]
    return stations, rates, costs


def grid() -> list[Case]:
    """All cases: cores of one host from a half to 64, and many hosts, each at 10 to 90 % of its application's cores."""
    loads = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9)
    one = [Case(mix, cores, 1, full) for mix in MIXES for cores in (0.5, 1, 2, 4, 16, 64) for full in loads]
    many = [Case("an exam", 16, hosts, full) for hosts in (4, 32) for full in (0.5, 0.7, 0.9)]
    alike = [Case("an exam", cores, 1, full, scv=0.25) for cores in (1, 4) for full in (0.5, 0.8)]
    return [*one, *many, *alike]


def table(rows: Sequence[Compared]) -> str:
    """What was found, as a Markdown table."""
    lines = [
        "| mix | app cores | scv | busy | utilisation off by | p95 furthest off: model, simulated | off by |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.case.mix} | {row.case.hosts} × {row.case.cores:g} | {row.case.scv:g} | {row.case.full:.0%} | "
        f"{row.utilisation:+.1%} | {1000 * row.model:.1f} ms, {1000 * row.simulated:.1f} ms | {row.p95:+.0%} |"
        for row in rows
    ]
    return "\n".join(lines)
