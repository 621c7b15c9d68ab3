"""What the test command needs on a machine: the development environment, a browser, promtool, the Pulumi CLI."""

import os
import shutil
import time
from pathlib import Path

from cli.setup import apt
from cli.setup.environment import Environment
from cli.setup.first_run import make_environment, require_venv_module, to_stderr
from cli.setup.host_packages import HOST_PACKAGES, HostPackage
from cli.setup.parallel import side_by_side
from cli.setup.programs import Program, exclusive, run_logged
from cli.setup.pulumi_cli import ensure_pulumi
from lms_stack.folders import cache_root

CHECKOUT = Path(__file__).resolve().parent.parent
TEST_PACKAGES = (
    *HOST_PACKAGES,
    HostPackage("chromium", "chromium", "plays a learner in a real browser"),
    HostPackage("npm", "npm", "fetches published packages that a test plays"),
    HostPackage("fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu", "draws Vietnamese in screenshots"),
)
UNPACKED = {
    "promtool": ("prometheus",),
    "amtool": ("prometheus-alertmanager",),
    "prometheus-blackbox-exporter": ("prometheus-blackbox-exporter",),
    "nginx": ("nginx",),
    "sshd": ("openssh-server", "libwrap0"),
}
"""Programs taken out of their Debian packages: installing those would start a daemon on this machine."""

tell = to_stderr(time.monotonic())


def development_environment() -> Environment:
    """The environment of locks/dev.txt."""
    return Environment.of_lock(cache_root(), CHECKOUT / "locks" / "dev.txt")


def prepare(*, fast: bool) -> dict[str, str]:
    """Make ready what the checks need and give the variables to run them with. Raises StepFailed."""
    environment = development_environment()
    logs = cache_root() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    if not environment.is_ready():
        require_venv_module(logs / "apt.log", tell)
    tasks = {"development environment": lambda: make_environment(environment, logs / "venv-dev.log", tell)}
    if not fast:
        tasks["host packages"] = lambda: _host_packages(logs / "apt.log")
    side_by_side(tasks, tell)
    variables = environment.variables(os.environ, CHECKOUT)
    return {**variables, "PATH": os.pathsep.join((variables["PATH"], *map(str, _unpacked_programs())))}


def prepare_pulumi() -> Path:
    """The Pulumi CLI; minutes on a fresh machine, so it goes beside other checks."""
    return ensure_pulumi(cache_root(), tell)


def _host_packages(log: Path) -> None:
    if missing := [package.name for package in TEST_PACKAGES if not package.is_present()]:
        apt.install(missing, log, tell)
    for program, packages in UNPACKED.items():
        if not shutil.which(program) and not any((folder / program).exists() for folder in _unpacked_programs()):
            for package in reversed(packages):  # the program itself last: it is looked for
                _unpack(package, log)


def _unpacked_folder() -> Path:
    return cache_root() / "debian-tools"


def _unpacked_programs() -> tuple[Path, Path]:
    return _unpacked_folder() / "usr" / "bin", _unpacked_folder() / "usr" / "sbin"


def _unpack(package: str, log: Path) -> None:
    into = _unpacked_folder()
    archives = into / "archives"
    with exclusive(into.with_suffix(".lock"), what=package, progress=tell):
        archives.mkdir(parents=True, exist_ok=True)
        apt.download(package, archives, log, tell)
        archive = max(archives.glob(f"{package}_*.deb"), key=lambda found: found.stat().st_mtime)
        run_logged(Program(["dpkg", "-x", str(archive), str(into)]), log, what=f"unpacking {package}")
