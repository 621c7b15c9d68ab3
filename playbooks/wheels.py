"""Wheelhouses for the guests' Python, from a lock file with hashes; guests need no package index."""

import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lms_stack.errors import StepFailed
from playbooks.cached import archive, ensure, files_below, key, tree_key
from playbooks.inputs import Parcel

#: Debian 13's Python.
PYTHON = "3.13"
#: The glibc of Debian 13 is newer than all of these.
MANYLINUX = (*(f"manylinux_2_{minor}" for minor in range(36, 16, -1)), "manylinux2014")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")

#: Counts up when the archive's form, or what is done with it on a host, changes.
RECIPE = "3"


def wheelhouse(name: str, lock: Path, cache: Path, log: Path, source: Path | None = None) -> Parcel:
    """An archive of wheels: all that `lock` names, and the package that is built from `source`.

    :param name: what the archive is called in the cache.
    :param source: a folder with a pyproject.toml, built to a wheel here.
    :raises StepFailed: pip failed; the log says why.
    """
    machine = platform.machine()
    made_of = key(RECIPE, lock.read_bytes(), _source_key(source), machine, PYTHON)
    target = cache / f"wheels-{made_of}" / f"{name}.tar"

    def make(part: Path) -> None:
        with tempfile.TemporaryDirectory(dir=cache, prefix=".wheels-") as scratch:
            _download(lock, Path(scratch), machine, log)
            if source:
                _build(source, Path(scratch), log)
            wheels = [(f"wheels/{path.name}", path) for path in files_below(Path(scratch))]
            # `complete` itself is for the host to write, when the wheels are installed there.
            archive(part, wheels, compress=False, done="wheels/complete")

    return Parcel(archive=ensure(target, make), hash=made_of)


def _source_key(source: Path | None) -> str:
    """The hash of what goes into the wheel; tests don't."""
    return key((source / "pyproject.toml").read_bytes(), tree_key([source / source.name])) if source else ""


def _download(lock: Path, folder: Path, machine: str, log: Path) -> None:
    platforms = [option for tag in MANYLINUX for option in ("--platform", f"{tag}_{machine}")]
    abis = ["--implementation", "cp", "--abi", "cp313", "--abi", "abi3", "--abi", "none"]
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--python-version", PYTHON]
    _pip(["download", *options, *abis, *platforms, "--dest", str(folder), "--requirement", str(lock)], log)


def _build(source: Path, folder: Path, log: Path) -> None:
    """Build a wheel from a copy, for building leaves files in the source's folder."""
    with tempfile.TemporaryDirectory(prefix="taphuan-build-") as scratch:
        copy = Path(scratch) / source.name
        left_out = shutil.ignore_patterns("__pycache__", "tests", "build", "*.egg-info", ".*")
        shutil.copytree(source, copy, ignore=left_out)
        _pip(["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(copy)], log)


def _pip(arguments: Sequence[str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as handle:
        handle.write(f"$ pip {' '.join(arguments)}\n")
        handle.flush()
        done = subprocess.run(
            [*PIP, *arguments], stdout=handle, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False
        )
    if done.returncode:
        raise StepFailed(f"pip {arguments[0]} failed", hint="can this machine reach its Python package index?", log=log)
