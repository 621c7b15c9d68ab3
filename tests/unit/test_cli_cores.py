"""Timing the cores on which a deployment stands, or is to stand."""

from pathlib import Path

import pytest

from cli import cores
from cli.progress import Progress
from cli.settings import Settings
from infra.lab import commands
from lms_stack.errors import StepFailed
from lms_stack.facts import facts
from lms_stack.paths import DeploymentPaths
from lms_stack.remote import RemoteResult
from tests.unit.fake_remote import FakeRemote
from tests.unit.stacks import split_stack

REFERENCE = facts().sizing["reference_core"].number


class Hosts(FakeRemote):
    """Hosts that do so many pieces of work a second; lms-1, and whatever is not told, as many as the reference."""

    def __init__(self, pieces: dict[str, float]) -> None:
        super().__init__()
        self.pieces = pieces

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        if "cpuinfo" in command:
            return RemoteResult(0, "model name\t: A CPU\n", "")
        assert "def work(" in stdin
        return RemoteResult(0, f'{{"pieces_per_second": {self.pieces.get(host, REFERENCE)}}}\n', "")


def test_the_slowest_of_the_hosts_counts_against_the_reference() -> None:
    hosts = split_stack().stack_hosts
    machine = cores.timed(hosts, Hosts({hosts[1].name: REFERENCE / 4}))
    assert (machine.cpu, machine.speed) == ("A CPU", 0.25)
    assert machine.cores == sum(host.cores for host in hosts)


@pytest.mark.parametrize("said", ["", "nonsense", "{}", '{"pieces_per_second": null}', "[]"])
def test_a_host_that_says_something_else_is_named(said: str) -> None:
    with pytest.raises(StepFailed, match="could not be timed"):
        cores.machine_of([said], "A CPU", 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "course.yaml", DeploymentPaths(root=tmp_path / "demo"), False, Progress())


def test_on_the_lab_the_images_own_python_is_timed_and_the_table_scaled(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def run(*command: str, stdin: str = "") -> str:
        asked.append(command)
        return f'{{"pieces_per_second": {REFERENCE / 2}}}' if stdin else "model name : A CPU"

    monkeypatch.setattr(commands, "run", run)
    made = cores.timed_in_image(settings, "lophoc", Path("/image"))
    assert asked[0][:2] == ("chroot", "/image")
    assert (made.machine.cpu, made.machine.speed, made.loads) == ("A CPU", 0.5, ())
    shipped = facts().service_demands.demands
    for name, row in made.demands.items():
        for role, demand in row.items():
            assert demand.mid == pytest.approx(2000 * shipped[name].of(role), rel=1e-3)


def test_a_machine_that_can_not_be_timed_says_why(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*command: str, stdin: str = "") -> str:
        raise commands.CommandFailed(command, "not permitted")

    monkeypatch.setattr(commands, "run", run)
    with pytest.raises(StepFailed, match="not permitted"):
        cores.timed_in_image(settings, "lophoc", Path("/image"))
