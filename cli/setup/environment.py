"""The virtual environment of one lock file: its place, whether it is whole, and how it is made."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NOT_FOR_CHILDREN = ("PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
"""Settings that would put a package, or the interpreter, somewhere else than into the environment."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment in the cache, named by the hash of what is in it.

    Scripts in it hold its absolute path, so it is made in place; the stamp, written last, says that it is whole.
    """

    folder: Path
    lock: Path

    @classmethod
    def of_lock(cls, cache: Path, lock: Path) -> "Environment":
        """The environment of a lock file for this very Python."""
        made_of = lock.read_bytes() + f"{sys.version_info[:2]} {base_python()}".encode()
        return cls(cache / f"venv-{hashlib.sha256(made_of).hexdigest()[:12]}", lock)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The file that exists once everything is installed."""
        return self.folder / "complete"

    def is_ready(self) -> bool:
        """Whether it was made to its end, and its interpreter is still on this machine."""
        return self.stamp.exists() and os.access(self.python, os.X_OK)

    def discard(self) -> None:
        """Remove what an interrupted run left."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def variables(self, outer: Mapping[str, str], checkout: Path) -> dict[str, str]:
        """The variables for programs that run in it: its programs first on PATH, our code importable."""
        kept = {name: value for name, value in outer.items() if name not in NOT_FOR_CHILDREN}
        path = os.pathsep.join((str(self.folder / "bin"), outer.get("PATH", os.defpath)))
        return {**kept, "PATH": path, "VIRTUAL_ENV": str(self.folder), "PYTHONPATH": str(checkout)}


def base_python() -> str:
    """The interpreter that new environments are made from, even when this one runs in such an environment."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)
