"""The Pulumi CLI in the cache: the official release where it can be reached, else built from pinned sources."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.setup import go_build, pulumi_release
from cli.setup.programs import Progress, exclusive, require_space
from lms_stack.errors import StepFailed

VERSION = "3.258.0"
"""The newest version of which the Python SDK and both Go modules are all served; go.mod and the lock name it too."""

CLI_MIB = 300  # the program is 110 MB; its archive and a second copy for a moment


@dataclass(frozen=True)
class Sources:
    """The two ways to the program; each writes it to the given path. Tests hand in others."""

    release: Callable[[str, Path, Path, Progress], None] = pulumi_release.fetch
    build: Callable[[str, Path, Path, Progress], None] = go_build.build_pulumi


def ensure_pulumi(cache: Path, progress: Progress, sources: Sources | None = None) -> Path:
    """The path of a Pulumi CLI of exactly VERSION whose bytes are those that were installed.

    Raises StepFailed with the log's path when it can be neither downloaded nor built. A run that was killed goes on
    where it was (Go keeps what it compiled); two runs at once make it once.
    """
    home = cache / f"pulumi-{VERSION}"
    if is_intact(home):
        return home / "pulumi"
    with exclusive(home.with_name(f"{home.name}.lock"), what="Pulumi CLI", progress=progress):
        if not is_intact(home):
            require_space(cache, CLI_MIB, what="the Pulumi CLI")
            _install(home, cache / "logs" / "pulumi-cli.log", progress, sources or Sources())
    return home / "pulumi"


def is_intact(home: Path) -> bool:
    """Whether the program in `home` is there with the SHA-256 that was recorded when it was installed."""
    try:
        recorded = json.loads((home / "installed.json").read_text())["sha256"]
        return bool(recorded == _sha256(home / "pulumi"))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _install(home: Path, log: Path, progress: Progress, sources: Sources) -> None:
    partial = home.with_name(f"{home.name}.partial")
    for leftover in (partial, home):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    program = partial / "pulumi"
    came_from = _obtain(program, log, progress, sources)
    program.chmod(0o755)
    _check_version(program, log)
    record = {"version": VERSION, "source": came_from, "sha256": _sha256(program)}
    (partial / "installed.json").write_text(json.dumps(record) + "\n")
    partial.rename(home)


def _obtain(program: Path, log: Path, progress: Progress, sources: Sources) -> str:
    try:
        progress(f"Pulumi CLI: downloading the official release {VERSION}")
        sources.release(VERSION, program, log, progress)
    except pulumi_release.NotUsableError as reason:
        progress(f"Pulumi CLI: {reason}; building it instead (3 to 6 minutes on 2 cores)")
        program.unlink(missing_ok=True)
        sources.build(VERSION, program, log, progress)
        return "built"
    return "release"


def _check_version(program: Path, log: Path) -> None:
    said = version_of(program)
    if said != f"v{VERSION}":
        raise StepFailed(f"the Pulumi CLI says that it is {said or 'nothing'}, not v{VERSION}", log=log)


def version_of(program: Path) -> str:
    """What `pulumi version` prints, without asking the network for a newer one; empty when it can't be run."""
    with tempfile.TemporaryDirectory() as home:  # it would leave one in the user's own place
        quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": home}
        command = [str(program), "version"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return ""
    return done.stdout.strip()


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
