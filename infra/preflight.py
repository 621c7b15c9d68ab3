"""What this machine must have before the first change; everything that is missing is told at once."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network
from pathlib import Path

from infra.lab.commands import succeeds
from infra.lab.guest import GuestArgs
from infra.lab.limits import missing_controllers
from infra.lab.network import networks_but
from infra.lab.processes import nspawn_of
from lms_stack.errors import PreflightFailed
from lms_stack.plan import Plan
from lms_stack.units import show

GIB = 2**30
#: Left for the machine itself and for Ansible, in bytes.
MEMORY_RESERVE = 768 * 2**20
#: What a deployment's overlays need at first, beside the plan's content, in bytes.
DISK_RESERVE = 3 * GIB
#: What a deployment that stands needs to be brought up again: logs and state, in bytes.
DISK_AGAIN = GIB // 2
PROGRAMS = (
    *("systemd-nspawn", "mmdebstrap", "nft", "ip", "tc", "ssh", "ssh-keygen"),
    *("nsenter", "unshare", "setpriv", "mount"),
)
#: What the kernel must be able to do, each tried in a network namespace that goes away with the attempt.
FEATURES = {
    "a network bridge (module `bridge`)": "ip link add name th0 type bridge",
    "a pair of interfaces (module `veth`)": "ip link add name th0 type veth peer name th1",
    "a token-bucket filter (module `sch_tbf`)": (
        "ip link add name th0 type veth peer name th1 && "
        "tc qdisc add dev th0 root tbf rate 1mbit burst 32kb latency 50ms"
    ),
    "address translation (modules `nf_tables`, `nft_masq`)": (
        "nft 'add table ip taphuan; add chain ip taphuan out { type nat hook postrouting priority srcnat; }; "
        "add rule ip taphuan out masquerade'"
    ),
}


def check_lab(plan: Plan, root: Path, guests: Sequence[GuestArgs], cidr: IPv4Network) -> None:
    """Check this machine for a lab plan; nothing is changed.

    :param root: the deployment's folder.
    :param guests: the guests to be; those that run already need no more memory.
    :raises PreflightFailed: with everything that is missing, and what to do.
    """
    able = [*_rights(), *_programs()]
    kernel = [] if able else _kernel()
    missing = [*able, *kernel, *_network(guests, cidr), *_memory(guests), *_disk(plan, root)]
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
    for feature, attempt in FEATURES.items():
        if not succeeds("unshare", "--net", "/bin/sh", "-c", attempt):
            yield f"the kernel doesn't let us make {feature}: load it, or run on a machine whose kernel has it"
    for controller in missing_controllers():
        yield f"the cgroup controller `{controller}` is missing: mount it, or switch it on in the kernel's command line"


def _network(guests: Sequence[GuestArgs], cidr: IPv4Network) -> Iterator[str]:
    for other in networks_but(guests[0].bridge) if guests and shutil.which("ip") else ():
        if cidr.overlaps(other):
            yield (
                f"addresses: {cidr} was chosen for this deployment and {other} is now in use on this host: "
                "`down` it and bring it up again, which chooses another, or take the other network away"
            )


def _memory(guests: Iterable[GuestArgs]) -> Iterator[str]:
    to_start = [guest for guest in guests if nspawn_of(guest.machine, guest.root) is None]
    wanted = sum(guest.memory for guest in to_start) + MEMORY_RESERVE
    free = available_memory()
    if to_start and free < wanted:
        yield f"memory: {show(free, 'B')} available, {show(wanted, 'B')} needed for {len(to_start)} guests"


def available_memory() -> int:
    """Bytes of memory that can be had without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _disk(plan: Plan, root: Path) -> Iterator[str]:
    """A deployment that stands holds its data already and needs little more."""
    stands = (root / "guests").exists()
    wanted = DISK_AGAIN if stands else DISK_RESERVE + plan.demand.storage.value
    place = next(each for each in (root, *root.parents) if each.exists())
    free = shutil.disk_usage(place).free
    if free < wanted:
        yield f"disk at {place}: {show(free, 'B')} free, {show(wanted, 'B')} needed; set TAPHUAN_STATE to another disk"
    if any(sign in str(root) for sign in ",:\\"):
        yield f"{root}: overlayfs takes no comma, colon or backslash in a path; set TAPHUAN_STATE to another folder"
