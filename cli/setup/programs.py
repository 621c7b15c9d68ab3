"""Outside programs of the set-up: their output goes to a log file, their failure names it."""

import fcntl
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lms_stack.errors import StepFailed

Progress = Callable[[str], None]
"""Takes one line for the person who waits."""

TAIL_LINES = 3
HEARTBEAT_SECONDS = 30.0


@dataclass(frozen=True)
class Program:
    """A command with its surroundings.

    `keeps_lock`: the program inherits the lock that `exclusive` holds, so that when we are killed the next run waits
    for its end. Not for programs that start daemons: those would keep it for ever.
    """

    command: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    keeps_lock: bool = False

    def exit_code(self, output: BinaryIO) -> int:
        """Run it without input, its words going to `output`; 127 when there is no such program, as in a shell."""
        try:
            done = subprocess.run(
                self.command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                close_fds=not self.keeps_lock,
            )
        except FileNotFoundError as error:
            output.write(f"{error}\n".encode())
            return 127
        return done.returncode


def run_logged(program: Program, log: Path, *, what: str, hint: str = "") -> None:
    """Run `program`, its output appended to `log`.

    Raises StepFailed with the log's last lines when the program is missing or its exit code is not 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"$ {' '.join(program.command)}\n".encode())
        output.flush()
        start = output.tell()
        code = program.exit_code(output)
    if code != 0:
        raise StepFailed(f"{what} failed (exit code {code}){_last_lines(log, start)}", hint=hint, log=log)


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as text:
        text.seek(start)
        lines = [line.strip() for line in text.read().decode(errors="replace").splitlines() if line.strip()]
    return "".join(f"\n    {line[:300]}" for line in lines[-TAIL_LINES:])


def with_retries(action: Callable[[], None], *, pauses: Sequence[float], progress: Progress) -> None:
    """Do `action`; after a failure pause that many seconds and do it again, once for each pause."""
    for pause in pauses:
        try:
            return action()
        except StepFailed as error:
            progress(f"{error.message.splitlines()[0]}; trying again in {pause:.0f} s")
            time.sleep(pause)
    return action()


@contextmanager
def exclusive(lock: Path, *, what: str, progress: Progress) -> Iterator[None]:
    """Hold `lock` (a file) against other runs, and say so when another one has to be waited for.

    The kernel frees it however this process ends, so no stale lock can stay.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"{what}: waiting for another run that is making it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def heartbeat(what: str, progress: Progress, *, every: float = HEARTBEAT_SECONDS) -> Iterator[None]:
    """Say every `every` seconds that `what` still goes on, and for how long it has."""
    started = time.monotonic()
    over = threading.Event()

    def beat() -> None:
        while not over.wait(every):
            progress(f"{what} ({_minutes(time.monotonic() - started)} so far)")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def require_space(folder: Path, mebibytes: int, *, what: str) -> None:
    """Raise StepFailed, before anything is written, when `folder`'s disk has less free than `mebibytes`."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free // 2**20
    if free < mebibytes:
        raise StepFailed(
            f"{what} needs {mebibytes} MiB in {folder}, but only {free} MiB are free there",
            hint="Free some, or set TAPHUAN_CACHE to a folder on a larger disk.",
        )
