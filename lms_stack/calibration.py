"""What one stack showed of itself: service demands with intervals, where and when they were measured, and their use."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from lms_stack.errors import UsageError
from lms_stack.facts import Facts, ServiceDemand, ServiceDemands
from lms_stack.ledger import of_the_next
from lms_stack.plan import STACK_ROLES, Role
from lms_stack.queueing.station import Fluctuation
from lms_stack.request_classes import RequestClass
from lms_stack.units import Frozen, Interval, show

#: A measured table is no closer to another hour's truth than this, until a forecast ledger refits it: two calibrations
#: of one lab, half an hour apart on a busy machine, had four loads of five within 20 % (docs/calibration.md).
LEAST_SPREAD = 1.2
#: Service demands are kept in milliseconds of one core.
MS = 1000.0


class Machine(Frozen):
    """Where it was measured: the hosts' CPU and cores, and the speed of one core (pieces of cpu_speed a second).

    `pieces_per_second` was timed before the loads, `under_load` while they were played, None where nobody did.
    """

    cpu: str
    cores: float
    pieces_per_second: float
    speed: float
    under_load: float | None = None

    @property
    def held(self) -> float:
        """Pieces of work a second of the cores for which what was measured holds."""
        return self.under_load or self.pieces_per_second


class Refit(Frozen):
    """What the forecast ledger says of this calibration: CPU came `factor` times as predicted, within `spread`."""

    at: datetime
    entries: int
    factor: float
    spread: float


class Calibration(Frozen):
    """Service demands of one stack: milliseconds of one core on each role, as intervals of 80 %.

    `at_rest` are the cores that each role keeps busy without a request, `beside` those that all else on one host does
    (exporters, logs), `lost` those that one host doesn't get of its own (other guests, the hypervisor), `fluctuation`
    how their speed changes by itself. `beyond` are the seconds that an answer of a class takes beside the services' CPU
    time, `from_the_table` the classes of a role that the loads can't tell apart.
    """

    version: str
    engine: str
    engine_version: str
    measured: datetime
    machine: Machine
    loads: tuple[str, ...]
    demands: dict[RequestClass, dict[Role, Interval]]
    bytes: dict[RequestClass, float] = Field(default_factory=dict)
    at_rest: dict[Role, float] = Field(default_factory=dict)
    beside: float = 0.0
    lost: float = 0.0
    fluctuation: Fluctuation = Fluctuation()
    beyond: dict[RequestClass, float] = Field(default_factory=dict)
    from_the_table: dict[Role, tuple[RequestClass, ...]] = Field(default_factory=dict)
    spread: float = LEAST_SPREAD
    refit: Refit | None = None

    def at_rest_on(self, roles: Sequence[Role], hosts: int) -> float:
        """Cores that are busy without a request on one of so many hosts that share these roles."""
        return sum(self.at_rest.get(role, 0.0) for role in roles) / hosts + self.beside

    @property
    def origin(self) -> str:
        """Where its figures are from, for a reason."""
        day = f"{self.measured:%Y-%m-%d}"
        if not self.loads:
            timed = f"timed on {day}, {self.machine.cpu}"
            return f"as shipped, for a core of {self.machine.speed:.2f} times the speed ({timed})"
        refit = f", refitted by {self.refit.entries} forecasts" if self.refit else ""
        return f"measured here on {day} on {self.machine.cpu}{refit}"


def rounded(value: float) -> float:
    """Four digits, so that low <= mid <= high stays true and the file can be read."""
    return float(f"{value:.4g}")


def calibrated(known: Facts, calibration: Calibration, *, speed: float | None = None) -> Facts:
    """The facts with a calibration's service demands in place of the shipped ones.

    :param speed: of the planned cores, against the reference; demands are scaled to it. As measured where None.
    """
    faster = speed / calibration.machine.speed if speed else 1.0
    scale = (calibration.refit.factor if calibration.refit else 1.0) / faster
    origin = calibration.origin + (f", scaled to a core of speed {speed:.2f}" if speed else "")
    table = ServiceDemands(
        source=f"`taphuan calibrate`: {origin}",
        origin=origin,
        spread=calibration.refit.spread if calibration.refit else calibration.spread,
        pieces=calibration.machine.held * faster,
        demands={
            name: _row(shipped, calibration, name, scale) for name, shipped in known.service_demands.demands.items()
        },
    )
    return known.model_copy(update={"service_demands": table})


def _row(shipped: ServiceDemand, calibration: Calibration, name: RequestClass, scale: float) -> ServiceDemand:
    """A class's row; a class that the calibration doesn't know keeps the shipped one, for the CPU's speed."""
    found = calibration.demands.get(name)
    if found is None:
        return shipped.model_copy(
            update={role.value: shipped.of(role) * MS * scale / calibration.machine.speed for role in STACK_ROLES}
        )
    costs = {role.value: found[role].mid * scale if role in found else 0.0 for role in STACK_ROLES}
    return shipped.model_copy(update={**costs, "bytes": calibration.bytes.get(name, shipped.bytes)})


def by_speed(
    known: Facts, machine: Machine, *, version: str, engine: str, engine_version: str, now: datetime
) -> Calibration:
    """A calibration without a load: the shipped table for the speed of the hosts' cores."""
    table = known.service_demands
    return Calibration(
        version=version,
        engine=engine,
        engine_version=engine_version,
        measured=now,
        machine=machine,
        loads=(),
        demands={name: _scaled_row(row, table.spread, machine.speed) for name, row in table.demands.items()},
        spread=table.spread,
    )


def _scaled_row(row: ServiceDemand, spread: float, speed: float) -> dict[Role, Interval]:
    mids = {role: row.of(role) * MS / speed for role in STACK_ROLES}
    return {
        role: Interval(low=rounded(mid / spread), mid=rounded(mid), high=rounded(mid * spread), unit="ms")
        for role, mid in mids.items()
        if mid > 0
    }


def refitted(ratios: Sequence[float], before: Calibration, now: datetime) -> Refit:
    """What forecasts of CPU use say of a calibration.

    :param ratios: measured / predicted middle of each forecast, of predictions with the factor of `before.refit`.
    :returns: their geometric mean as a factor, and the spread that holds 80 % of them around it.
    :raises UsageError: fewer than five.
    """
    if len(ratios) < FEWEST:
        raise UsageError(f"{len(ratios)} forecasts of CPU use are too few to refit by; at least {FEWEST} are needed")
    centre, spread = of_the_next(ratios)
    factor = centre * (before.refit.factor if before.refit else 1.0)
    return Refit(at=now, entries=len(ratios), factor=factor, spread=max(1.02, spread))


#: Forecasts that a refit needs at least: of fewer the scatter says next to nothing.
FEWEST = 5


def to_yaml(calibration: Calibration) -> str:
    """A calibration as a file that a person can read."""
    head = "# Written by `taphuan calibrate`; `taphuan plan` uses it. Service demands in milliseconds of one core.\n"
    plain = calibration.model_dump(mode="json", exclude_none=True)
    plain["demands"] = {
        name: {role: [each["low"], each["mid"], each["high"]] for role, each in row.items()}
        for name, row in plain["demands"].items()
    }
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)


def read(path: Path) -> Calibration:
    """A calibration from its file.

    :raises UsageError: it isn't there, or is none.
    """
    try:
        plain = yaml.safe_load(path.read_text("utf-8"))
        for row in plain["demands"].values():
            row |= {role: dict(zip(("low", "mid", "high"), each, strict=True), unit="ms") for role, each in row.items()}
        return Calibration.model_validate(plain)
    except FileNotFoundError as error:
        raise UsageError(f"{path} is not there", hint="`taphuan calibrate COURSE.yaml` makes one") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {where}: {first['msg']}", hint=_AGAIN) from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is no calibration: {error}", hint=_AGAIN) from error


_AGAIN = "`taphuan calibrate COURSE.yaml` writes it anew"


def figures(demand: Interval) -> str:
    """One demand for a person: `7.0 ms (6.4 to 7.9)`."""
    return f"{show(demand.mid, 'ms')} ({show(demand.low, 'ms')} to {show(demand.high, 'ms')})"
