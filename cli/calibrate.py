"""calibrate: short loads on the stack that stands, and from them what one request of each class costs there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import geometric_mean
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from cli.bench import bench, observe_all
from cli.cores import for_its_speed, now, timed, versions
from cli.deployments import Standing, standing, write_private
from cli.settings import Settings
from lms_stack.calibration import Calibration, Machine, calibrated, to_yaml
from lms_stack.drift import at_one_speed, spread_by
from lms_stack.errors import StepFailed
from lms_stack.estimation import bytes_of, estimated, spread_of
from lms_stack.facts import facts
from lms_stack.forecast import beyond_cpu
from lms_stack.observation import Observation, Window, fluctuation_of
from lms_stack.plan import STACK_ROLES, Role
from lms_stack.remote import Remote
from lms_stack.request_classes import RequestClass
from lms_stack.units import Interval

#: A load of which more than this share failed says nothing of what its requests cost.
MOST_FAILED = 0.05


@dataclass(frozen=True)
class Calibrated:
    """A calibration with what a person reads of it."""

    calibration: Calibration
    document: dict[str, Any]
    text: RenderableType


def calibrate(settings: Settings, *, speed_only: bool = False) -> Calibrated:
    """Calibrate the deployment that stands, and keep the result in its folder.

    :param speed_only: time the hosts' cores and scale the shipped table; no load is played.
    :raises StepFailed: nothing stands, a step could not be done, or the loads went wrong.
    """
    made = _by_speed(settings) if speed_only else _by_loads(settings)
    write_private(settings.paths.calibration, to_yaml(made))
    return Calibrated(made, _document(settings, made), _text(settings, made))


def _by_speed(settings: Settings) -> Calibration:
    from runbooks.ssh import SshRemote  # noqa: PLC0415

    stack = standing(settings.paths)
    with SshRemote(stack.topology) as remote:
        machine = _timed(settings, stack, remote)
    return for_its_speed(machine, stack.plan.engine)


def _by_loads(settings: Settings) -> Calibration:
    with bench(settings) as ready:
        machine = _timed(settings, ready.stack, ready.remote)
        return estimate(ready.stack, observe_all(ready, machine.speed), machine)


def _timed(settings: Settings, stack: Standing, remote: Remote) -> Machine:
    with settings.progress.step("speed", "Time the hosts' cores"):
        return timed(stack.topology.stack_hosts, remote)


def estimate(stack: Standing, observations: Sequence[Observation], machine: Machine) -> Calibration:
    """The calibration that these loads give.

    :raises StepFailed: so much of a load failed that its cost says nothing.
    """
    _refuse_failed(observations)
    observations, drifted = at_one_speed(observations)
    tiers, demands = estimated(observations)
    requests = {name: figure.value for name, figure in stack.plan.demand.requests.items()}
    made = Calibration(
        **versions(stack.plan.engine),
        measured=now(),
        machine=machine.model_copy(update={"under_load": under_load(observations)}),
        loads=tuple(each.load for each in observations),
        demands=demands,
        bytes=bytes_of(observations),
        at_rest={role: round(found.at_rest, 5) for role, found in tiers.items()},
        beside=beside(observations, len(stack.topology.stack_hosts)),
        lost=lost(observations, len(stack.topology.stack_hosts)),
        fluctuation=fluctuation_of([window for each in observations for window in each.windows if each.p50]),
        from_the_table={
            role: tuple(name for name in found.classes if name not in found.told_apart())
            for role, found in tiers.items()
        },
        spread=round(max(spread_of(tiers, requests), spread_by(drifted)), 3),
    )
    beyond = beyond_cpu(observations, stack.topology, calibrated(facts(), made), made, stack.plan.pools)
    return made.model_copy(update={"beyond": beyond})


def under_load(observations: Sequence[Observation]) -> float | None:
    """How fast the cores were in the loads on average, as `at_one_speed` takes it; None where they weren't timed."""
    speeds = [each.speed for each in observations if each.speed and each.p50]
    return round(geometric_mean(speeds), 2) if speeds else None


def beside(observations: Sequence[Observation], hosts: int) -> float:
    """Cores that everything but the stack's services kept busy on one of its hosts, on average."""
    return _of_a_host(observations, hosts, lambda window: window.other)


def lost(observations: Sequence[Observation], hosts: int) -> float:
    """Cores that one of the stack's hosts didn't get of its own, on average."""
    return _of_a_host(observations, hosts, lambda window: window.lost)


def _of_a_host(observations: Sequence[Observation], hosts: int, seconds: Callable[[Window], float]) -> float:
    spent = sum(seconds(window) for each in observations for window in each.windows)
    return round(spent / max(1.0, sum(each.seconds for each in observations)) / hosts, 5)


def _refuse_failed(observations: Sequence[Observation]) -> None:
    for each in observations:
        if each.failed_share > MOST_FAILED:
            raise StepFailed(
                f"{each.failed_share:.0%} of the requests of the load `{each.load}` failed: its cost says nothing",
                hint="is the site well? `taphuan status` tells; then calibrate again",
            )


def _document(settings: Settings, made: Calibration) -> dict[str, Any]:
    return {
        "calibration": made.model_dump(mode="json"),
        "origin": made.origin,
        "file": str(settings.paths.calibration),
        "steps": [step.model_dump() for step in settings.progress.steps],
    }


def _text(settings: Settings, made: Calibration) -> RenderableType:
    table = Table("request", *(f"{role} ms" for role in STACK_ROLES), title=f"Service demands, {made.origin}")
    for name, row in sorted(made.demands.items()):
        table.add_row(name, *(_cell(made, role, name, row.get(role)) for role in STACK_ROLES))
    notes = [
        "Intervals hold the truth four times in five.",
        "Marked ~: the loads can't tell these classes apart, the shipped table decides between them.",
        f"One core is {made.machine.speed:.2f} times as fast as the one the shipped table was measured on.",
        f"The next plan of {settings.paths.name} uses it: {settings.paths.calibration}",
    ]
    return Group(table, *(escape(note) for note in notes))


def _cell(made: Calibration, role: Role, name: RequestClass, demand: Interval | None) -> str:
    if demand is None:
        return ""
    mark = "~" if name in made.from_the_table.get(role, ()) else ""
    return f"{mark}{demand.mid:.3g} ({demand.low:.3g}–{demand.high:.3g})"
