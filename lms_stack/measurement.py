"""What a load test saw: per request class, per resource, and how healthy the generator itself was."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from lms_stack.request_classes import RequestClass
from lms_stack.units import Frozen


class WhatIf(Frozen):
    """How this measurement departed from the plan; empty for a plain verify."""

    learners: int | None = None
    edge_link: float | None = None
    generator_cpu: float | None = None
    drill: str | None = None


class ClassResult(Frozen):
    """One request class during the hold. Times in seconds from the scheduled start to the last byte.

    `intended` is what the planned arrivals should have made, `completed` what came back right, `failed` what came
    back wrong, late beyond the time-out, or not at all. Percentiles come from an HDR histogram, None if empty.
    """

    request_class: RequestClass
    intended: float
    completed: int
    failed: int
    failures: dict[str, int] = Field(default_factory=dict)
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    longest: float | None = None
    bytes_received: int = 0


class GeneratorHealth(Frozen):
    """Signs that the generator, not the stack, was the limit (thresholds in facts/thresholds.yaml).

    Of one host, or of all together: then arrivals are added up, and of every sign the worst host's counts.
    `link_bits` is the busier direction of its line during the hold in bit/s, `link_speed` what the line says that it
    carries (None: a virtual line, which says nothing).
    """

    host: str = ""
    loop_lag_p99: float
    run_queue_share: float
    cpu_share: float
    intended_arrivals: int
    started_arrivals: int
    cpu_warning: bool
    link_bits: float | None = None
    link_speed: float | None = None

    @property
    def achieved_share(self) -> float:
        """Arrivals that were started, as a share of those intended; 0 when none were intended."""
        return self.started_arrivals / self.intended_arrivals if self.intended_arrivals else 0.0


class ResourceUse(Frozen):
    """How busy one resource was during the hold, as a share of its capacity.

    `size` is that capacity as a number (cores, bit/s, places of a pool; 1 for what is either busy or not), None where
    an older version did not tell it. `query` is the PromQL of the share, so that anyone can ask again.
    """

    resource: Literal["cpu", "link", "pool", "disk", "lock"]
    host: str
    name: str
    share: float
    capacity: str
    size: float | None = None
    query: str = ""


class UnitUse(Frozen):
    """Cores that one service of a host kept busy during the hold, on average."""

    host: str
    unit: str
    cores: float


class Sample(Frozen):
    """One second of the run, for the charts."""

    second: float
    requests: int
    failures: int
    p95: float | None
    in_flight: int
    bits: float


class MobileLearner(Frozen):
    """What learners on a slow line of their own saw of lectures during the hold (loadtests/generator/mobile.py).

    `bit_rate` is what they were held to, in bit/s. A start is the time from asking for the playlist to the last byte of
    the first segment, in seconds (None: no lecture began); a stall is when the picture stood still for want of the next
    segment, `stalled` how long that was in all, `watched` how long it played, both in seconds. `failed`: lectures that
    broke off, or showed nothing for as long as lectures are watched; the starts are those of the others alone.
    """

    bit_rate: float
    starts: int
    start_p50: float | None
    start_p95: float | None
    stalls: int
    stalled: float
    watched: float
    failed: int = 0


class LinkCapacity(Frozen):
    """What the edge's line carried both ways before the load, in bit/s on the wire; None where it wasn't measured.

    `egress` leaves the edge towards learners, `ingress` enters it. `planned` is the plan's line each way. `at_least`:
    the generator had no more to give, so the line may carry more than that.
    """

    planned: float
    egress: float | None = None
    ingress: float | None = None
    at_least: bool = False


PhaseName = Literal["warm-up", "hold", "storm", "ramp", "recovery"]


class PhaseResult(Frozen):
    """One phase of a run, by the arrivals that fell into it.

    `requests_per_second` is what came back, right or wrong. `p95` is of pages alone (what the objective is about: no
    files of the edge, no video), in seconds from when each request was due, None where there were none.
    """

    name: PhaseName
    started: datetime
    ended: datetime
    requests_per_second: float
    p95: float | None
    failed_share: float
    classes: tuple[ClassResult, ...] = ()


class Saturation(Frozen):
    """The knee of the ramp: the highest rate in requests/s at which objectives were kept, and the learners whose
    planned peak that is. Where nothing broke (`reached` false) the truth is at least so high."""

    requests_per_second: float
    learners: float
    evidence: str
    reached: bool = True


class Recovery(Frozen):
    """Whether the site came back by itself when the planned peak followed the ramp, and after how many seconds."""

    seconds: float | None
    evidence: str


class StandStill(Frozen):
    """The longest time of the hold in which no page was answered though some were due, in seconds.

    `began` counts from the run's beginning; `waited` is the longest answer that came when it was over.
    """

    began: float
    seconds: float
    waited: float


class Trend(Frozen):
    """Pages' p95 in the first and the last third of the hold, in seconds, and how sure it is that it grew.

    `growth` is the last by the first; `growth_low` the lower end of its 98 % interval (bootstrap over seconds);
    `chance` how probable so steady a growth is where nothing grows (Kendall's tau over windows of the hold, one-sided).
    """

    first: float
    last: float
    growth: float
    growth_low: float
    chance: float


class Clock(Frozen):
    """How far a host's clock was ahead of this machine's, in seconds, give or take half the round trip."""

    host: str
    ahead: float
    uncertainty: float


class MachineLoad(Frozen):
    """The machine that carries the lab during the hold, in cores: what it has, what was busy, and what of that the
    lab's own guests took. `steal` is the share of the time that a hypervisor kept from it.

    Of servers of one's own only that is known, of the one that lost most."""

    cores: float
    busy: float
    guests: float
    steal: float

    @property
    def others(self) -> float:
        """Cores that were busy with something other than the guests."""
        return max(0.0, self.busy - self.guests)


class CoreSpeed(Frozen):
    """How fast a host's cores were during the hold, in pieces of lms_stack/cpu_speed.py for each second of CPU time.

    `first` and `last` are of its first and last third; None where they weren't timed often enough in one.
    """

    host: str
    pieces: float
    first: float | None = None
    last: float | None = None


class LoadResult(Frozen):
    """What the generator hosts give back after a run.

    `generator` is all of them together, `generators` each by itself. `stopped`: a person ended the load early.
    """

    started: datetime
    hold_started: datetime
    hold_ended: datetime
    classes: tuple[ClassResult, ...]
    generator: GeneratorHealth
    samples: tuple[Sample, ...] = ()
    generators: tuple[GeneratorHealth, ...] = ()
    phases: tuple[PhaseResult, ...] = ()
    saturation: Saturation | None = None
    recovery: Recovery | None = None
    stand_still: StandStill | None = None
    trend: Trend | None = None
    stopped: bool = False
    mobile: MobileLearner | None = None
    link_capacity: LinkCapacity | None = None


class Measurement(Frozen):
    """A run and what the stack's own metrics said of it."""

    load: LoadResult
    resources: tuple[ResourceUse, ...]
    units: tuple[UnitUse, ...] = ()
    what_if: WhatIf = WhatIf()
    missing_metrics: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()
    machine: MachineLoad | None = None
    #: The largest share of the cache's keys that was gone at once during the hold; None where it wasn't read.
    cache_lost: float | None = None
    core_speeds: tuple[CoreSpeed, ...] = ()

    @property
    def mobile(self) -> MobileLearner | None:
        """What learners on a slow line saw, where any were played."""
        return self.load.mobile

    @property
    def link_capacity(self) -> LinkCapacity | None:
        """What the edge's line carried before the load, where that was measured."""
        return self.load.link_capacity
