"""What the person at the terminal sees while steps run: always on stderr, so that stdout stays one JSON document."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from lms_stack.units import Frozen

#: In a log file, a step that says nothing for this long is reported as still running.
HEARTBEAT_SECONDS = 20.0


class StepTime(Frozen):
    """One step that ended, for the JSON document."""

    name: str
    seconds: float


class Progress:
    """Announces steps, the host they work on and the time so far."""

    def __init__(self, *, verbose: bool = False, console: Console | None = None) -> None:
        self.verbose = verbose
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self.steps: list[StepTime] = []
        self._began = time.monotonic()
        self._status: Status | None = None
        self._spoke = self._began
        self._lock = threading.Lock()

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, name: str, title: str, *, shown: bool = True) -> Iterator[Callable[[str], None]]:
        """Run one named step; yields a function that says where the step is.

        :param shown: whether a terminal shows it as a line that moves; not where the step has a view of its own.
        """
        began = time.monotonic()
        self._line("bold", "▶", title)
        with self._live(title) if shown else nullcontext():
            try:
                yield self._teller(title)
            except BaseException:
                self._line("red", "✗", f"{title} ({time.monotonic() - began:.1f} s)")
                raise
        seconds = time.monotonic() - began
        self.steps.append(StepTime(name=name, seconds=round(seconds, 2)))
        self._line("green", "✓", f"{title} ({seconds:.1f} s)")

    @contextmanager
    def _live(self, title: str) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(escape(title)) as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None

    def _teller(self, title: str) -> Callable[[str], None]:
        def tell(text: str) -> None:
            with self._lock:
                if self._status:
                    self._status.update(f"{escape(title)}: [dim]{escape(text)}[/dim] [cyan]{self.elapsed:.0f} s[/cyan]")
                elif self.verbose or time.monotonic() - self._spoke > HEARTBEAT_SECONDS:
                    self._line("dim", "·", f"{title}: {text}")

        return tell

    def _line(self, style: str, mark: str, text: str) -> None:
        self._spoke = time.monotonic()
        self.console.print(f"[cyan]{self.elapsed:6.1f} s[/cyan] [{style}]{mark} {escape(text)}[/{style}]")

    def raw(self, text: str) -> None:
        """A line of an outside program's own output, shown only when asked for."""
        if self.verbose:
            self.console.print(escape(text.rstrip()), style="dim")

    def note(self, text: str) -> None:
        """A remark between steps."""
        self._line("yellow", "!", text)


def stdout_is_terminal() -> bool:
    """Whether a person reads stdout, so that a first password may be shown there."""
    return sys.stdout.isatty()
