"""Host packages through apt-get, quietly, with patience for another apt that holds the lock."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cli.setup.programs import Program, Progress, run_logged, with_retries
from lms_stack.errors import StepFailed

OPTIONS = ("-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")
PAUSES = (10.0, 20.0)  # seconds: what a mirror's hiccup, or another apt's `update`, usually takes


def install(packages: Sequence[str], log: Path, progress: Progress) -> None:
    """Install `packages`; with package lists from before first, and fresh ones only when those don't do.

    Raises StepFailed when this isn't root, or when apt-get fails.
    """
    typed = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0:
        raise StepFailed(f"this machine lacks {', '.join(packages)}", hint=f"As root, type: {typed}")
    progress(f"host packages: installing {', '.join(packages)}")
    _finish_interrupted(log)
    _with_fresh_lists_if_needed(lambda: _install(packages, log), log, progress)


def download(package: str, into: Path, log: Path, progress: Progress) -> None:
    """Put the archive of `package` into a folder without installing it. Raises StepFailed."""
    progress(f"host packages: downloading {package}")
    command = Program(["apt-get", "-q", "download", package], cwd=into)
    fetch = partial(run_logged, command, log, what=f"apt-get download {package}")
    _with_fresh_lists_if_needed(fetch, log, progress)


def _with_fresh_lists_if_needed(action: Callable[[], None], log: Path, progress: Progress) -> None:
    try:
        action()
    except StepFailed:
        with_retries(lambda: _update_then(action, log), pauses=PAUSES, progress=progress)


def _finish_interrupted(log: Path) -> None:
    # A dpkg that was killed half-way refuses every later install until this was done; otherwise it does nothing.
    run_logged(_apt("dpkg", "--configure", "-a"), log, what="finishing an interrupted installation of Debian packages")


def _update_then(action: Callable[[], None], log: Path) -> None:
    run_logged(
        _apt("apt-get", *OPTIONS, "update"), log, what="apt-get update", hint="Check the machine's network and mirror."
    )
    action()


def _install(packages: Sequence[str], log: Path) -> None:
    command = _apt("apt-get", *OPTIONS, "install", "--no-install-recommends", *packages)
    run_logged(command, log, what=f"apt-get install {' '.join(packages)}")


def _apt(*command: str) -> Program:
    # LC_ALL: the log is read by people who search for its words.
    return Program(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
