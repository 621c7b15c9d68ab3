"""What this machine must have before the first change; everything that is missing is told at once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.lab.commands import succeeds
from infra.lab.limits import missing_controllers
from infra.lab.processes import nspawn_of
from lms_stack.errors import PreflightFailed
from lms_stack.plan import Plan
from lms_stack.units import show

GIB = 2**30
#: Left for the machine itself and for Ansible, in bytes.
MEMORY_RESERVE = 768 * 2**20
#: What a deployment's overlays need at first, beside the plan's content, in bytes.
DISK_RESERVE = 3 * GIB
PROGRAMS = ("systemd-nspawn", "mmdebstrap", "nft", "ip", "tc", "ssh", "ssh-keygen", "nsenter")


def check_lab(plan: Plan, root: Path, guests_up: int) -> None:
    """Check this machine for a lab plan; nothing is changed.

    :param guests_up: how many of the plan's guests run already and so need no more memory.
    :raises PreflightFailed: with everything that is missing, and what to do.
    """
    missing = [*_rights(), *_programs(), *_kernel(), *_memory(plan, guests_up), *_disk(plan, root)]
    if missing:
        raise PreflightFailed(
            "this machine can't carry the plan; nothing was changed:\n" + "\n".join(f"  - {each}" for each in missing),
            hint="put these right and run the same command again",
        )


def _rights() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "not root: run it as root (guests, bridges and limits need it)"


def _programs() -> Iterator[str]:
    for program in PROGRAMS:
        if not shutil.which(program):
            yield f"{program} is not installed: start with ./taphuan, which installs it"


def _kernel() -> Iterator[str]:
    if "overlay" not in Path("/proc/filesystems").read_text() and not succeeds("modprobe", "overlay"):
        yield "the kernel has no overlayfs: load the module `overlay`"
    if os.geteuid() == 0 and not succeeds("nft", "list", "tables"):
        yield "nftables doesn't work: load the module `nf_tables`"
    for controller in missing_controllers():
        yield f"the cgroup controller `{controller}` is missing: mount it, or switch it on in the kernel's command line"


def _memory(plan: Plan, guests_up: int) -> Iterator[str]:
    if guests_up:
        return
    wanted = sum(host.memory.value for host in plan.hosts) + MEMORY_RESERVE
    free = available_memory()
    if free < wanted:
        yield f"memory: {show(free, 'B')} available, {show(wanted, 'B')} needed for {len(plan.hosts)} guests"


def available_memory() -> int:
    """Bytes of memory that can be had without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _disk(plan: Plan, root: Path) -> Iterator[str]:
    wanted = DISK_RESERVE + plan.demand.storage.value
    place = next(each for each in (root, *root.parents) if each.exists())
    free = shutil.disk_usage(place).free
    if free < wanted:
        yield f"disk at {place}: {show(free, 'B')} free, {show(wanted, 'B')} needed; set TAPHUAN_STATE to another disk"


def guests_running(machines: dict[str, Path]) -> int:
    """How many of these machines (name to root) run."""
    return sum(nspawn_of(machine, root) is not None for machine, root in machines.items())
