"""The golden image: a Debian 13 tree with every role's packages, made once; all guests' lower layer."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from infra.lab.commands import run, succeeds
from lms_stack.errors import StepFailed

#: Raised when the recipe below changes, so that old images are not used.
RECIPE = 2
SUITE = "trixie"
OFFICIAL_MIRROR = "http://deb.debian.org/debian"
OFFICIAL_SECURITY = "http://deb.debian.org/debian-security"

#: Only these units start by themselves; the roles enable what is theirs.
_STARTED = ("ssh.service", "systemd-networkd.service", "systemd-resolved.service")
_PRESET = "".join(f"enable {unit}\n" for unit in _STARTED) + "disable *\n"

#: Before any package is set up: no service may start, no database cluster is made, the host's own CAs are known.
_HOOK = """
mkdir -p "$1/etc/systemd/system-preset" "$1/etc/postgresql-common/createcluster.d" "$1/usr/local/share/ca-certificates"
printf '%s' "$TAPHUAN_PRESET" > "$1/etc/systemd/system-preset/00-taphuan.preset"
printf 'create_main_cluster = false\\n' > "$1/etc/postgresql-common/createcluster.d/taphuan.conf"
if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
  cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/"
fi
"""

#: Debian leaves networkd disabled. A guest makes keys and its identity at its first start.
_FINISH = f"""
systemctl --root="$1" enable {" ".join(_STARTED)}
rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/machine-id" "$1/var/lib/dbus/machine-id"
: > "$1/etc/machine-id"
"""


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
    recipe = (RECIPE, SUITE, _PRESET, _HOOK, _FINISH, sorted(packages))
    return sha256(repr(recipe).encode()).hexdigest()[:12]


def _make(image: Path, packages: Sequence[str], tell: Callable[[str], None], log: Path) -> None:
    part = image.with_name(f"{image.name}.part")
    if part.exists():
        shutil.rmtree(part)
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
    run("sync", "--file-system", str(part))  # packages are unpacked without waiting for the disk
    part.rename(image)


def own_copy(image: Path, place: Path) -> None:
    """A deployment's own copy of the image: the cache may be emptied, and guests need the tree they were begun on.

    Hard links where both are on one disk: a third of a second, and no space.
    """
    if place.exists():
        return
    part = place.with_name(f"{place.name}.part")
    if part.exists():
        shutil.rmtree(part)
    if not succeeds("cp", "--archive", "--link", str(image), str(part)):
        shutil.rmtree(part, ignore_errors=True)
        run("cp", "--archive", str(image), str(part))
        run("sync", "--file-system", str(part))
    part.rename(place)


#: Whatever kills us kills mmdebstrap and all that it started, and takes its mounts away: a half-made tree can then
#: be removed without reaching into /dev or /proc of this host.
_CONTAINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)


def _command(target: Path, packages: Sequence[str]) -> list[str]:
    return [
        *_CONTAINED,
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        f"--include={','.join(packages)}",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
        f"--essential-hook={_HOOK}",
        f"--customize-hook={_FINISH}",
        SUITE,
        str(target),
        *sources(),
    ]


def sources(folder: Path = Path("/etc/apt")) -> list[str]:
    """Where packages and their security updates come from: this host's own mirrors, else the official ones.

    A site's own mirror is often the only one in reach, so nothing official is added to it.
    """
    mirror, security = _mirror(folder, "/debian"), _mirror(folder, "/debian-security")
    if not mirror:
        mirror, security = OFFICIAL_MIRROR, OFFICIAL_SECURITY
    updates = [f"deb {security} {SUITE}-security main"] if security else []
    return [f"deb {mirror} {SUITE} main", *updates]


def _mirror(folder: Path, ending: str) -> str:
    """The first address in the host's apt sources that ends so; empty where there is none."""
    files = (*folder.glob("sources.list.d/*.sources"), *folder.glob("sources.list.d/*.list"), folder / "sources.list")
    for file in (each for each in files if each.exists()):
        lines = (line for line in file.read_text(errors="replace").splitlines() if not line.lstrip().startswith("#"))
        for word in " ".join(lines).split():
            parts = urlsplit(word)
            if parts.scheme in {"http", "https"} and parts.path.rstrip("/").endswith(ending):
                return word
    return ""
