"""CPU, memory and core limits of a guest, in cgroups of this deployment's own.

On a host with cgroup v1 controllers the nspawn process is put into groups before it starts. On cgroup v2 the groups
are made below the root of the unified tree, where systemd, if it is process 1, neither ends nor changes them: no unit
and no session has them. The controllers are switched on there first.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.lab.processes import send, wait_gone

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "memory")
#: The scheduler's accounting period for CPU quotas, in microseconds: the kernel's default.
PERIOD = 100_000
#: Seconds that processes, and then their group, may take to go by themselves.
LINGER = 5
#: Seconds that a killed process may take to be gone: it first gives back its deleted files, and a disk that discards
#: blocks at once took 60 s for those of a load generator.
GOING = 180.0
PAGE = os.sysconf("SC_PAGE_SIZE")
#: Weight of a deployment against the host's own processes, in cgroup v1 shares (a process alone has 1024): what else
#: runs on the box should not show in a measurement. The v2 scale is 100 to v1's 1024.
SHARES = 20_480
WEIGHT = 2_000


@dataclass(frozen=True)
class Limits:
    """What a guest may use: cores (a quota), the cores it runs on ("0-1"), and bytes of memory."""

    cores: float
    cpuset: str
    memory: int


def unified() -> bool:
    """Whether this host has cgroup v2 only."""
    return (ROOT / "cgroup.controllers").exists()


def missing_controllers() -> list[str]:
    """The controllers that limits need and that this host doesn't have."""
    if unified():
        present = (ROOT / "cgroup.controllers").read_text().split()
        return [name for name in CONTROLLERS if name not in present]
    return [name for name in CONTROLLERS if not (ROOT / name / "cgroup.procs").exists()]


def cores_of(role_is_loadgen: bool, usable: set[int] | None = None) -> str:
    """The cores a guest runs on: the load generator has the last one for itself, else it measures its own share.

    :param usable: the cores to share out; those that this process may use where it is None.
    """
    *others, last = sorted(usable or os.sched_getaffinity(0))
    return ",".join(map(str, [last] if role_is_loadgen or not others else others))


def core_count(cpuset: str) -> int:
    """How many cores a list as `cores_of` makes it names."""
    return len(cpuset.split(","))


def stack_cores() -> int:
    """How many cores of this machine the guests that carry the learners run on."""
    return core_count(cores_of(role_is_loadgen=False))


class Group:
    """The cgroup (v2) or cgroups (v1) of one guest."""

    def __init__(self, mark: str, host: str) -> None:
        self.name = f"taphuan-{mark}/{host}"

    def folders(self) -> tuple[Path, ...]:
        """Where the group is, in each hierarchy that has it."""
        if unified():
            return (ROOT / self.name,)
        # Beside v1 controllers systemd keeps its processes in a unified tree: without a group of its own there, each
        # guest would share `payload` with all the others, and count their CPU time as its own.
        # nspawn mirrors that group in systemd's own v1 tree, so it is ours to remove there too.
        beside = (tree for tree in ("unified", "systemd") if (ROOT / tree / "cgroup.procs").exists())
        return tuple(ROOT / tree / self.name for tree in (*CONTROLLERS, *beside))

    def fresh(self, limits: Limits) -> None:
        """The group made anew: below a cgroup v2 group that was used before, no new guest could be put."""
        self.remove()
        self.apply(limits)

    def apply(self, limits: Limits) -> None:
        """Make the group and set its limits, also while the guest runs."""
        for folder in self.folders():
            folder.mkdir(parents=True, exist_ok=True)
        if unified():
            self._switch_on()
        for path, value in self._settings(limits):
            path.write_text(value)

    def _switch_on(self) -> None:
        """Switch the controllers on, level by level down to the group (cgroup v2).

        systemd switches off at the root whatever no unit of its own needs, cores above all, each time that it starts
        one. The kernel forbids that once our parent group hands the controller on; until then we try again.
        """
        deadline = time.monotonic() + LINGER
        wanted = " ".join(f"+{name}" for name in CONTROLLERS)
        while True:
            try:
                for level in (ROOT, (ROOT / self.name).parent):
                    (level / "cgroup.subtree_control").write_text(wanted)
            except FileNotFoundError:  # what the kernel says of a controller that the level above doesn't hand on
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def _settings(self, limits: Limits) -> Iterator[tuple[Path, str]]:
        quota = int(limits.cores * PERIOD)
        if unified():
            yield (ROOT / self.name).parent / "cpu.weight", str(WEIGHT)
            folder = ROOT / self.name
            yield folder / "cpu.max", f"{quota} {PERIOD}"
            yield folder / "cpuset.cpus", limits.cpuset
            yield folder / "memory.max", str(limits.memory)
            return
        yield (ROOT / "cpu" / self.name).parent / "cpu.shares", str(SHARES)
        parent = (ROOT / "cpuset" / self.name).parent
        yield parent / "cpuset.cpus", (ROOT / "cpuset" / "cpuset.cpus").read_text()
        for folder in (parent, ROOT / "cpuset" / self.name):
            yield folder / "cpuset.mems", (ROOT / "cpuset" / "cpuset.mems").read_text()
        yield ROOT / "cpuset" / self.name / "cpuset.cpus", limits.cpuset
        yield ROOT / "cpu" / self.name / "cpu.cfs_period_us", str(PERIOD)
        yield ROOT / "cpu" / self.name / "cpu.cfs_quota_us", str(quota)
        yield ROOT / "memory" / self.name / "memory.limit_in_bytes", str(limits.memory)

    def is_applied(self, limits: Limits) -> bool:
        """Whether the group is there with these limits."""
        try:
            return all(_same(path.read_text().strip(), value.strip()) for path, value in self._settings(limits))
        except OSError:
            return False

    def join_script(self) -> str:
        """Shell lines that put the shell itself, and so what it becomes, into the group."""
        return "\n".join(f"echo $$ > {folder}/cgroup.procs" for folder in self.folders())

    def members(self) -> set[int]:
        """The processes in the group and below it."""
        found: set[int] = set()
        for folder in self.folders():
            with suppress(OSError):  # a group may go while we look
                for file in folder.rglob("cgroup.procs"):
                    found.update(int(word) for word in file.read_text().split())
        return found

    def end_members(self) -> None:
        """Wait a little until the group's processes have gone; those that stay are killed."""
        deadline = time.monotonic() + LINGER
        for pid in self.members():
            wait_gone(pid, deadline - time.monotonic())
        for pid in self.members():
            send(pid, signal.SIGKILL)
        deadline = time.monotonic() + GOING
        for pid in self.members():
            wait_gone(pid, deadline - time.monotonic())

    def remove(self) -> None:
        """End what is in the group and remove it, deepest first."""
        self.end_members()
        for folder in self.folders():
            inner = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
            for path in (*inner, folder):
                _remove_folder(path)


def remove_parent(mark: str) -> None:
    """Remove the deployment's own group, once its guests' groups have gone."""
    for folder in Group(mark, "").folders():
        _remove_folder(folder)


def _remove_folder(path: Path) -> None:
    """The kernel lets a group go a little after its last process."""
    deadline = time.monotonic() + GOING
    while path.exists():
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _same(held: str, wanted: str) -> bool:
    """Whether two settings mean the same: the kernel rounds bytes down to pages and joins neighbouring cores."""
    if wanted.isdigit() and held.isdigit() and int(wanted) >= PAGE:
        return int(held) // PAGE == int(wanted) // PAGE
    return _cores(held) == _cores(wanted)


def _cores(text: str) -> list[str]:
    """A list such as 0-2,4 with each core by itself; any other text as it is."""
    cores: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        spread = last.isdigit() and first.isdigit()
        cores += [str(core) for core in range(int(first), int(last) + 1)] if spread else [part]
    return cores
