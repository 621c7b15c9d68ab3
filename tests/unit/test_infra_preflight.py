"""The preflight: everything that is missing at once, each with what to do; and what each target makes of a plan."""

import os
import shutil
from collections import namedtuple
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from infra import preflight, servers, targets
from infra.lab.guest import GuestArgs
from infra.targets import Lab, Servers
from lms_stack.course import ServerHost, ServersTarget
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.errors import ExitCode, PreflightFailed, UsageError
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.sizing import plan as sized
from tests.unit.test_infra_provider import GUEST

DEMO = Path(__file__).parent.parent.parent / "courses" / "demo.yaml"
CIDR = IPv4Network("198.18.7.0/24")
Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture(scope="module")
def plan() -> Plan:
    course = read_course(DEMO)
    return sized(course, demand(course))


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine that lacks nothing: 8 GiB of memory, 100 GiB of disk, no guest of ours running."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(200 << 30, 0, 100 << 30))
    monkeypatch.setattr(preflight, "succeeds", lambda *_command: True)
    monkeypatch.setattr(preflight, "missing_controllers", list)
    monkeypatch.setattr(preflight, "networks_but", lambda _bridge: [IPv4Network("192.0.2.0/24")])
    monkeypatch.setattr(preflight, "available_memory", lambda: 8 << 30)
    monkeypatch.setattr(preflight, "nspawn_of", lambda _machine, _root: None)
    return monkeypatch


def refusal(plan: Plan, root: Path, *guests: GuestArgs) -> str:
    """What the preflight says against these guests; empty where it lets them pass."""
    try:
        preflight.check_lab(plan, root, guests or (GUEST,), CIDR)
    except PreflightFailed as refused:
        return refused.message
    return ""


@pytest.mark.usefixtures("able")
def test_a_machine_that_lacks_nothing_passes(plan: Plan, tmp_path: Path) -> None:
    assert refusal(plan, tmp_path) == ""


def test_everything_that_is_missing_is_told_at_once(able: pytest.MonkeyPatch, plan: Plan, tmp_path: Path) -> None:
    able.setattr(os, "geteuid", lambda: 1000)
    able.setattr(shutil, "which", lambda program: None if program == "nft" else f"/usr/bin/{program}")
    able.setattr(shutil, "disk_usage", lambda _place: Usage(1 << 30, 0, 1 << 20))
    able.setattr(preflight, "available_memory", lambda: 1 << 30)
    able.setattr(preflight, "networks_but", lambda _bridge: [IPv4Network("198.18.0.0/16")])
    said = refusal(plan, tmp_path, GUEST)
    for word in ("not root", "nft is not installed", "addresses:", "memory:", "disk at"):
        assert word in said
    assert "nothing was changed" in said
    assert PreflightFailed.exit_code == ExitCode.STEP_FAILED


def test_each_thing_the_kernel_must_do_is_named(able: pytest.MonkeyPatch, plan: Plan, tmp_path: Path) -> None:
    able.setattr(preflight, "succeeds", lambda *_command: False)
    able.setattr(preflight, "missing_controllers", lambda: ["cpuset"])
    said = refusal(plan, tmp_path)
    for word in ("module `bridge`", "module `veth`", "module `sch_tbf`", "nft_masq", "controller `cpuset`"):
        assert word in said


def test_guests_that_run_already_need_no_more_memory(able: pytest.MonkeyPatch, plan: Plan, tmp_path: Path) -> None:
    other = replace(GUEST, name="lms-2", memory=5 << 30)
    able.setattr(preflight, "available_memory", lambda: 2 << 30)
    assert "for 2 guests" in refusal(plan, tmp_path, GUEST, other)
    able.setattr(preflight, "nspawn_of", lambda machine, _root: 7 if machine == other.machine else None)
    assert refusal(plan, tmp_path, GUEST, other) == ""


def test_a_deployment_that_stands_needs_no_room_for_what_it_has(
    able: pytest.MonkeyPatch, plan: Plan, tmp_path: Path
) -> None:
    able.setattr(shutil, "disk_usage", lambda _place: Usage(200 << 30, 0, 1 << 30))
    assert "disk at" in refusal(plan, tmp_path)
    (tmp_path / "guests").mkdir()
    assert refusal(plan, tmp_path) == ""


@pytest.mark.usefixtures("able")
def test_a_path_that_overlayfs_cannot_take_is_refused(plan: Plan, tmp_path: Path) -> None:
    assert "comma" in refusal(plan, tmp_path / "a,b")


@pytest.mark.skipif(not shutil.which("nft") or os.geteuid() != 0, reason="needs root and the lab's programs")
def test_the_attempts_succeed_on_a_kernel_that_runs_the_lab() -> None:
    assert not list(preflight._kernel())


@pytest.fixture
def lab(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(targets, "networks_but", lambda _bridge: [IPv4Network("198.18.0.0/17")])
    root = tmp_path / "state" / "demo"
    root.mkdir(parents=True)
    return Lab(plan, DeploymentPaths(root=root), Path("/cache/image"), "ssh-ed25519 AAAA")


def test_a_labs_network_is_chosen_once_and_collides_with_nobody(lab: Lab) -> None:
    other = lab.paths.root.parent / "other"
    other.mkdir()
    (other / "network.json").write_text('{"cidr": "198.18.128.0/24"}')
    chosen = lab.cidr
    assert not chosen.overlaps(IPv4Network("198.18.0.0/17"))
    assert not chosen.overlaps(IPv4Network("198.18.128.0/24"))
    assert Lab(lab.plan, lab.paths, Path("/other"), "key").cidr == chosen


def test_a_labs_guests_are_what_the_plan_says(lab: Lab) -> None:
    guests = {args.name: args for args in lab.guests()}
    assert {name: args.cores for name, args in guests.items()} == {
        host.name: host.cores.value for host in lab.plan.hosts
    }
    assert {name for name, args in guests.items() if args.link} == {host.name for host in lab.plan.hosts if host.link}
    assert len({args.address for args in guests.values()}) == len(guests)


def test_only_the_load_generator_is_kept_in(lab: Lab) -> None:
    assert lab.network_args().kept_in == (lab.addresses()["loadgen-1"],)


def _servers(plan: Plan, folder: Path, *names: str) -> Servers:
    hosts = tuple(
        ServerHost(name=name, address=f"192.0.2.{n}", host_key="ssh-ed25519 AAAA", identity_file="keys/id")
        for n, name in enumerate(names)
    )
    target = ServersTarget(kind="servers", hosts=hosts, operator_address="192.0.2.1")
    return Servers(plan, DeploymentPaths(root=folder / "state"), target, folder)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The key to log in with, beside the course file."""
    file = tmp_path / "keys" / "id"
    file.parent.mkdir()
    file.touch()
    return file


def test_servers_that_the_plan_needs_and_the_file_lacks_are_named(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="loadgen-1, monitor-1"):
        _servers(plan, tmp_path, "lms-1").check()


def _shown(monkeypatch: pytest.MonkeyPatch, keys: dict[str, set[str]]) -> None:
    """Let machines answer with these keys, by address; the others don't answer."""
    monkeypatch.setattr(servers, "_shown_keys", lambda args, _kind: keys.get(args.address, set()))


def test_a_servers_key_file_is_beside_the_course_file(
    plan: Plan, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shown(monkeypatch, {f"192.0.2.{n}": {"AAAA"} for n in range(3)})
    target = _servers(plan, tmp_path, *(host.name for host in plan.hosts))
    target.check()
    host = target.host("lms-1", "ssh-ed25519 AAAA")
    assert host.identity_file == key
    assert (host.address, host.port, host.user) == ("192.0.2.0", 22, "root")


def test_everything_that_keeps_us_from_servers_is_told_at_once(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shown(monkeypatch, {"192.0.2.0": {"AAAA"}, "192.0.2.1": {"BBBB"}})
    target = _servers(plan, tmp_path, *(host.name for host in plan.hosts))
    with pytest.raises(PreflightFailed) as refused:
        target.check()
    said = refused.value.message
    one, two, three = (host.name for host in plan.hosts)
    assert f"{tmp_path}/keys/id: no such file" in said
    assert f"{two} (192.0.2.1:22) answered with another host key" in said
    assert f"{three} (192.0.2.2:22) doesn't answer on SSH" in said
    assert f"{one} (" not in said
