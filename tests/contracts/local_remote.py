"""lms_stack.remote.Remote on this machine: each host is a folder, and the generator's paths lie below it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lms_stack.errors import StepFailed
from lms_stack.remote import RemoteResult
from loadtests import run as places

ROOT = Path(__file__).parent.parent.parent


class LocalRemote:
    """Runs what is meant for a host as a process of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _here(self, host: str, text: str) -> str:
        """A host's path or command, with the generator's places as they are here."""
        return (
            text.replace(f"{places.HOME}/current/venv/bin/python", sys.executable)
            .replace(f"{places.HOME}/src", str(ROOT))
            .replace(places.RUN, str(self.folder / host))
        )

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
        """Run a shell command; see Remote.run."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", self._here(host, command)],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.folder / f"{host}.stderr").open("w"),
            text=True,
            start_new_session=True,  # Ctrl-C at a terminal doesn't reach what runs on another machine
        )
        watch = threading.Timer(timeout, process.kill)
        watch.start()
        text = self._listen(process, stdin, on_line)
        watch.cancel()
        code = process.wait()
        errors = (self.folder / f"{host}.stderr").read_text()
        if check and code:
            raise StepFailed(f"{host}: `{command}` ended with exit code {code}:\n{errors[-3000:]}")
        return RemoteResult(code, text, errors)

    @staticmethod
    def _listen(process: "subprocess.Popen[str]", stdin: str, on_line: Callable[[str], None] | None) -> str:
        assert process.stdin
        assert process.stdout
        process.stdin.write(stdin)
        process.stdin.close()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if on_line:
                on_line(line.rstrip("\n"))
        return "".join(lines)

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        """Write a file, whole or not at all."""
        target = Path(self._here(host, path))
        part = target.with_suffix(".tmp")
        part.write_bytes(content)
        part.chmod(mode)
        part.replace(target)

    def get(self, host: str, path: str, local: Path) -> None:
        """Fetch a file."""
        local.write_bytes(Path(self._here(host, path)).read_bytes())


def a_host(name: str) -> Any:
    """A generator host of the plan: `play` asks for nothing but its name."""
    return SimpleNamespace(name=name)
