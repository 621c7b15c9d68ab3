"""What scripts/accuracy recorded, and what the calibration foretells of it at the speed that the cores had then."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Self

import numpy as np
from pydantic import Field
from scipy.signal import lfilter

from lms_stack.calibration import Calibration, calibrated
from lms_stack.facts import Facts, facts
from lms_stack.forecast import VARIATION, Predicted, network, predicted
from lms_stack.measurement import LoadResult
from lms_stack.observation import Observation, Window, fluctuation_of, speed_of
from lms_stack.plan import Pools
from lms_stack.queueing.station import Fluctuation
from lms_stack.request_classes import RequestClass
from lms_stack.topology import Topology
from lms_stack.units import Frozen
from scripts.accuracy_mixes import (
    Foretold,
    Proved,
    Timed,
    late,
    of_the_application,
    over_classes,
    p95_of,
    served,
    timed,
)
from scripts.simulation import Came, Swing, simulate

#: How often a load is simulated: the arrivals are given, only what each request costs is drawn.
TIMES = 5
#: Seconds for which a simulated core keeps its speed.
FINE = 0.1
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
    """One mix: the loads whose answers were timed, and the overload at the end.

    `shares` are those of the predicted saturation at which `timed` were played, `offered` requests/s of the
    application in the overload.
    """

    mix: str
    topology: Topology
    pools: Pools
    calibration: Calibration
    shares: tuple[float, ...]
    timed: tuple[Played, ...]
    overload: Played
    offered: float

    def known(self, windows: Sequence[Window]) -> "Known":
        """What is known of a load in which the cores were as fast as in these windows, and changed as much."""
        fluctuation = fluctuation_of(windows)
        own = self.calibration.model_copy(update={"fluctuation": fluctuation} if fluctuation.variance else {})
        return Known.at(self.topology, self.pools, own, speed_of(windows))

    def proved(self) -> Proved:
        """What is predicted of each load, beside what was measured."""
        settled = late(self.overload.seen, SETTLED)
        known = [*(self.known(each.seen.windows) for each in self.timed), self.known(settled)]
        came = served(settled)
        measured = of_the_application(came)
        return Proved(
            mix=self.mix,
            saturation=(known[-1].saturation(came) * measured, measured),
            offered=self.offered,
            cpu_at_saturation=cpu_of(self.topology, self.overload.seen),
            load_average=self.overload.load_average,
            slowness=tuple(each.slowness for each in known),
            timed=tuple(
                each.timed(share, played)
                for each, share, played in zip(known[:-1], self.shares, self.timed, strict=True)
            ),
        )


class Known(Frozen):
    """What is known of a load but its times: the calibration, for the speed that the cores had.

    `slowness` is how much CPU time a piece of work took, as times what it took in the calibration.
    """

    topology: Topology
    pools: Pools
    calibration: Calibration
    slowness: float

    @classmethod
    def at(cls, topology: Topology, pools: Pools, calibration: Calibration, pieces: float | None) -> Self:
        """The calibration for cores that do so many pieces of work a second; as it is where nobody timed them."""
        slowness = calibration.machine.held / pieces if pieces else 1.0
        return cls(topology=topology, pools=pools, calibration=calibration, slowness=slowness)

    @property
    def facts(self) -> Facts:
        """The facts with the calibration's service demands, for cores of that speed."""
        return calibrated(facts(), self.calibration, speed=self.calibration.machine.speed / self.slowness)

    def predicted(self, requests: Mapping[RequestClass, float]) -> Predicted:
        """The middle of the prediction for requests/s of each class."""
        return predicted(self.topology, requests, self.facts, self.calibration, pools=self.pools, draws=1)

    def saturation(self, requests: Mapping[RequestClass, float]) -> float:
        """How many times these requests the stack carries."""
        return self.predicted(requests).headroom().mid

    def timed(self, share: float, played: Played) -> Timed:
        """Arrivals are drawn, so more or fewer come than were asked for: the prediction is of those that came."""
        requests = served(played.seen.windows)
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

        What they say of it that the formula doesn't is the luck of these arrivals, and cores that were faster in some
        windows than in others. Within a window they change by chance, as much and as long as was seen of the load.
        """
        classes = tuple(name for name, moments in played.came.items() if moments)
        _, stations, costs = network(self.topology, classes, self.facts, self.calibration, self.pools)
        began = played.load.started
        begin, end = ((each - began).total_seconds() for each in (played.load.hold_started, played.load.hold_ended))
        moments, windows = tuple(np.array(played.came[name]) for name in classes), swing_of(played)
        none = np.zeros(len(classes))
        beyond = np.array([self.calibration.beyond.get(name, 0.0) for name in classes])
        found = []
        for seed in range(1, TIMES + 1):
            swing = fluctuated(windows, self.calibration.fluctuation, seed)
            came = Came(moments, begin, end, swing)
            seen = simulate(stations, none, costs, came=came, scv=VARIATION, seed=seed)
            p95 = dict(zip(classes, seen.percentile(0.95) + beyond, strict=True))
            found.append(over_classes(p95_of(p95, played.load), played.load)[0])
        return fmean(found)


def swing_of(played: Played) -> Swing:
    """How fast the cores were in each window of a load, against its mean; as the mean where nobody timed them."""
    windows, mean = played.seen.windows, played.seen.speed
    began = (played.load.hold_started - played.load.started).total_seconds()
    edges = began + np.concatenate([[0.0], np.cumsum([window.seconds for window in windows])])
    speeds = [(speed_of([window]) or mean) / mean if mean else 1.0 for window in windows]
    return Swing(edges, np.array(speeds))


def fluctuated(swing: Swing, fluctuation: Fluctuation, seed: int) -> Swing:
    """The same mean speed in each span, and within it changes of this variance: autoregressive, log-normal."""
    if not fluctuation.lasting or not fluctuation.variance:
        return swing
    kept = np.exp(-FINE * fluctuation.variance / fluctuation.lasting)
    edges = np.arange(swing.edges[0], swing.edges[-1] - FINE / 2, FINE)
    chance = np.random.default_rng(seed).normal(size=edges.size)
    chance[1:] *= np.sqrt(1 - kept**2)
    speeds = np.exp(np.sqrt(np.log1p(fluctuation.variance)) * lfilter([1.0], [1.0, -kept], chance))
    span = np.searchsorted(swing.edges, edges + FINE / 2) - 1
    means = np.bincount(span, speeds) / np.bincount(span)
    return Swing(np.append(edges, swing.edges[-1]), speeds / means[span] * swing.speeds[span])


def cpu_of(topology: Topology, seen: Observation) -> float:
    """The CPU use of the stack's hosts together, as a share of their cores."""
    spent = sum(sum(window.cpu.values()) + window.other for window in seen.windows)
    return spent / max(1.0, seen.seconds) / _cores(topology)


def _cores(topology: Topology) -> float:
    return sum(host.cores for host in topology.stack_hosts)


def _cpu(solved: Predicted) -> float:
    """The CPU use that is predicted of hosts which are all alike."""
    return fmean(each.mid for each in solved.cpu().values())
