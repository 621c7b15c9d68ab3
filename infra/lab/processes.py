"""Finding and ending the processes of a guest, by what they are and never by a bare number."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def arguments(pid: int) -> list[str]:
    """A process's command line; empty where it has gone."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def all_processes() -> Iterator[int]:
    """The ids of all processes."""
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def nspawn_of(machine: str, root: Path) -> int | None:
    """The systemd-nspawn process of a machine on that very root; None where there is none."""
    for pid in all_processes():
        words = arguments(pid)
        if _is_nspawn(words) and {f"--machine={machine}", f"--directory={root}"} <= set(words):
            return pid
    return None


def machines(prefix: str, below: Path) -> list[str]:
    """The machines whose names begin so and whose trees are below a folder: guests that run."""
    found = []
    for pid in all_processes():
        words = arguments(pid)
        options = dict(word[2:].split("=", 1) for word in words[1:] if word.startswith("--") and "=" in word)
        machine, tree = options.get("machine", ""), Path(options.get("directory", "/"))
        if _is_nspawn(words) and machine.startswith(prefix) and tree.is_relative_to(below):
            found.append(machine)
    return found


def _is_nspawn(words: list[str]) -> bool:
    return bool(words) and Path(words[0]).name == "systemd-nspawn"


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    try:
        tasks = list((_PROC / str(pid) / "task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:
        return []


def leader_of(nspawn: int) -> int | None:
    """The guest's own process 1, as the host numbers it; None while it has not started."""
    return first_process(children(nspawn))


def first_process(pids: Iterable[int]) -> int | None:
    """Which of these is process 1 of a namespace right below ours: a guest's leader, even without its nspawn."""
    depth = len(_status(os.getpid()).get("NSpid", "").split())
    for pid in pids:
        words = _status(pid).get("NSpid", "").split()
        if len(words) == depth + 1 and words[-1] == "1":
            return pid
    return None


def _status(pid: int) -> dict[str, str]:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    state = _status(pid).get("State", "Z")
    return not state.startswith(("Z", "X"))


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until a process has gone; False where it has not by then."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        deadline = time.monotonic() + seconds
        while alive(pid):
            if time.monotonic() > deadline:
                return False
            _reap(pid)
            time.sleep(0.05)
        return True
    finally:
        os.close(handle)


def _reap(pid: int) -> None:
    """A guest started by this very process is its child and must be waited for."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


#: systemd's own signal for a clean power-off (systemd(1), SIGRTMIN+4).
POWER_OFF = signal.SIGRTMIN + 4
