"""Faults on purpose: each has its mark, is taken back by it alone, and begins when it should."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lms_stack.engines import ENGINES
from lms_stack.errors import StepFailed
from lms_stack.plan import Role
from lms_stack.remote import RemoteResult
from runbooks import drills
from runbooks.faults import NAMES, Fault, When, faults
from tests.unit.stacks import small_stack, split_stack

ALL = {fault.name: fault for fault in faults(ENGINES["lophoc"])}


class Told:
    """A Remote that only notes what it is told, and answers with one code."""

    def __init__(self, code: int = 0) -> None:
        self.told: list[tuple[str, str]] = []
        self.code = code

    def run(
        self,
        host: str,
        command: str,
        *,
        stdin: str = "",
        timeout: float = 20.0,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> RemoteResult:
        self.told.append((host, command))
        if check and self.code:
            raise StepFailed(f"{host}: {command}")
        return RemoteResult(self.code, "", "")

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        raise AssertionError("a fault puts no files")

    def get(self, host: str, path: str, local: Path) -> None:
        raise AssertionError("a fault fetches no files")


def test_the_names_that_the_command_offers_are_the_faults() -> None:
    assert tuple(ALL) == NAMES


@pytest.mark.parametrize("fault", ALL.values(), ids=ALL)
@pytest.mark.parametrize("script", ["begin", "restore"])
def test_every_script_is_one_that_a_shell_can_read(fault: Fault, script: str) -> None:
    read = subprocess.run(["sh", "-n"], input=getattr(fault, script), text=True, capture_output=True, check=False)
    assert read.returncode == 0, read.stderr


@pytest.mark.parametrize("fault", ALL.values(), ids=ALL)
def test_nothing_is_done_where_no_mark_stands(fault: Fault, tmp_path: Path) -> None:
    script = fault.restore.replace("/run/taphuan", f"{tmp_path}/taphuan")
    done = subprocess.run(["sh", "-xc", script], text=True, capture_output=True, check=False)
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if not line.startswith("+ test -e")] == []


@pytest.mark.parametrize("name", [name for name, fault in ALL.items() if fault.when is When.IN_THE_HOLD])
def test_a_fault_of_the_hold_begins_once_and_is_taken_back(name: str) -> None:
    remote = Told()
    with drills.drill(remote, small_stack(), "lophoc", name) as drill:
        assert remote.told == []
        drill.begin(When.IN_THE_HOLD)
        drill.begin(When.IN_THE_HOLD)
        assert remote.told == [("lms-1", ALL[name].begin)]
    assert remote.told[1:] == [("lms-1", ALL[name].restore)]


def test_a_fault_from_the_beginning_is_made_on_every_host_of_its_role_and_taken_back_when_the_run_breaks() -> None:
    remote = Told()
    standing = drills.drill(remote, split_stack(), "lophoc", "app-workers")
    standing.__enter__()
    assert [host for host, _ in remote.told] == ["app-1", "app-2"]
    assert not standing.__exit__(StepFailed, StepFailed("the load broke off"), None)
    assert remote.told[2:] == [(host, ALL["app-workers"].restore) for host in ("app-1", "app-2")]


def test_no_drill_tells_a_host_nothing() -> None:
    remote = Told()
    with drills.drill(remote, small_stack(), "lophoc", None) as drill:
        drill.begin(When.BEFORE)
        drill.begin(When.IN_THE_HOLD)
    assert remote.told == []


def test_all_faults_of_a_host_are_taken_back_by_one_script_for_each_role() -> None:
    remote = Told()
    drills.restore_all(remote, split_stack(), "lophoc")
    scripts = [(host, command) for host, command in remote.told if "failed=" in command]
    assert [host for host, _ in scripts] == ["edge-1", "app-1", "app-2", "database-1", "cache-1"]
    for fault in ALL.values():
        hosts = {host.name for host in split_stack().hosts_of(fault.role)}
        assert {host for host, command in scripts if fault.restore in command} == hosts


def test_a_fault_that_cannot_be_taken_back_stops_the_run_and_names_the_host() -> None:
    with pytest.raises(StepFailed, match="edge-1"):
        drills._restore_here(Told(code=1), next(iter(split_stack().hosts_of(Role.EDGE))), ["false"])
