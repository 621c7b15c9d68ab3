"""The lab's pure parts: names, addresses, limits, link shaping, rules, where packages come from."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from infra.lab import guest, image, limits, naming, network, processes, shaping
from infra.lab.commands import CommandFailed
from infra.lab.guest import GuestArgs, GuestPlace
from infra.lab.limits import Group, Limits
from infra.lab.network import NetworkArgs

MARK = "0a1b2c"


def test_two_deployments_of_one_name_in_two_state_folders_have_two_marks() -> None:
    assert naming.mark("/state/demo") != naming.mark("/other/demo")
    assert naming.mark("/state/demo") == naming.mark("/state/demo")


def test_names_fit_what_the_kernel_takes() -> None:
    assert len(naming.bridge(MARK)) <= 15
    assert len(naming.machine(MARK, "database-1")) <= 64


def test_a_deployment_gets_the_network_of_its_mark() -> None:
    assert naming.network("000007", []) == IPv4Network("198.18.7.0/24")


def test_a_taken_network_gives_way_to_the_next_one() -> None:
    taken = [IPv4Network("198.18.7.0/24"), IPv4Network("198.18.8.128/25")]
    assert naming.network("000007", taken) == IPv4Network("198.18.9.0/24")


def test_after_the_last_network_comes_the_first() -> None:
    assert naming.network("0001ff", [IPv4Network("198.19.255.0/24")]) == IPv4Network("198.18.0.0/24")


def test_no_network_is_left_when_the_range_is_taken() -> None:
    with pytest.raises(LookupError):
        naming.network(MARK, [naming.RANGE])


def test_guests_have_addresses_from_ten_up_and_the_host_has_one() -> None:
    cidr = IPv4Network("198.18.7.0/24")
    assert str(naming.gateway(cidr)) == "198.18.7.1"
    given = [str(address) for address in naming.guest_addresses(cidr)]
    assert (given[0], given[-1]) == ("198.18.7.10", "198.18.7.254")


@pytest.mark.parametrize(
    ("usable", "stack", "generator"),
    [({0}, "0", "0"), ({0, 1}, "0", "1"), ({0, 1, 2, 3}, "0,1,2", "3"), ({2, 5, 7}, "2,5", "7")],
)
def test_the_load_generator_has_the_last_core_for_itself(usable: set[int], stack: str, generator: str) -> None:
    assert limits.cores_of(False, usable) == stack
    assert limits.cores_of(True, usable) == generator
    assert limits.core_count(stack) == max(1, len(usable) - 1)


@pytest.fixture
def v2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with cgroup v2 alone, as files."""
    monkeypatch.setattr(limits, "ROOT", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids")
    return tmp_path


@pytest.fixture
def v1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with cgroup v1 controllers and systemd's own trees, as files."""
    monkeypatch.setattr(limits, "ROOT", tmp_path)
    for tree in ("cpu", "cpuset", "memory", "unified", "systemd"):
        (tmp_path / tree).mkdir()
        (tmp_path / tree / "cgroup.procs").write_text("1\n")
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    return tmp_path


LIMITS = Limits(cores=0.5, cpuset="0", memory=2**30)


def test_on_cgroup_v2_limits_are_written_to_one_group_with_its_controllers_on(v2: Path) -> None:
    group = Group(MARK, "lms-1")
    group.apply(LIMITS)
    folder = v2 / f"taphuan-{MARK}" / "lms-1"
    written = {name: (folder / name).read_text() for name in ("cpu.max", "cpuset.cpus", "memory.max")}
    assert written == {"cpu.max": "50000 100000", "cpuset.cpus": "0", "memory.max": str(2**30)}
    for level in (v2, folder.parent):
        assert (level / "cgroup.subtree_control").read_text() == "+cpu +cpuset +memory"
    assert not (folder / "cgroup.subtree_control").exists(), "a group with processes can't hand controllers on"
    assert group.join_script() == f"echo $$ > {folder}/cgroup.procs"


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], None]], None]:
    """Have a hook see the path of each file before it is written."""
    plain = Path.write_text

    def observe(hook: Callable[[Path], None]) -> None:
        def write(path: Path, text: str) -> int:
            hook(path)
            return plain(path, text)

        monkeypatch.setattr(Path, "write_text", write)

    return observe


def test_controllers_that_systemd_takes_off_the_root_meanwhile_are_switched_on_again(
    v2: Path, writes: Callable[[Callable[[Path], None]], None]
) -> None:
    group, root = Group(MARK, "lms-1"), v2 / "cgroup.subtree_control"
    taken: list[str] = []

    def take_off(path: Path) -> None:
        if path.name == root.name and path != root and not taken:
            taken.append(root.read_text())
            root.unlink()
            raise FileNotFoundError(path)

    writes(take_off)
    group.apply(LIMITS)
    assert taken == ["+cpu +cpuset +memory"]
    assert root.read_text() == (v2 / group.name).parent.joinpath(root.name).read_text() == taken[0]
    assert group.is_applied(LIMITS)


def test_a_controller_that_stays_off_is_an_error_and_no_endless_wait(
    v2: Path, writes: Callable[[Callable[[Path], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        if path.name == "cgroup.subtree_control":
            raise FileNotFoundError(path)

    writes(refuse)
    monkeypatch.setattr(limits, "LINGER", 0)
    with pytest.raises(FileNotFoundError, match=r"cgroup\.subtree_control"):
        Group(MARK, "lms-1").apply(LIMITS)


def test_limits_whose_controller_went_off_are_not_as_wanted(v2: Path) -> None:
    group = Group(MARK, "lms-1")
    group.apply(LIMITS)
    (v2 / group.name / "cpuset.cpus").unlink()
    assert not group.is_applied(LIMITS)


def test_on_cgroup_v1_each_controller_has_its_group_and_so_have_systemds_trees(v1: Path) -> None:
    group = Group(MARK, "lms-1")
    group.apply(LIMITS)
    name = f"taphuan-{MARK}/lms-1"
    assert (v1 / "cpu" / name / "cpu.cfs_quota_us").read_text() == "50000"
    assert (v1 / "cpuset" / name / "cpuset.cpus").read_text() == "0"
    assert (v1 / "memory" / name / "memory.limit_in_bytes").read_text() == str(2**30)
    assert [line.split("/")[-4] for line in group.join_script().splitlines()] == [
        "cpu",
        "cpuset",
        "memory",
        "unified",
        "systemd",
    ]


@pytest.mark.parametrize("other", [Limits(0.25, "0", 2**30), Limits(0.5, "1", 2**30), Limits(0.5, "0", 2**29)])
def test_limits_that_are_not_as_wanted_are_seen(v2: Path, other: Limits) -> None:
    group = Group(MARK, "lms-1")
    group.apply(LIMITS)
    assert group.is_applied(LIMITS)
    assert not group.is_applied(other)


def test_limits_of_a_group_that_is_not_there_are_not_as_wanted(v1: Path) -> None:
    assert not Group(MARK, "lms-1").is_applied(LIMITS)


def test_what_the_kernel_rounds_or_writes_shorter_means_the_same(v2: Path) -> None:
    group, odd = Group(MARK, "lms-1"), Limits(cores=1.5, cpuset="0,1,2", memory=2**30 + 5)
    group.apply(odd)
    (v2 / group.name / "cpuset.cpus").write_text("0-2\n")
    (v2 / group.name / "memory.max").write_text(f"{2**30}\n")
    assert group.is_applied(odd)


def test_missing_controllers_are_named(v2: Path) -> None:
    assert limits.missing_controllers() == []
    (v2 / "cgroup.controllers").write_text("io pids")
    assert limits.missing_controllers() == ["cpu", "cpuset", "memory"]


@pytest.mark.parametrize(("rate", "burst"), [(2e6, 32768), (20e6, 32768), (1e9, 1_250_000)])
def test_a_token_bucket_holds_more_than_a_timer_tick_of_its_rate(rate: float, burst: int) -> None:
    words = shaping.token_bucket(rate)
    assert words[words.index("burst") + 1] == str(burst)
    assert burst >= rate / 8 * 0.004


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ('[{"kind":"tbf","handle":"801c:","options":{"rate":2500000,"burst":32768,"lat":50000}}]', 20_000_000),
        ('[{"kind":"noqueue","handle":"0:","options":{}}]', 0),
        ("[]", 0),
        ("", 0),
    ],
)
def test_the_rate_that_a_link_has_is_read_from_tc(told: str, rate: int) -> None:
    assert shaping.held_rate(told) == rate


def test_load_generators_never_reach_beyond_their_bridge() -> None:
    args = NetworkArgs(f"th-{MARK}", f"taphuan_{MARK}", "198.18.7.0/24", "198.18.7.1", ("198.18.7.12",))
    rules = network._rules(args).splitlines()
    drop = f'    iifname "th-{MARK}" ip saddr {{ 198.18.7.12 }} oifname != "th-{MARK}" drop'
    assert rules.index(drop) < rules.index(f'    iifname "th-{MARK}" accept')


def _sources(folder: Path, name: str, text: str) -> list[str]:
    (folder / "sources.list.d").mkdir()
    (folder / name).write_text(text)
    return image.sources(folder)


def test_packages_come_from_the_official_mirror_where_the_host_names_none(tmp_path: Path) -> None:
    assert image.sources(tmp_path) == [
        "deb http://deb.debian.org/debian trixie main",
        "deb http://deb.debian.org/debian-security trixie-security main",
    ]


_DEB822 = """Types: deb
# http://snapshot.example/debian
URIs: http://mirror.example/debian
Suites: bookworm

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
"""
_ONE_LINE = """# deb http://old.example/debian bookworm main
deb http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security/ bookworm-security main
"""


@pytest.mark.parametrize(("name", "text"), [("sources.list.d/debian.sources", _DEB822), ("sources.list", _ONE_LINE)])
def test_packages_come_from_the_hosts_own_mirror(tmp_path: Path, name: str, text: str) -> None:
    assert _sources(tmp_path, name, text) == [
        "deb http://mirror.example/debian trixie main",
        "deb http://mirror.example/debian-security/ trixie-security main",
    ]


def test_nothing_official_is_added_to_a_sites_own_mirror(tmp_path: Path) -> None:
    only = _sources(tmp_path, "sources.list", "deb http://mirror.example/debian bookworm main\n")
    assert only == ["deb http://mirror.example/debian trixie main"]


def test_another_list_of_packages_is_another_image() -> None:
    assert image._key(["nginx", "sudo"]) == image._key(["sudo", "nginx"])
    assert image._key(["nginx"]) != image._key(["nginx", "sudo"])


def test_the_maker_of_the_image_dies_with_us_and_its_mounts_with_it() -> None:
    command = image._command(Path("/cache/image.part"), ["sudo"])
    assert command.index("setpriv") < command.index("unshare") < command.index("mmdebstrap")
    assert {"--pdeathsig", "--kill-child", "--mount", "--pid"} <= set(command[: command.index("mmdebstrap")])


@pytest.fixture
def image_tree(tmp_path: Path) -> Path:
    tree = tmp_path / "image"
    (tree / "etc").mkdir(parents=True)
    (tree / "etc" / "hostname").write_text("golden")
    return tree


def test_a_deployments_own_copy_survives_an_emptied_cache_and_takes_no_space(image_tree: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    image.own_copy(image_tree, own)
    file = image_tree / "etc" / "hostname"
    assert (own / "etc" / "hostname").stat().st_ino == file.stat().st_ino
    file.unlink()
    image.own_copy(tmp_path / "gone", own)
    assert (own / "etc" / "hostname").read_text() == "golden"


def test_a_half_made_copy_is_made_again(image_tree: Path, tmp_path: Path) -> None:
    (tmp_path / "own.part" / "half").mkdir(parents=True)
    image.own_copy(image_tree, tmp_path / "own")
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["etc"]


Disguised = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def disguised(request: pytest.FixtureRequest) -> Disguised:
    """Start sleeping processes that carry another program's command line."""

    def start(*words: str) -> "subprocess.Popen[bytes]":
        sleeper = (words[0], "-c", "import time; time.sleep(60)", *words[1:])
        process = subprocess.Popen(sleeper, executable=sys.executable)
        request.addfinalizer(process.wait)
        request.addfinalizer(process.kill)
        deadline = time.monotonic() + 10
        while processes.arguments(process.pid)[:1] != [words[0]]:
            assert time.monotonic() < deadline
        return process

    return start


def test_a_guest_is_known_by_program_machine_and_root_together(disguised: Disguised) -> None:
    root = Path("/state/demo/guests/lms-1/root")
    right = disguised("systemd-nspawn", "--machine=t-lms-1", f"--directory={root}")
    disguised("other-program", "--machine=t-lms-2", "--directory=/state/demo/guests/lms-2/root")
    assert processes.nspawn_of("t-lms-1", root) == right.pid
    assert processes.nspawn_of("t-lms-1", Path("/other/root")) is None
    assert processes.nspawn_of("t-lms", root) is None
    assert processes.nspawn_of("t-lms-2", Path("/state/demo/guests/lms-2/root")) is None
    assert processes.machines("t-", Path("/state/demo/guests")) == ["t-lms-1"]
    assert processes.machines("t-", Path("/state/other")) == []


def test_a_process_that_ended_is_gone_at_once_and_one_that_lives_is_waited_for(disguised: Disguised) -> None:
    living = disguised("sleeper")
    assert not processes.wait_gone(living.pid, 0.1)
    living.kill()
    assert processes.wait_gone(living.pid, 10)
    assert not processes.alive(living.pid)


def test_process_1_of_a_guest_is_one_namespace_below_us() -> None:
    assert processes.first_process([os.getpid(), os.getppid()]) is None


def test_a_guest_is_placed_by_its_deployments_mark(tmp_path: Path) -> None:
    place = GuestPlace(name="lms-1", mark=MARK, folder=str(tmp_path / "lms-1"))
    assert (place.machine, place.group.name) == (f"{MARK}-lms-1", f"taphuan-{MARK}/lms-1")
    assert place.root == tmp_path / "lms-1" / "root"


def test_what_a_killed_nspawn_left_mounted_goes_with_its_guest(
    v2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = GuestPlace(name="lms-1", mark=MARK, folder=str(tmp_path / "lms-1"))
    monkeypatch.setattr(guest, "RUNTIME", (tmp_path / "shown", tmp_path / "propagate"))
    own, other = tmp_path / "shown" / place.machine, tmp_path / "shown" / "other"
    for folder in (own, other, tmp_path / "propagate" / place.machine):
        folder.mkdir(parents=True)
    mounts = {place.root, own, other}
    monkeypatch.setattr("infra.lab.guest.os.path.ismount", mounts.__contains__)

    def succeeds(program: str, path: str) -> bool:
        mounts.discard(Path(path))
        return program == "umount"

    monkeypatch.setattr(guest, "succeeds", succeeds)
    guest.stop(place)
    assert mounts == {other}
    assert [folder.name for tree in guest.RUNTIME for folder in tree.iterdir()] == ["other"]


def test_an_nspawn_that_ends_at_once_says_why_and_nobody_waits(tmp_path: Path) -> None:
    place = GuestPlace(name="lms-1", mark=MARK, folder=str(tmp_path))
    (tmp_path / "console.log").write_text("an older start\nMount point exists already, refusing.\n")
    with subprocess.Popen(["false"]) as ended:
        ended.wait()
        with pytest.raises(
            CommandFailed, match=f"^systemd-nspawn {place.machine}: Mount point exists already, refusing"
        ):
            guest._wait_for_leader(place, ended)


def test_a_guest_that_greets_late_is_waited_for_on_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    args = GuestArgs(
        name="lms-1",
        mark=MARK,
        folder="/state/demo/guests/lms-1",
        image="/cache/image",
        bridge=naming.bridge(MARK),
        address="198.18.7.10",
        prefix=24,
        gateway="198.18.7.1",
        public_key="",
        cores=0.5,
        cpuset="0",
        memory=2**29,
        link=0.0,
    )
    server, connect = socket.create_server(("127.0.0.1", 0)), socket.create_connection
    tries: list[object] = []

    def to_server(address: tuple[str, int], timeout: float) -> socket.socket:
        tries.append(address)
        return connect(server.getsockname(), timeout)

    def greet_late() -> None:
        connection, _ = server.accept()
        with connection:
            time.sleep(1.5)
            connection.sendall(b"SSH-2.0-late\r\n")

    monkeypatch.setattr("infra.lab.guest.socket.create_connection", to_server)
    monkeypatch.setattr(guest, "START_SECONDS", 5)
    with server, ThreadPoolExecutor() as pool:
        late = pool.submit(greet_late)
        guest._wait_for_ssh(args)
        late.result()
    assert tries == [("198.18.7.10", 22)]
