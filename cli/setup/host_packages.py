"""The Debian packages that this machine itself needs, and which commands need them."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin")

PROVISIONING = frozenset({"run", "up", "down"})
"""The commands that make or remove guests; all others work without a package of the host."""


@dataclass(frozen=True)
class HostPackage:
    """A Debian package, the program or file that shows that it is there, and what it is for."""

    name: str
    proof: str
    purpose: str

    def is_present(self) -> bool:
        """Whether its program is found on the system's path, or its file exists."""
        if self.proof.startswith("/"):
            return Path(self.proof).exists()
        path = os.pathsep.join((os.environ.get("PATH", ""), *SYSTEM_PATH))
        return shutil.which(self.proof, path=path) is not None


HOST_PACKAGES = (
    HostPackage("mmdebstrap", "mmdebstrap", "makes the guests' golden image"),
    HostPackage("debian-archive-keyring", "/usr/share/keyrings/debian-archive-keyring.gpg", "checks what it installs"),
    HostPackage("systemd-container", "systemd-nspawn", "runs the guests"),
    HostPackage("nftables", "nft", "lets the guests reach Debian's packages"),
    HostPackage("iproute2", "ip", "makes the guests' bridge and shapes their links"),
    HostPackage("openssh-client", "ssh", "reaches the guests (Ansible)"),
)


def missing_for(arguments: list[str]) -> tuple[HostPackage, ...]:
    """The packages that the command in `arguments` needs and this machine lacks.

    A request for help, on any command, needs none.
    """
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command not in PROVISIONING or "--help" in arguments or "-h" in arguments:
        return ()
    return tuple(package for package in HOST_PACKAGES if not package.is_present())
