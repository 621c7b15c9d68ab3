"""play: one run on the generator hosts, from the load plan to what they measured together."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ValidationError

from lms_stack.errors import StepFailed
from lms_stack.measurement import LoadResult
from lms_stack.remote import Remote
from lms_stack.topology import Host
from loadtests.generator.control import END_RAMP, GO, STOP
from loadtests.load_plan import LoadPlan
from loadtests.merge import Part, merged

#: Where the loadgen role puts the generator, and where a run leaves its files.
HOME = "/opt/taphuan-loadgen"
RUN = "/run/taphuan-load"
#: Seconds from "all are ready" to the moment at which all begin.
LEAD = 2.0
#: Seconds that generators get to hand over what they measured when a person ends the load.
LAST_WORDS = 20.0
#: Seconds beside the run itself: visitors sign in, results are written.
AROUND = 150.0


class Tick(BaseModel):
    """One second of the run as the generators tell it, all hosts together; times in seconds, `bits` in bit/s."""

    phase: str
    left: float
    requests: int
    failures: int
    in_flight: int
    p95: float | None = None
    bits: float = 0.0
    knee: str | None = None

    def __str__(self) -> str:
        slow = "" if self.p95 is None else f", p95 {self.p95:.2f} s"
        return (
            f"{self.phase}, {self.left:.0f} s left: {self.requests} requests/s, {self.failures} failed{slow}, "
            f"{self.in_flight} under way"
        )


def play(
    plan: LoadPlan,
    remote: Remote,
    hosts: Sequence[Host],
    password: str,
    *,
    generator_cpu: float | None = None,
    on_progress: Callable[[str], None] = lambda _text: None,
    on_second: Callable[[Tick], None] = lambda _tick: None,
) -> LoadResult:
    """Play a load plan from all generator hosts at once. Ctrl-C ends the load there and gives back what was measured.

    :param password: of the load test's accounts; it travels by stdin and is written nowhere.
    :param generator_cpu: hold each generator to this share of its core; the result must then come out as unhealthy.
    :param on_progress: hears a line of text each second.
    :param on_second: hears the same second as figures.
    :raises StepFailed: a generator didn't run, or left no result.
    """
    played = _Play(plan, remote, [host.name for host in hosts], on_progress, on_second)
    for name, part in zip(played.names, plan.shared_out(len(hosts)), strict=True):
        remote.run(name, f"mkdir -p -m 0700 {RUN} && rm -f {RUN}/*")
        remote.put(name, part.model_dump_json().encode(), f"{RUN}/plan.json")
    played.run(_command(generator_cpu), password)
    try:
        return _collected(plan, remote, played.names)
    except KeyboardInterrupt:
        return _collected(plan, remote, played.names)  # all was played by then; only this takes a second or two


def _command(generator_cpu: float | None) -> str:
    """The generator, where asked for under cpulimit, which stops and continues it to hold its share."""
    held = f"cpulimit --foreground --limit {max(1, round(generator_cpu * 100))} -- " if generator_cpu else ""
    return (
        f'cd {HOME}/src && ulimit -n "$(ulimit -H -n)" && '
        f"exec {held}{HOME}/current/venv/bin/python -m loadtests.generator {RUN}/plan.json {RUN}/result.json"
    )


@dataclass
class _Play:
    """The generators at work, each with a thread of this program that listens to it."""

    plan: LoadPlan
    remote: Remote
    names: list[str]
    on_progress: Callable[[str], None]
    on_second: Callable[[Tick], None]
    ticks: dict[str, Tick] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    failed: list[Exception] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, command: str, password: str) -> None:
        """Run the command on every host and wait for all of them; Ctrl-C tells them to stop and waits a little.

        :raises StepFailed: one of them failed.
        """
        threads = [
            threading.Thread(target=self._one, args=(name, command, password), daemon=True) for name in self.names
        ]
        for thread in threads:
            thread.start()
        try:
            self._attend(threads)
        except KeyboardInterrupt:
            self._tell(STOP)
            self._wait(threads, LAST_WORDS)
        if self.failed:
            raise self.failed[0]

    def _one(self, name: str, command: str, password: str) -> None:
        bound = self.plan.seconds + self.plan.time_out + AROUND
        try:
            self.remote.run(
                name, command, stdin=password + "\n", timeout=bound, on_line=lambda line: self._hear(name, line)
            )
        except StepFailed as error:
            self.failed.append(error)

    def _attend(self, threads: list[threading.Thread]) -> None:
        """Let all begin at one moment, end the ramp everywhere when one found the knee, and all when one failed."""
        begun, ended = len(self.names) == 1, len(self.names) == 1
        while any(thread.is_alive() for thread in threads):
            if not begun and len(self.ready) == len(self.names):
                self._begin()
                begun = True
            if not ended and any(tick.knee for tick in self.ticks.values()):
                self._tell(END_RAMP)
                ended = True
            if self.failed:
                self._tell(STOP)
                self._wait(threads, LAST_WORDS)
                return
            time.sleep(0.1)

    def _begin(self) -> None:
        """Each host is told the moment by its own clock, for clocks differ."""
        started = time.monotonic()
        for name in self.names:
            now = float(self.remote.run(name, "date +%s.%N").stdout)
            left = LEAD * len(self.names) - (time.monotonic() - started)
            self.remote.put(name, f"{now + left:.3f}".encode(), f"{RUN}/{GO}")

    def _tell(self, word: str) -> None:
        for name in self.names:
            self.remote.run(name, f"touch {RUN}/{word}", check=False, timeout=10)

    def _wait(self, threads: list[threading.Thread], seconds: float) -> None:
        until = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _hear(self, name: str, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        if isinstance(said, dict) and said.get("ready"):
            self.ready.add(name)
            return
        try:
            tick = Tick.model_validate(said)
        except ValidationError:
            return
        self._count(name, tick)

    def _count(self, name: str, tick: Tick) -> None:
        """Tell of a second when the host that is the first by name has told of it."""
        with self._lock:
            self.ticks[name] = tick
            if name != self.names[0]:
                return
            together = _together(list(self.ticks.values()))
        self.on_second(together)
        self.on_progress(str(together))


def _together(ticks: Sequence[Tick]) -> Tick:
    slow = [tick.p95 for tick in ticks if tick.p95 is not None]
    return ticks[0].model_copy(
        update={
            "requests": sum(tick.requests for tick in ticks),
            "failures": sum(tick.failures for tick in ticks),
            "in_flight": sum(tick.in_flight for tick in ticks),
            "bits": sum(tick.bits for tick in ticks),
            "p95": max(slow, default=None),
        }
    )


def _collected(plan: LoadPlan, remote: Remote, names: Sequence[str]) -> LoadResult:
    return merged(plan, {name: _part(remote, name) for name in names})


def _part(remote: Remote, name: str) -> Part:
    with TemporaryDirectory() as folder:
        local = Path(folder) / "result.json"
        remote.get(name, f"{RUN}/result.json", local)
        try:
            return Part.model_validate_json(local.read_text("utf-8"))
        except ValueError as error:
            raise StepFailed(f"the generator on {name} left no usable result: {error}") from error
