"""How fast the cores are on which a deployment stands, or is to stand: a fixed piece of work, timed there."""

import json
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from cli.servers import logged_in
from cli.settings import Settings, version
from lms_stack.calibration import Calibration, Machine, by_speed
from lms_stack.errors import StepFailed
from lms_stack.facts import facts
from lms_stack.plan import Plan
from lms_stack.remote import Remote
from lms_stack.topology import Host

if TYPE_CHECKING:
    from infra.targets import Servers

ROOT = Path(__file__).parent.parent
_WHICH = "grep -m1 '^model name' /proc/cpuinfo || uname -m"


class _Versions(TypedDict):
    version: str
    engine: str
    engine_version: str


def versions(engine: str) -> _Versions:
    """Whose service demands a calibration holds."""
    project = tomllib.loads((ROOT / "lms_stack" / engine / "pyproject.toml").read_text("utf-8"))
    return {"version": version(), "engine": engine, "engine_version": str(project["project"]["version"])}


def timed_in_image(settings: Settings, engine: str, image: Path) -> Calibration:
    """The shipped table for the speed of this machine's cores, timed with the Python of the guests to be.

    :param image: the guests' image; its own Python is asked, for another one does the same work faster or slower.
    :raises StepFailed: it could not be timed.
    """
    from infra.lab.commands import CommandFailed, run  # noqa: PLC0415
    from infra.lab.limits import stack_cores  # noqa: PLC0415

    with settings.progress.step("speed", "Time this machine's cores"):
        try:
            said = run("chroot", str(image), "/usr/bin/python3", "-", stdin=_work())
            cpu = run("/bin/sh", "-c", _WHICH)
        except CommandFailed as error:
            raise StepFailed(f"this machine's cores could not be timed: {error}") from error
    return for_its_speed(machine_of([said], cpu, stack_cores()), engine)


def timed_on_servers(settings: Settings, plan: Plan, target: "Servers") -> Calibration:
    """The shipped table for the speed of the listed servers' cores; nothing on them is changed.

    :raises StepFailed: one of them could not be timed.
    """
    with settings.progress.step("speed", "Time the servers' cores"), logged_in(plan, target) as (concrete, remote):
        return for_its_speed(timed(concrete.stack_hosts, remote), plan.engine)


def timed(hosts: Sequence[Host], remote: Remote) -> Machine:
    """The CPU of hosts that can be reached, and how fast a core of theirs is, all at once; the slowest counts.

    :raises StepFailed: a host's core could not be timed.
    """
    work = _work()
    with ThreadPoolExecutor(len(hosts)) as pool:
        told = pool.map(lambda host: remote.run(host.name, "/usr/bin/python3 -", stdin=work, timeout=60), hosts)
        said = [each.stdout for each in told]
    return machine_of(said, remote.run(hosts[0].name, _WHICH).stdout, sum(host.cores for host in hosts))


def machine_of(said: Sequence[str], cpu: str, cores: float) -> Machine:
    """A machine by what the piece of work said on each host, and what /proc/cpuinfo says there.

    :raises StepFailed: a host said something else.
    """
    try:
        pieces = min(float(json.loads(each)["pieces_per_second"]) for each in said)
    except (ValueError, KeyError, TypeError) as error:
        raise StepFailed(f"a host's core could not be timed: {said!r:.200}") from error
    reference = facts().sizing["reference_core"].number
    name = cpu.partition(":")[2].strip() or cpu.strip()
    return Machine(cpu=name, cores=cores, pieces_per_second=round(pieces, 1), speed=round(pieces / reference, 3))


def _work() -> str:
    return files("lms_stack").joinpath("cpu_speed.py").read_text("utf-8")


def for_its_speed(machine: Machine, engine: str) -> Calibration:
    """The shipped table for the speed of a machine's cores."""
    return by_speed(facts(), machine, **versions(engine), now=now())


def now() -> datetime:
    """When something was measured, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
