"""A real sshd for tests, also on a machine that has it unpacked only: its user is then known to it alone."""

import os
import shutil
from pathlib import Path

import pytest

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
NEEDED = pytest.mark.skipif(
    os.geteuid() != 0 or not Path(SSHD).exists(), reason="needs root and Debian's openssh-server"
)
# sshd refuses to start without a user of its own, which only its package's installation makes.
_WITH_ITS_USER = """
getent passwd sshd >/dev/null || {
  mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work
  mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
  echo sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin >>/etc/passwd
}
exec "$@"
"""


def sshd(*options: str) -> list[str]:
    """The command that runs sshd in the foreground."""
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    libraries = ":".join(str(folder) for folder in (Path(SSHD).parent.parent / "lib").glob("*-linux-gnu"))
    own = ["env", f"LD_LIBRARY_PATH={libraries}", "unshare", "--mount", "sh", "-ec", _WITH_ITS_USER, "sshd"]
    return [*own, SSHD, "-D", "-e", *options]
