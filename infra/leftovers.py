"""What a killed run left behind: its child processes, Pulumi's lock, and operations that never ended.

Every child of a run carries the deployment's mark in its environment, so that nothing else is ever touched. The
caller holds the deployment's lock: whatever still carries the mark has lost its owner.
"""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.automation import Deployment, Stack

from infra.lab.processes import alive, all_processes, arguments, send, wait_gone

#: The environment variable that marks the processes of our runs; its value is the deployment's folder.
MARK = "TAPHUAN_RUN_OF"


def end_orphans(root: Path) -> int:
    """End the processes that an earlier, killed run of this deployment left; gives back how many there were."""
    mine = {os.getpid(), os.getppid()}
    orphans = [pid for pid in all_processes() if pid not in mine and _is_marked(pid, root)]
    for pid in orphans:
        send(pid, signal.SIGTERM)
    for pid in orphans:
        if not wait_gone(pid, 5):
            send(pid, signal.SIGKILL)
            wait_gone(pid, 5)
    return len(orphans)


def _is_marked(pid: int, root: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"{MARK}={root}".encode() in words


def release_stale_locks(backend: Path) -> None:
    """Remove Pulumi's lock files whose owners have died."""
    for file in (backend / ".pulumi" / "locks").rglob("*.json"):
        try:
            owner = int(json.loads(file.read_text())["pid"])
        except (ValueError, KeyError):
            owner = 0  # half written: its owner was killed while writing it
        if not _is_pulumi(owner):
            file.unlink(missing_ok=True)


def _is_pulumi(pid: int) -> bool:
    """Whether a living process is Pulumi; after a reboot the owner's number may be another program's."""
    words = arguments(pid) if pid and alive(pid) else []
    return bool(words) and Path(words[0]).name == "pulumi"


def forget_pending_operations(stack: Stack) -> None:
    """Take unfinished operations out of the state: creating means making sure, so they are simply done again."""
    exported = stack.export_stack()
    state: Mapping[str, Any] = exported.deployment or {}
    if state.get("pending_operations"):
        cleared = {**state, "pending_operations": []}
        stack.import_stack(Deployment(version=exported.version, deployment=cleared))
