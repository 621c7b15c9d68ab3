"""What the command line sees while a load is played: the machine's other work, the clocks, and a view that moves."""

from collections import deque
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cli.clocks import clocks
from cli.live import LiveView, bar, chart, use_now
from cli.machine import Machine, Reading, read
from cli.playing import Seen, _explained, _machine
from cli.verify import _later, _later_text, reasons
from lms_stack.evidence import Excuse
from lms_stack.measurement import GeneratorHealth, LoadResult, PhaseResult, Recovery, ResourceUse, Saturation
from loadtests.run import Tick
from tests.unit.stacks import small_stack

TOPOLOGY = small_stack()
STAT = "cpu  1000 200 300 9000 50 10 40 70 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu1 1 2 3 4 5 6 7 8 0 0\nintr 1 2\n"


def test_a_reading_tells_busy_from_idle_and_counts_cores() -> None:
    assert read(STAT, 5.0) == Reading(at=5.0, busy=15.5, stolen=0.7, cores=2)


def test_other_load_is_what_no_guest_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat, now = tmp_path / "stat", [1000.0]
    monkeypatch.setattr("cli.machine.time", SimpleNamespace(time=lambda: now[0]))
    machine = Machine(stat)
    for busy in (0, 1500):
        stat.write_text(f"cpu  {busy} 0 0 0 0 0 0 0\ncpu0 0\ncpu1 0\n")
        machine.look()
        now[0] += 10
    began = datetime.fromtimestamp(1000, UTC)
    found = machine.between(began, began + timedelta(seconds=10), guests=1.0)
    assert found is not None
    assert (found.cores, found.busy, found.others) == (2.0, 1.5, 0.5)
    assert machine.between(began, began + timedelta(seconds=10), None) is None
    assert machine.between(began + timedelta(hours=1), began + timedelta(hours=2), 1.0) is None


class Ahead:
    """Hosts whose clocks are ten seconds ahead."""

    def run(self, _host: str, _command: str) -> Any:
        """The answer of `date`."""
        return SimpleNamespace(stdout=f"{datetime.now(UTC).timestamp() + 10:.9f}\n")


def test_clocks_are_compared_in_the_middle_of_the_round_trip() -> None:
    found = clocks(Ahead(), TOPOLOGY)  # type: ignore[arg-type]  # it does what is asked of it here
    assert [clock.host for clock in found] == [host.name for host in TOPOLOGY.hosts]
    assert all(abs(clock.ahead - 10) <= clock.uncertainty + 0.001 for clock in found)


def a_tick(**changes: Any) -> Tick:
    """A second of the hold."""
    return Tick(
        **{"phase": "hold", "left": 42.0, "requests": 61, "failures": 0, "in_flight": 23, "p95": 0.17, **changes}
    )


def view(*, terminal: bool) -> tuple[LiveView, StringIO]:
    """A view and what it wrote."""
    text = StringIO()
    return LiveView(Console(file=text, force_terminal=terminal, width=100), TOPOLOGY, SimpleNamespace()), text  # type: ignore[arg-type]  # never asked


def test_the_view_shows_phase_rates_answers_and_use() -> None:
    shown, _ = view(terminal=True)
    shown.use = {"CPU lms-1": 0.45, "link lms-1": 0.95}
    shown.second(a_tick(failures=2, bits=73e6))
    text = StringIO()
    Console(file=text, width=100).print(shown.page())
    for word in ("planned peak held", "42 s left", "61/s", "2/s", "23 visitors", "73 Mbit/s", "45 %", "95 %", "Ctrl-C"):
        assert word in text.getvalue()


def test_where_nobody_sits_the_view_writes_nothing() -> None:
    shown, text = view(terminal=False)
    with shown:
        shown.second(a_tick())
    assert text.getvalue() == ""


def test_use_is_a_share_of_what_each_host_has() -> None:
    host = next(each for each in TOPOLOGY.hosts if each.link)
    answers = iter([{host.name: host.cores / 2}, {host.name: (host.link or 0) / 16}])
    asked = SimpleNamespace(by_host=lambda _expression: next(answers))
    assert use_now(asked, TOPOLOGY) == {f"CPU {host.name}": 0.5, f"link {host.name}": 0.5}  # type: ignore[arg-type]  # as above


def test_bars_are_as_long_as_what_they_show() -> None:
    assert chart(deque([0, 50, 100])) == " ▄█"
    assert bar(1.5).count("█") == 20
    assert bar(-1.0).count("█") == 0


BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)


def a_full_load(*, reached: bool) -> LoadResult:
    """The load of a full test, of which nothing but the ramp and the way back is known."""
    health = GeneratorHealth(
        loop_lag_p99=0.0,
        run_queue_share=0.0,
        cpu_share=0.1,
        intended_arrivals=1,
        started_arrivals=1,
        cpu_warning=False,
    )
    ramp = PhaseResult(
        name="ramp",
        started=BEGAN,
        ended=BEGAN + timedelta(seconds=60),
        requests_per_second=100,
        p95=1.0,
        failed_share=0.0,
    )
    return LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN,
        classes=(),
        generator=health,
        phases=(ramp,),
        saturation=Saturation(requests_per_second=143.2, learners=1320, evidence="p95 1.4 s", reached=reached),
        recovery=Recovery(seconds=5.0 if reached else None, evidence="p95 0.2 s"),
    )


def test_the_knee_is_told_with_what_was_fullest_just_before_the_ramp_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def use(_prometheus: object, _topology: object, began: datetime, ended: datetime) -> Any:
        asked.append((began, ended))
        return (ResourceUse(resource="cpu", host="lms-1", name="CPU", share=0.97, capacity="0.75 cores"),), ()

    monkeypatch.setattr("monitoring.usage.resource_use", use)
    told = _explained(SimpleNamespace(topology=TOPOLOGY), a_full_load(reached=True), SimpleNamespace())  # type: ignore[arg-type]  # enough of them
    assert told.saturation is not None
    assert told.saturation.evidence == "p95 1.4 s; fullest at its end: CPU of lms-1 97 %"
    assert asked == [(BEGAN + timedelta(seconds=45), BEGAN + timedelta(seconds=60))]


def test_a_knee_that_was_not_reached_is_called_a_lower_bound() -> None:
    found = "\n".join(_later_text(a_full_load(reached=True)))
    assert "1,320 learners" in found
    assert "after 5 s" in found
    assert "at least" not in found
    bound = "\n".join(_later_text(a_full_load(reached=False)))
    assert "at least 1,320 learners" in bound
    assert "Recovery:   no" in bound


def test_the_document_of_a_full_test_has_its_phases_and_its_knee() -> None:
    document = _later(a_full_load(reached=True))
    assert [phase["name"] for phase in document["phases"]] == ["ramp"]
    assert document["saturation"]["learners"] == 1320
    assert document["recovery"]["seconds"] == 5


def test_of_servers_of_ones_own_the_worst_theft_of_a_hypervisor_is_told() -> None:
    answers = iter([{"app-1": 1.5, "app-2": 0.5}, {"app-1": 0.01, "app-2": 0.2}])
    asked = SimpleNamespace(by_host=lambda _expression, _at: next(answers))
    stack = SimpleNamespace(plan=SimpleNamespace(target="servers"), topology=TOPOLOGY)
    seen = Seen(a_full_load(reached=True), (), Machine())
    found = _machine(stack, seen, asked)  # type: ignore[arg-type]  # enough of them
    assert found is not None
    assert found.steal == 0.2
    assert found.others == 0


def test_a_reason_that_was_seen_in_many_places_takes_one_line() -> None:
    late = [
        Excuse(reason="answers came late", resource=name, evidence="p95 3 s") for name in ("login", "inbox", "quiz")
    ]
    full = Excuse(reason="CPU exhausted", resource="cpu", evidence="lms-1: 99 % of 1 core")
    assert list(reasons([*late, full])) == [
        "answers came late: login, p95 3 s; and 2 more like it, in the report",
        "CPU exhausted: cpu, lms-1: 99 % of 1 core",
    ]
