"""How the generators are led: they begin together, one's knee is everybody's, one that fails or Ctrl-C stops all."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lms_stack.errors import StepFailed
from lms_stack.remote import RemoteResult
from loadtests.run import Tick, _together, play
from tests.unit.test_load_merge import a_part, a_plan

NAMES = ["loadgen-1", "loadgen-2"]
SECOND = {"left": 9.0, "requests": 10, "failures": 1, "in_flight": 3, "p95": 0.1, "bits": 1e6}


class Hosts:
    """Generator hosts that say these lines, and then run until they are told a word."""

    def __init__(self, lines: dict[str, list[dict[str, Any]]], until: str = "") -> None:
        self.lines = lines
        self.until = until
        self.told: dict[str, set[str]] = {name: set() for name in lines}
        self.interrupts = 0
        self._changed = threading.Condition()

    def run(
        self, host: str, command: str, *, on_line: Callable[[str], None] | None = None, **_options: Any
    ) -> RemoteResult:
        """What the real one does, as far as it is asked for here."""
        if command.startswith("touch"):
            self._tell(host, command.rsplit("/", 1)[-1])
        if command.startswith("date"):
            return RemoteResult(0, "1000.0\n", "")
        if on_line:
            self._generate(host, on_line)
        return RemoteResult(0, "", "")

    def _generate(self, host: str, on_line: Callable[[str], None]) -> None:
        for line in self.lines[host]:
            if line.get("fails"):
                raise StepFailed(f"{host}: no")
            on_line(json.dumps(line))
        with self._changed:
            assert self._changed.wait_for(lambda: not self.until or self.until in self.told[host], timeout=20)

    def _tell(self, host: str, word: str) -> None:
        with self._changed:
            self.told[host].add(word)
            self._changed.notify_all()

    def put(self, host: str, content: bytes, path: str, **_options: Any) -> None:
        """Keep what a host was told, and its plan."""
        self._tell(host, path.rsplit("/", 1)[-1])

    def get(self, _host: str, _path: str, local: Path) -> None:
        """The result of a generator."""
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        local.write_text(a_part([0.1] * 5).model_dump_json())


def played(hosts: Hosts, **options: Any) -> Any:
    """Play a plan on them."""
    return play(a_plan(), hosts, [SimpleNamespace(name=name) for name in hosts.lines], "secret", **options)  # type: ignore[misc]  # as much of both as is used


def test_all_begin_when_all_are_ready() -> None:
    hosts = Hosts({name: [{"ready": True}] for name in NAMES}, until="go")
    assert played(hosts).generator.intended_arrivals == 10
    assert all("go" in told for told in hosts.told.values())


def test_the_knee_that_one_generator_finds_ends_the_ramp_on_all() -> None:
    found = {"phase": "ramp", **SECOND, "knee": "p95 2 s"}
    hosts = Hosts({"loadgen-1": [{"ready": True}], "loadgen-2": [{"ready": True}, found]}, until="end-ramp")
    played(hosts)
    assert all("end-ramp" in told for told in hosts.told.values())


def test_one_generator_that_fails_stops_all() -> None:
    hosts = Hosts({"loadgen-1": [{"ready": True}], "loadgen-2": [{"fails": True}]}, until="stop")
    with pytest.raises(StepFailed, match="loadgen-2: no"):
        played(hosts)
    assert "stop" in hosts.told["loadgen-1"]


def test_a_second_is_told_of_all_hosts_together() -> None:
    slower = {**SECOND, "requests": 7, "p95": 0.4}
    found = _together([Tick.model_validate({"phase": "hold", **each}) for each in (SECOND, slower)])
    assert (found.requests, found.failures, found.in_flight, found.bits) == (17, 2, 6, 2e6)
    assert found.p95 == 0.4


def test_ctrl_c_while_results_are_fetched_loses_nothing() -> None:
    hosts = Hosts({"loadgen-1": []})
    hosts.interrupts = 1
    assert played(hosts).generator.intended_arrivals == 5


def test_lines_that_are_not_ours_are_passed_over() -> None:
    hosts = Hosts({"loadgen-1": [{"what": "ever"}, {"phase": "hold", **SECOND}]})
    told: list[str] = []
    played(hosts, on_progress=told.append)
    assert told == ["hold, 9 s left: 10 requests/s, 1 failed, p95 0.10 s, 3 under way"]
