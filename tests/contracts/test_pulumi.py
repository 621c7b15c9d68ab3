"""The door to Pulumi: real stacks on this machine, disturbed in every way that we know of."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.setup.pulumi_cli import ensure_pulumi
from infra.lab import guest, network, processes
from infra.lab.guest import GuestArgs
from infra.stack import Provisioned, destroy, held_secrets, provision
from infra.targets import Lab, Servers
from lms_stack.course import ServerHost, ServersTarget
from lms_stack.errors import PreflightFailed
from lms_stack.folders import cache_root
from lms_stack.plan import Plan
from lms_stack.provisioned import ProvisionChanges
from tests.contracts import small_lab

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(os.geteuid() != 0, reason="guests need root"),
]

#: Runs `provision` in a process of its own, which a test can kill.
_CHILD = """
import sys
from pathlib import Path
from tests.contracts import small_lab
from infra.stack import provision
from lms_stack.paths import DeploymentPaths
paths = DeploymentPaths(root=Path(sys.argv[1]))
plan = small_lab.one_host_plan(paths.name)
target = small_lab.lab(paths, plan, Path(sys.argv[2]))
provision(plan, target, paths, Path(sys.argv[3]), print, paths.logs / "up.log")
"""


@pytest.fixture(scope="module")
def cli() -> Path:
    return ensure_pulumi(cache_root(), print)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_lab.image(tmp_path_factory.mktemp("image") / "image.log")


class Deployment:
    """One deployment under test."""

    def __init__(self, root: Path, golden: Path, cli: Path) -> None:
        self.paths = small_lab.new_deployment(root)
        self.golden = golden
        self.cli = cli
        self.said: list[str] = []

    def up(self, plan: Plan | None = None) -> Provisioned:
        wanted = plan or small_lab.one_host_plan(self.paths.name)
        target = small_lab.lab(self.paths, wanted, self.golden)
        return provision(
            wanted, target, self.paths, self.cli, self.said.append, self.paths.logs / "up.log", raw=self.said.append
        )

    def down(self) -> int:
        return destroy(self.paths, self.cli, self.said.append, self.paths.logs / "down.log")

    @property
    def guest(self) -> GuestArgs:
        return self.target.guests()[0]

    @property
    def target(self) -> Lab:
        return small_lab.lab(self.paths, small_lab.one_host_plan(self.paths.name), self.golden)

    def nspawn(self) -> int | None:
        return processes.nspawn_of(self.guest.machine, self.guest.root)

    def started(self) -> "subprocess.Popen[bytes]":
        """`provision` in a child, in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(self.paths.root), str(self.golden), str(self.cli)],
            cwd=small_lab.ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


Begin = Callable[[str], Deployment]


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory, golden: Path, cli: Path) -> Iterator[Begin]:
    """Begin deployments; all of them are taken down at the end, and must leave nothing."""
    begun: list[Deployment] = []
    folder = tmp_path_factory.mktemp("state")

    def make(name: str) -> Deployment:
        begun.append(Deployment(folder / name, golden, cli))
        return begun[-1]

    yield make
    for deployment in (each for each in begun if each.paths.pulumi.exists()):
        deployment.down()
    for deployment in begun:
        _wait_until(lambda root=deployment.paths.root: not small_lab.left_by(root))  # type: ignore[misc]


@pytest.fixture(scope="module")
def watched(begin: Begin) -> tuple[Deployment, Provisioned, str]:
    """A first provisioning, and every command line that was seen on the machine meanwhile."""
    deployment = begin("first")
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.update("\0".join(words) for words in small_lab.command_lines().values())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        provisioned = deployment.up()
    finally:
        over.set()
        watcher.join()
    return deployment, provisioned, "\n".join(seen)


@pytest.fixture
def first(watched: tuple[Deployment, Provisioned, str]) -> Deployment:
    """The deployment of the first provisioning, with its guest up as planned."""
    network.ensure(watched[0].target.network_args())
    guest.ensure(watched[0].guest)
    return watched[0]


def test_the_first_time_everything_is_made_and_answers_with_the_key_given_back(
    watched: tuple[Deployment, Provisioned, str],
) -> None:
    deployment, provisioned, _ = watched
    assert provisioned.changes.create >= 2
    assert provisioned.hosts[0].host_key == guest.host_key(deployment.guest)
    assert [host.name for host in provisioned.hosts] == [small_lab.HOST]


def test_the_second_time_nothing_changes(first: Deployment) -> None:
    before = first.nspawn()
    changes = first.up().changes
    assert changes == ProvisionChanges(same=changes.same)
    assert changes.same >= 2
    assert first.nspawn() == before


def test_secrets_are_made_once(watched: tuple[Deployment, Provisioned, str], first: Deployment) -> None:
    assert first.up().secrets == watched[1].secrets
    assert held_secrets(first.paths, first.cli, first.paths.logs / "held.log") == watched[1].secrets


def test_no_secret_is_in_any_file_log_command_line_or_message(
    watched: tuple[Deployment, Provisioned, str],
) -> None:
    deployment, provisioned, command_lines = watched
    hidden = small_lab.plain_secrets(provisioned.secrets)
    assert len(hidden) >= 10
    assert "pulumi\0config\0set" in command_lines.replace(str(deployment.cli), "pulumi"), "the watcher saw nothing"
    texts = {"command lines": command_lines, "messages": "\n".join(deployment.said), "repr": repr(provisioned)}
    for file in (path for path in deployment.paths.root.rglob("*") if path.is_file() and not path.is_symlink()):
        if not {"golden", "guests"} & set(file.relative_to(deployment.paths.root).parts):
            texts[str(file)] = file.read_text(errors="replace")
    for place, text in texts.items():
        assert not [value[:4] for value in hidden if value in text], f"a secret is to be read in {place}"


def test_the_passphrase_is_only_ours(first: Deployment) -> None:
    assert first.paths.passphrase.stat().st_mode & 0o777 == 0o600


def test_the_provider_is_given_no_secrets(first: Deployment) -> None:
    state = json.loads(next((first.paths.pulumi / ".pulumi" / "stacks").rglob("*.json")).read_text())
    provider = [each for each in state["checkpoint"]["latest"]["resources"] if "pulumi:providers" in each["type"]]
    assert provider
    assert not provider[0].get("inputs")


def test_a_dead_guest_is_seen_and_brought_back_with_its_data(first: Deployment) -> None:
    first.up()
    (first.guest.root / "root/kept").write_text("kept")
    os.kill(first.nspawn() or 0, signal.SIGKILL)
    changes = first.up().changes
    assert (changes.create, changes.update, changes.delete) == (1, 0, 0)
    assert (first.guest.root / "root/kept").read_text() == "kept"


def test_a_lost_bridge_is_seen(first: Deployment) -> None:
    subprocess.run(["ip", "link", "delete", first.target.network.interface], check=True)
    first.up()
    assert guest.is_up(first.guest)


def test_a_changed_plan_changes_limits_in_place(first: Deployment) -> None:
    first.up()
    before = first.nspawn()
    changes = first.up(small_lab.one_host_plan(first.paths.name, cores=0.25, link=5e6)).changes
    assert (changes.create, changes.update, changes.delete) == (0, 1, 0)
    assert first.nspawn() == before
    assert guest.drift(first.guest) == {"cores", "cpuset", "memory", "link"}


def test_limits_that_drifted_are_put_right(first: Deployment) -> None:
    first.up()
    first.guest.group.apply(replace(first.guest.limits, cores=0.1))
    assert guest.drift(first.guest) == {"cores", "cpuset", "memory"}
    changes = first.up().changes
    assert (changes.create, changes.update, changes.delete) == (0, 1, 0)
    assert guest.drift(first.guest) == set()


def test_an_emptied_cache_takes_no_guest_with_it(first: Deployment, tmp_path: Path) -> None:
    os.kill(first.nspawn() or 0, signal.SIGKILL)
    gone = small_lab.lab(first.paths, small_lab.one_host_plan(first.paths.name), tmp_path / "no-such-image")
    provision(gone.plan, gone, first.paths, first.cli, print, first.paths.logs / "up.log")
    assert guest.is_up(first.guest)


@pytest.mark.parametrize("owner", ["dead", "another program", "half written"])
def test_a_stale_lock_is_taken_away(first: Deployment, owner: str) -> None:
    lock = first.paths.pulumi / ".pulumi" / "locks" / "organization" / "taphuan" / first.paths.name / "stale.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    pid = {"dead": 2**22 + 1, "another program": os.getpid(), "half written": None}[owner]
    lock.write_text(json.dumps({"pid": pid}) if pid else '{"pi')
    first.up()
    assert not lock.exists()


def test_killed_at_any_moment_the_next_run_ends_well(begin: Begin) -> None:
    deployment = begin("killed")
    chance = random.Random(7)
    for _ in range(3):
        process = deployment.started()
        time.sleep(chance.uniform(0.5, 5.0))
        process.kill()
        process.wait()
        deployment.up()
        assert guest.is_up(deployment.guest)
        assert guest.drift(deployment.guest) == set()
        changes = deployment.up().changes
        assert changes == ProvisionChanges(same=changes.same)
        os.kill(deployment.nspawn() or 0, signal.SIGKILL)


def test_down_removes_also_what_a_killed_run_did_not_write_down(begin: Begin) -> None:
    deployment = begin("unwritten")
    process = deployment.started()
    _wait_until(lambda: deployment.nspawn() is not None)
    process.kill()
    process.wait()
    deployment.down()
    _wait_until(lambda: not small_lab.left_by(deployment.paths.root))
    assert not list(deployment.paths.guests.glob("*"))


def test_a_host_that_left_the_plan_after_a_killed_run_goes_too(first: Deployment) -> None:
    stray = guest.GuestPlace(name="app-9", mark=first.guest.mark, folder=str(first.paths.guests / "app-9"))
    stray.root.mkdir(parents=True)
    first.up()
    assert not stray.root.exists()


def test_two_deployments_live_side_by_side(first: Deployment, begin: Begin) -> None:
    other = begin("second")
    before = first.nspawn()
    made = other.up()
    assert made.network.cidr != first.target.network.cidr
    assert other.down() >= 2
    _wait_until(lambda: not small_lab.left_by(other.paths.root))
    assert first.nspawn() == before
    assert guest.is_up(first.guest)


def test_a_plan_that_this_machine_cannot_carry_is_refused_whole_and_nothing_is_made(begin: Begin) -> None:
    deployment = begin("too-large")
    plan = small_lab.one_host_plan(deployment.paths.name)
    host = plan.hosts[0]
    greedy = host.model_copy(update={"memory": host.memory.model_copy(update={"value": 2.0**60})})
    with pytest.raises(PreflightFailed) as refused:
        deployment.up(plan.model_copy(update={"hosts": (greedy,)}))
    assert "memory:" in refused.value.message
    assert not small_lab.left_by(deployment.paths.root)
    assert not deployment.paths.pulumi.exists()


def _servers(deployment: Deployment, first: Deployment, host_key: str) -> tuple[Plan, Servers]:
    host = ServerHost(
        name=small_lab.HOST,
        address=first.guest.address,
        host_key=host_key,
        identity_file=str(first.paths.identity),
    )
    target = ServersTarget(kind="servers", hosts=(host,), operator_address=first.guest.gateway)
    plan = small_lab.one_host_plan(deployment.paths.name)
    return plan, Servers(plan, deployment.paths, target, deployment.paths.root)


def _provision_servers(deployment: Deployment, plan: Plan, target: Servers) -> Provisioned:
    return provision(plan, target, deployment.paths, deployment.cli, print, deployment.paths.logs / "up.log")


def test_servers_that_answer_with_their_pinned_keys_are_taken_as_they_are(first: Deployment, begin: Begin) -> None:
    deployment = begin("servers")
    plan, target = _servers(deployment, first, guest.host_key(first.guest))
    made = _provision_servers(deployment, plan, target)
    assert made.hosts[0].address == first.guest.address
    assert made.hosts[0].identity_file == first.paths.identity
    again = _provision_servers(deployment, plan, target).changes
    assert again == ProvisionChanges(same=again.same)
    guest.stop(first.guest)
    with pytest.raises(PreflightFailed, match="doesn't answer on SSH"):
        _provision_servers(deployment, plan, target)
    deployment.down()
    first.up()
    assert guest.is_up(first.guest)


def test_servers_that_were_left_are_taken_again_with_the_secrets_that_their_data_know(
    first: Deployment, begin: Begin
) -> None:
    deployment = begin("taken-again")
    plan, target = _servers(deployment, first, guest.host_key(first.guest))
    before = _provision_servers(deployment, plan, target)
    deployment.down()
    assert _provision_servers(deployment, plan, target).secrets == before.secrets


def test_a_server_with_another_key_than_the_pinned_one_stops_everything(first: Deployment, begin: Begin) -> None:
    deployment = begin("impostor")
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKVIQho984vGotmItJHeygeqBj5cCjKJunxteqck+Wy+"
    plan, target = _servers(deployment, first, other)
    with pytest.raises(PreflightFailed, match="another host key than the pinned one"):
        _provision_servers(deployment, plan, target)


def _wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
