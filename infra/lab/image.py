"""The golden image: a Debian 13 tree with every role's packages, made once and shared by all guests as a lower layer."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from lms_stack.errors import StepFailed

#: Raised when the recipe below changes, so that old images are not used.
RECIPE = 1
SUITE = "trixie"
OFFICIAL_MIRROR = "http://deb.debian.org/debian"

#: Only these units start by themselves; the roles enable what is theirs.
_PRESET = "enable ssh.service\nenable systemd-networkd.service\nenable systemd-resolved.service\ndisable *\n"

#: Before any package is set up: no service may start, no database cluster is made, the host's own CAs are known.
_HOOK = """
mkdir -p "$1/etc/systemd/system-preset" "$1/etc/postgresql-common/createcluster.d" "$1/usr/local/share/ca-certificates"
printf '%s' "$TAPHUAN_PRESET" > "$1/etc/systemd/system-preset/00-taphuan.preset"
printf 'create_main_cluster = false\\n' > "$1/etc/postgresql-common/createcluster.d/taphuan.conf"
if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
  cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/"
fi
"""

#: A guest makes keys and its identity at its first start.
_CLEAN = 'rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/machine-id" "$1/var/lib/dbus/machine-id"; : > "$1/etc/machine-id"'


def ensure_image(cache: Path, packages: Sequence[str], tell: Callable[[str], None], log: Path) -> Path:
    """The image with these packages, made if it isn't in the cache. Two runs at once make it once.

    :raises StepFailed: mmdebstrap failed; the log tells why.
    """
    image = cache / f"image-{_key(packages)}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{image.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists():
            _make(image, packages, tell, log)
    return image


def _key(packages: Sequence[str]) -> str:
    recipe = (RECIPE, SUITE, _PRESET, _HOOK, _CLEAN, sorted(packages))
    return sha256(repr(recipe).encode()).hexdigest()[:12]


def _make(image: Path, packages: Sequence[str], tell: Callable[[str], None], log: Path) -> None:
    part = image.with_name(f"{image.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        maker = subprocess.Popen(
            _command(part, packages),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TAPHUAN_PRESET": _PRESET, "DEBIAN_FRONTEND": "noninteractive"},
        )
        for line in maker.stderr or ():
            output.write(line)
            if line.startswith("I: "):
                tell(line[3:].strip())
    if maker.wait() != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise StepFailed("the guests' Debian image could not be made", hint="see the log's last lines", log=log)
    part.rename(image)


def _command(target: Path, packages: Sequence[str]) -> list[str]:
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        f"--include={','.join(packages)}",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
        f"--essential-hook={_HOOK}",
        f"--customize-hook={_CLEAN}",
        SUITE,
        str(target),
        f"deb {mirror()} {SUITE} main",
    ]


def mirror(folder: Path = Path("/etc/apt")) -> str:
    """The Debian mirror that this host uses, else the official one: a site's own mirror is often the only one in reach."""
    for file in sorted((*folder.glob("sources.list.d/*"), *folder.glob("sources.list"))):
        for word in file.read_text(errors="replace").split():
            parts = urlsplit(word)
            if parts.scheme in {"http", "https"} and parts.path.rstrip("/").endswith("/debian"):
                return word
    return OFFICIAL_MIRROR
