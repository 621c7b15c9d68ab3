"""Faults on purpose: each has its mark, is taken back by it alone, and begins when it should."""

import subprocess
from pathlib import Path

import pytest

from lms_stack.engines import ENGINES
from lms_stack.errors import StepFailed
from lms_stack.plan import Role
from lms_stack.remote import RemoteResult
from lms_stack.topology import Topology
from runbooks import drills
from runbooks.faults import EDGE_LINK, NAMES, Fault, When, faults
from tests.unit.fake_remote import FakeRemote
from tests.unit.stacks import small_stack, split_stack

ENGINE = ENGINES["lophoc"]
HOST = small_stack().host("lms-1")
ALL = {fault.name: fault for fault in faults(ENGINE, HOST, 2e6)}


class Failing(FakeRemote):
    """Hosts on which every command fails."""

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        return RemoteResult(1, "", "")


def test_the_names_that_the_command_offers_are_the_faults_but_for_the_one_that_needs_a_rate() -> None:
    assert tuple(ALL) == (EDGE_LINK, *NAMES)


def test_a_host_can_have_the_faults_of_its_roles_alone() -> None:
    stack = split_stack()
    for host in stack.hosts:
        assert {fault.role for fault in faults(ENGINE, host)} == {fault.role for fault in ALL.values()} & set(
            host.roles
        )


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
    remote = FakeRemote()
    with drills.drill(remote, small_stack(), "lophoc", name) as drill:
        assert remote.told == []
        drill.begin(When.IN_THE_HOLD)
        drill.begin(When.IN_THE_HOLD)
        assert remote.told == [("lms-1", ALL[name].begin)]
    assert remote.told[1:] == [("lms-1", ALL[name].restore)]


def test_a_fault_from_the_beginning_is_made_on_every_host_of_its_role_and_taken_back_when_the_run_breaks() -> None:
    remote = FakeRemote()
    standing = drills.drill(remote, split_stack(), "lophoc", "app-workers")
    standing.__enter__()
    assert [host for host, _ in remote.told] == ["app-1", "app-2"]
    assert not standing.__exit__(StepFailed, StepFailed("the load broke off"), None)
    assert remote.told[2:] == [(host, ALL["app-workers"].restore) for host in ("app-1", "app-2")]


def test_no_drill_tells_a_host_nothing() -> None:
    remote = FakeRemote()
    with drills.drill(remote, small_stack(), "lophoc", None) as drill:
        drill.begin(When.BEFORE)
        drill.begin(When.IN_THE_HOLD)
    assert remote.told == []


def test_a_narrow_line_and_a_fault_can_stand_together() -> None:
    remote = FakeRemote()
    with drills.drill(remote, small_stack(), "lophoc", "pgbouncer", link=2e6):
        assert remote.told == [("lms-1", ALL[EDGE_LINK].begin), ("lms-1", ALL["pgbouncer"].begin)]
    assert remote.told[2:] == [("lms-1", ALL[EDGE_LINK].restore), ("lms-1", ALL["pgbouncer"].restore)]


@pytest.mark.parametrize("stack", [small_stack(), split_stack()], ids=["small", "split"])
def test_all_faults_of_a_host_are_taken_back_by_one_script(stack: Topology) -> None:
    remote = FakeRemote()
    drills.restore_all(remote, stack, "lophoc")
    assert len({host for host, _ in remote.told}) == len(remote.told)
    for fault in ALL.values():
        hosts = {host.name for host in stack.hosts_of(fault.role)}
        assert {host for host, command in remote.told if fault.restore in command} == hosts


def test_a_fault_that_cannot_be_taken_back_stops_the_run_and_names_the_host() -> None:
    with pytest.raises(StepFailed, match="edge-1"):
        drills._restore_here(Failing(), next(iter(split_stack().hosts_of(Role.EDGE))), ["false"])
