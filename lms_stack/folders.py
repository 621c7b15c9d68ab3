"""The two folders of this tool on a machine; standard library only, for the launcher reads it too."""

import os
from collections.abc import Mapping
from pathlib import Path


def state_root(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds one folder for each deployment."""
    if chosen := environment.get("TAPHUAN_STATE"):
        return Path(chosen)
    base = environment.get("XDG_STATE_HOME") or Path(environment.get("HOME", "/root")) / ".local" / "state"
    return Path(base) / "taphuan"


def cache_root(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of everything that can be made again: virtual environments, images, wheels, media."""
    if chosen := environment.get("TAPHUAN_CACHE"):
        return Path(chosen)
    base = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/root")) / ".cache"
    return Path(base) / "taphuan"
