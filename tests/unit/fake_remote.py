"""A Remote whose hosts answer what a test says; what they were told is kept."""

from collections.abc import Callable
from pathlib import Path

from lms_stack.errors import StepFailed
from lms_stack.remote import RemoteResult


class FakeRemote:
    """lms_stack.remote.Remote without hosts: a test overrides `answer`. Files are neither written nor fetched."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        """What a command gives back."""
        return RemoteResult(0, "", "")

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
        """Note a command and answer it; see Remote.run."""
        self.told.append((host, command))
        found = self.answer(host, command, stdin)
        if check and found.code:
            raise StepFailed(f"{host}: {command}")
        return found

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        """No file is written here."""
        raise AssertionError(f"{path} was to be written on {host}")

    def get(self, host: str, path: str, local: Path) -> None:
        """No file is fetched here."""
        raise AssertionError(f"{path} was to be fetched from {host}")
