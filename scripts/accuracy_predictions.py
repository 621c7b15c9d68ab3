"""What scripts/accuracy recorded, and what the calibration foretells of it at the speed of that minute."""

from collections.abc import Mapping, Sequence
from math import exp, log
from statistics import fmean
from typing import Self

import numpy as np
from pydantic import Field

from lms_stack.calibration import Calibration, Refit, calibrated
from lms_stack.facts import facts
from lms_stack.forecast import VARIATION, Predicted, network, predicted
from lms_stack.measurement import LoadResult
from lms_stack.observation import Observation
from lms_stack.plan import Pools
from lms_stack.request_classes import RequestClass
from lms_stack.topology import Topology
from lms_stack.units import Frozen
from scripts.accuracy_mixes import Foretold, Proved, Timed, of_the_application, over_classes, p95_of, served, timed
from scripts.simulation import Came, simulate

#: How often a load is simulated: the arrivals are given, only what each request costs is drawn.
TIMES = 5
#: Of an overload, the share of its time in which what waits is still growing.
SETTLED = 1 / 3


class Played(Frozen):
    """One load: what the stack's counters and the generator say of it, and the machine's load average at its end.

    `came`: when requests of each class came to the edge, in seconds from the load's first visitor on; of timed loads.
    """

    seen: Observation
    load: LoadResult
    load_average: float
    came: dict[RequestClass, tuple[float, ...]] = Field(default_factory=dict)


class Recorded(Frozen):
    """One mix: the planned mix, a load, the planned mix, a load and so on, and the overload at the end.

    `shares` are those of the predicted saturation at which `timed` were played, `offered` requests/s of the
    application in the overload. `references` are the planned mix: one before each load, the overload too.
    """

    mix: str
    topology: Topology
    pools: Pools
    calibration: Calibration
    shares: tuple[float, ...]
    timed: tuple[Played, ...]
    overload: Played
    offered: float
    references: tuple[Played, ...]

    def known(self, number: int) -> "Known":
        """What is known before a load, by its place among all."""
        return Known.at(self.topology, self.pools, self.calibration, self.references[number : number + 2])

    def proved(self) -> Proved:
        """What is predicted of each load, beside what was measured."""
        known = [self.known(number) for number in range(len(self.timed) + 1)]
        came = served(self.overload.seen, SETTLED)
        measured = of_the_application(came)
        return Proved(
            mix=self.mix,
            saturation=(known[-1].saturation(came) * measured, measured),
            offered=self.offered,
            cpu_at_saturation=cpu_of(self.topology, self.overload.seen),
            load_average=self.overload.load_average,
            speeds=tuple(each.speed for each in known),
            timed=tuple(
                each.timed(share, played)
                for each, share, played in zip(known[:-1], self.shares, self.timed, strict=True)
            ),
        )


class Known(Frozen):
    """What is known before a load: the calibration, for the machine's speed of that minute.

    `speed` is how much CPU time the planned mix took beside the load, against what the calibration foretells of it.
    """

    topology: Topology
    pools: Pools
    calibration: Calibration
    speed: float

    @classmethod
    def at(cls, topology: Topology, pools: Pools, calibration: Calibration, references: Sequence[Played]) -> Self:
        """The calibration after these loads of the planned mix, which it knows."""
        plain = cls(topology=topology, pools=pools, calibration=calibration, speed=1.0)
        rest = sum(calibration.at_rest.values())
        ratios = [
            log((plain.cores(each.seen) - rest) / (plain.cores_foretold(served(each.seen)) - rest))
            for each in references
        ]
        speed = exp(fmean(ratios))
        factor = speed * (calibration.refit.factor if calibration.refit else 1.0)
        at = references[-1].load.hold_ended
        refit = Refit(at=at, entries=len(references), factor=factor, spread=calibration.spread)
        return plain.model_copy(update={"calibration": calibration.model_copy(update={"refit": refit}), "speed": speed})

    def predicted(self, requests: Mapping[RequestClass, float]) -> Predicted:
        """The middle of the prediction for requests/s of each class."""
        known = calibrated(facts(), self.calibration)
        return predicted(self.topology, requests, known, self.calibration, pools=self.pools, draws=1)

    def saturation(self, requests: Mapping[RequestClass, float]) -> float:
        """How many times these requests the stack carries."""
        return self.predicted(requests).headroom().mid

    def cores(self, seen: Observation) -> float:
        """Cores that were busy on the stack's hosts while a load was watched."""
        return cpu_of(self.topology, seen) * _cores(self.topology)

    def cores_foretold(self, requests: Mapping[RequestClass, float]) -> float:
        """Cores that these requests are predicted to keep busy."""
        return _cpu(self.predicted(requests)) * _cores(self.topology)

    def timed(self, share: float, played: Played) -> Timed:
        """Arrivals are drawn, so more or fewer come than were asked for: the prediction is of those that came."""
        requests = served(played.seen)
        solved = self.predicted(requests)
        p95 = {name: each.mid for name, each in solved.p95().items()}
        return timed(
            share,
            requests,
            Foretold(p95, _cpu(solved)),
            played.load,
            cpu=cpu_of(self.topology, played.seen),
            load_average=played.load_average,
            again=self.simulated(played) if played.came else None,
        )

    def simulated(self, played: Played) -> float:
        """p95 of a load in seconds, as `timed` takes it, by simulations of the model with the requests that came.

        What they say of it that the formula doesn't is the luck of these arrivals.
        """
        classes = tuple(name for name, moments in played.came.items() if moments)
        known, at_rest = calibrated(facts(), self.calibration), self.calibration.at_rest
        _, stations, costs = network(self.topology, classes, known, at_rest, self.pools)
        began = played.load.started
        span = [(each - began).total_seconds() for each in (played.load.hold_started, played.load.hold_ended)]
        came = Came(tuple(np.array(played.came[name]) for name in classes), *span)
        none = np.zeros(len(classes))
        beyond = np.array([self.calibration.beyond.get(name, 0.0) for name in classes])
        found = []
        for seed in range(1, TIMES + 1):
            seen = simulate(stations, none, costs, came=came, scv=VARIATION, seed=seed)
            p95 = dict(zip(classes, seen.percentile(0.95) + beyond, strict=True))
            found.append(over_classes(p95_of(p95, played.load), played.load)[0])
        return fmean(found)


def cpu_of(topology: Topology, seen: Observation) -> float:
    """The CPU use of the stack's hosts together, as a share of their cores."""
    spent = sum(sum(window.cpu.values()) + window.other for window in seen.windows)
    return spent / max(1.0, seen.seconds) / _cores(topology)


def _cores(topology: Topology) -> float:
    return sum(host.cores for host in topology.stack_hosts)


def _cpu(solved: Predicted) -> float:
    """The CPU use that is predicted of hosts which are all alike."""
    return fmean(each.mid for each in solved.cpu().values())
