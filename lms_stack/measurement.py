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
    """Signs that the generator, not the stack, was the limit (thresholds in facts/thresholds.yaml)."""

    loop_lag_p99: float
    run_queue_share: float
    cpu_share: float
    intended_arrivals: int
    started_arrivals: int
    cpu_warning: bool

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


class LoadResult(Frozen):
    """What the generator hosts give back after a run."""

    started: datetime
    hold_started: datetime
    hold_ended: datetime
    classes: tuple[ClassResult, ...]
    generator: GeneratorHealth
    samples: tuple[Sample, ...] = ()


class Measurement(Frozen):
    """A run and what the stack's own metrics said of it."""

    load: LoadResult
    resources: tuple[ResourceUse, ...]
    units: tuple[UnitUse, ...] = ()
    what_if: WhatIf = WhatIf()
    missing_metrics: tuple[str, ...] = ()
