"""The data that was looked up or measured, each fact with its source. Read once, typed."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import Field

from lms_stack.request_classes import RequestClass
from lms_stack.units import Frozen, Interval


class Fact(Frozen):
    """One looked-up figure, interval, or list of figures, with where it comes from."""

    what: str
    unit: str
    source: str
    value: float | None = None
    low: float | None = None
    mid: float | None = None
    high: float | None = None
    values: dict[str, float] | list[float] | None = None

    @property
    def number(self) -> float:
        """The single value; ValueError where the fact is not a single value."""
        if self.value is None:
            raise ValueError(f"not a single value: {self.what}")
        return self.value

    @property
    def interval(self) -> Interval:
        """The fact as an interval; ValueError where it has none."""
        if self.low is None or self.mid is None or self.high is None:
            raise ValueError(f"not an interval: {self.what}")
        return Interval(low=self.low, mid=self.mid, high=self.high, unit=self.unit)

    @property
    def sizes(self) -> list[float]:
        """The list of sizes, ascending; ValueError where the fact is not a list."""
        if not isinstance(self.values, list):
            raise ValueError(f"not a list: {self.what}")
        return sorted(self.values)

    @property
    def series(self) -> list[float]:
        """The list of figures in its own order; ValueError where the fact is not a list."""
        if not isinstance(self.values, list):
            raise ValueError(f"not a series: {self.what}")
        return self.values

    @property
    def mix(self) -> dict[str, float]:
        """The named values; ValueError where the fact has none."""
        if not isinstance(self.values, dict):
            raise ValueError(f"not a mix: {self.what}")
        return self.values


class Journey(Frozen):
    """What one person does in one slice of a visit, and the requests that this makes."""

    what: str
    role: str
    requests: dict[RequestClass, float]


class ServiceDemand(Frozen):
    """What one request of a class costs: milliseconds of one core on each role, and bytes sent to the learner."""

    app: float
    database: float
    cache: float
    edge: float
    bytes: float

    def of(self, role: str) -> float:
        """CPU-seconds on a role; 0 for roles that this request never reaches."""
        return {"app": self.app, "database": self.database, "cache": self.cache, "edge": self.edge}.get(role, 0) / 1000


class ServiceDemands(Frozen):
    """The service-demand table, how far the truth may be from it, and where it was measured.

    `pieces` of lms_stack/cpu_speed.py in a second of CPU time is the speed of the cores it holds for; that of the
    reference core where None.
    """

    source: str
    spread: float
    demands: dict[RequestClass, ServiceDemand]
    origin: str = "as measured"
    pieces: float | None = None


class Facts(Frozen):
    """All facts that demand, sizing, load tests and verdict need."""

    activity: dict[str, Fact]
    sizing: dict[str, Fact]
    prices: dict[str, Fact]
    thresholds: dict[str, Fact]
    journeys: dict[str, Journey]
    service_demands: ServiceDemands
    load_test: dict[str, Fact] = Field(default_factory=dict)


def _read(name: str) -> Any:
    return yaml.safe_load(files(__name__).joinpath(f"{name}.yaml").read_text("utf-8"))


@cache
def facts() -> Facts:
    """The facts that are shipped with this version."""
    return Facts(
        activity=_read("activity"),
        sizing=_read("sizing"),
        prices=_read("prices"),
        thresholds=_read("thresholds"),
        journeys=_read("journeys"),
        service_demands=_read("service_demands"),
        load_test=_read("load_test"),
    )


@cache
def packages() -> tuple[str, ...]:
    """The Debian packages of all roles, sorted: what the lab's image holds."""
    return tuple(sorted({name for names in role_packages().values() for name in names}))


@cache
def role_packages() -> dict[str, list[str]]:
    """The Debian packages of each role; `base` is on every host."""
    return dict(_read("packages"))
