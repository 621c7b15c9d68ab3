"""The slow way of the launcher: host packages and the virtual environment, side by side."""

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.setup import apt, pip
from cli.setup.environment import Environment, base_python
from cli.setup.host_packages import HostPackage
from cli.setup.parallel import side_by_side
from cli.setup.programs import Program, Progress, exclusive, heartbeat, require_space, run_logged, with_retries

ENVIRONMENT_MIB = 900  # measured: an environment and pip's own temporary files while it is made


def make_ready(environment: Environment, missing: Sequence[HostPackage], progress: Progress | None = None) -> None:
    """Install the `missing` host packages and make the `environment`, whichever of them is needed.

    Raises StepFailed; a later call goes on from what was done.
    """
    tell = progress or to_stderr(time.monotonic())
    logs = environment.folder.parent / "logs"
    tasks: dict[str, Callable[[], None]] = {}
    if not environment.is_ready():
        require_venv_module(logs / "apt.log", tell)
        tasks["virtual environment"] = lambda: make_environment(environment, logs / "venv.log", tell)
    if missing and _may_install(missing, tell):
        tasks["host packages"] = lambda: apt.install([package.name for package in missing], logs / "apt.log", tell)
    side_by_side(tasks, tell)


def to_stderr(started: float) -> Progress:
    """Progress lines for a person, each with the minutes and seconds since `started` (time.monotonic)."""

    def tell(line: str) -> None:
        seconds = int(time.monotonic() - started)
        sys.stderr.write(f"{seconds // 60}:{seconds % 60:02d} {line}\n")
        sys.stderr.flush()

    return tell


def require_venv_module(log: Path, progress: Progress) -> None:
    """Install Debian's package of the `venv` module where it is missing. Raises StepFailed."""
    if importlib.util.find_spec("ensurepip") is None:  # Debian has it in a package of its own
        apt.install([f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"], log, progress)


def _may_install(missing: Sequence[HostPackage], progress: Progress) -> bool:
    """Whether this is root; else say what is missing, for the `servers` target does without it."""
    if os.geteuid() == 0:
        return True
    names = " ".join(package.name for package in missing)
    progress(f"not root: going on without {names} (the lab needs them; as root, type: apt-get install {names})")
    return False


def make_environment(environment: Environment, log: Path, progress: Progress) -> None:
    """Make the environment from its lock file; two runs at once make it once.

    Raises StepFailed when the disk is short, or a package can't be had.
    """
    with exclusive(environment.folder.with_suffix(".lock"), what="virtual environment", progress=progress):
        if environment.is_ready():
            return
        require_space(environment.folder.parent, ENVIRONMENT_MIB, what="the virtual environment")
        environment.discard()
        progress("virtual environment: installing the locked Python packages")
        with heartbeat("virtual environment: still installing", progress):
            _create(environment, log)
            with_retries(lambda: _install(environment, log), pauses=pip.PAUSES, progress=progress)
        environment.stamp.touch()


def _create(environment: Environment, log: Path) -> None:
    command = [base_python(), "-m", "venv", str(environment.folder)]
    run_logged(Program(command, keeps_lock=True), log, what="making the virtual environment")


def _install(environment: Environment, log: Path) -> None:
    command = [str(environment.python), "-m", "pip", *pip.INSTALL, "-r", str(environment.lock)]
    # PIP_USER would put the packages into the home folder; the rest of the user's pip settings (mirror, CA) stay.
    variables = {**environment.variables(os.environ, environment.lock.parent), "PIP_USER": "0"}
    run_logged(
        Program(command, env=variables, keeps_lock=True),
        log,
        what="installing the locked Python packages",
        hint="Check the network, or pip's own settings (mirror, proxy, certificates); then run the same command again.",
    )
