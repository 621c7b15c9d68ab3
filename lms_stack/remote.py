"""What the rooms may ask of a host over SSH; runbooks/ssh.py is the one that does it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol


class RemoteResult(NamedTuple):
    """What a command on a host gave back."""

    code: int
    stdout: str
    stderr: str


class Remote(Protocol):
    """A way to run commands and move files on the hosts of one Topology, by host name."""

    def run(
        self,
        host: str,
        command: str,
        *,
        stdin: str = "",
        timeout: float = 60.0,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> RemoteResult:
        """Run a shell command as root; on_line gets each line of stdout as it comes.

        :param timeout: seconds after which the command is ended.
        :raises StepFailed: the host can't be reached, time ran out, or (check) the command failed.
        """
        ...

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        """Write a file on a host, whole or not at all."""
        ...

    def get(self, host: str, path: str, local: Path) -> None:
        """Fetch a file from a host."""
        ...
