"""What a killed run left behind: Ansible's own processes, found by the folder that they were given."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

#: A killed process is gone within milliseconds, one in the middle of a disk write a little later.
SECONDS = 10.0


def end(folder: Path) -> None:
    """End every process whose arguments name `folder`, and wait until none is left."""
    deadline = time.monotonic() + SECONDS
    while found := list(_processes(folder)):
        for pid in found:
            _kill(pid)
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {found} of an earlier run don't end")
        time.sleep(0.02)


def _processes(folder: Path) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it ended while we looked
            continue
        if os.fsencode(folder) + b"/" in words and int(path.parent.name) != os.getpid():
            yield int(path.parent.name)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
