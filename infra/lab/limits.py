"""CPU, memory and core limits of a guest, in cgroups of this deployment's own.

On a host with cgroup v1 controllers the nspawn process is put into groups before it starts. On cgroup v2 the groups
are made below the root of the unified tree; the controllers are switched on there first.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.lab.processes import wait_gone

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "memory")
#: The scheduler's accounting period for CPU quotas, in microseconds: the kernel's default.
PERIOD = 100_000
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


def cores_of(role_is_loadgen: bool, count: int | None = None) -> str:
    """The cores a guest runs on: the load generator has the last one for itself, else it measures its own share."""
    count = count or os.cpu_count() or 1
    if count == 1:
        return "0"
    return str(count - 1) if role_is_loadgen else f"0-{count - 2}" if count > 2 else "0"


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

    def apply(self, limits: Limits) -> None:
        """Make the group and set its limits, also while the guest runs."""
        for folder in self.folders():
            folder.mkdir(parents=True, exist_ok=True)
        for path, value in self._settings(limits):
            path.write_text(value)

    def _settings(self, limits: Limits) -> Iterator[tuple[Path, str]]:
        quota = int(limits.cores * PERIOD)
        if unified():
            for level in (ROOT, (ROOT / self.name).parent):
                yield level / "cgroup.subtree_control", " ".join(f"+{name}" for name in CONTROLLERS)
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
            return all(
                path.read_text().strip() == value.strip()
                for path, value in self._settings(limits)
                if path.name != "cgroup.subtree_control"
            )
        except OSError:
            return False

    def join_script(self) -> str:
        """Shell lines that put the shell itself, and so what it becomes, into the group."""
        return "\n".join(f"echo $$ > {folder}/cgroup.procs" for folder in self.folders())

    def members(self) -> set[int]:
        """The processes in the group and below it."""
        found: set[int] = set()
        for folder in self.folders():
            for file in folder.rglob("cgroup.procs"):
                found.update(int(word) for word in file.read_text().split())
        return found

    def remove(self) -> None:
        """Remove the group, deepest first; its processes must have gone."""
        for pid in self.members():
            wait_gone(pid, 5)
        for folder in self.folders():
            inner = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
            for path in (*inner, folder):
                if path.exists():
                    path.rmdir()
            if folder.parent.exists() and not any(path.is_dir() for path in folder.parent.iterdir()):
                folder.parent.rmdir()
