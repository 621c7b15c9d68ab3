"""One real guest on this machine: started, looked at, changed, killed, brought back, removed."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.lab import guest, network, processes, shaping, sweep
from infra.lab.guest import GuestArgs
from infra.servers import ServerArgs, answers
from infra.targets import Lab
from tests.contracts import small_lab

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(os.geteuid() != 0, reason="guests need root"),
]

SENTINEL = "taphuan-test-sentinel"
BITS = 8


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A deployment with its network and its guest up; made without Pulumi."""
    folder = tmp_path_factory.mktemp("guests")
    paths = small_lab.new_deployment(folder / "guest-test")
    target = small_lab.lab(paths, small_lab.one_host_plan(paths.name), small_lab.image(folder / "image.log"))
    target.check()
    target.prepare()
    os.environ["TAPHUAN_TEST_SENTINEL"] = SENTINEL
    try:
        network.ensure(target.network_args())
        guest.ensure(target.guests()[0])
        yield target
    finally:
        del os.environ["TAPHUAN_TEST_SENTINEL"]
        sweep.sweep(paths.guests, target.mark)


@pytest.fixture
def args(lab: Lab) -> Iterator[GuestArgs]:
    """The guest as planned, whatever the test before it did."""
    planned = lab.guests()[0]
    guest.ensure(planned)
    yield planned
    guest.ensure(planned)


def nspawn(args: GuestArgs) -> int:
    found = processes.nspawn_of(args.machine, args.root)
    assert found, f"{args.name} doesn't run"
    return found


def leader(args: GuestArgs) -> int:
    found = processes.leader_of(nspawn(args))
    assert found
    return found


def in_guest(lab: Lab, command: str) -> str:
    """What a shell command over SSH says, with the pinned host key alone."""
    args = lab.guests()[0]
    known = lab.paths.root / "known_hosts"
    known.write_text(f"{args.address} {guest.host_key(args)}\n")
    options = ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    done = subprocess.run(
        ["ssh", "-i", str(lab.paths.identity), *options, f"root@{args.address}", command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_guest_answers_with_the_key_that_was_made_for_it_and_with_no_other(args: GuestArgs) -> None:
    right = ServerArgs(name=args.name, address=args.address, port=22, user="root", host_key=guest.host_key(args))
    other = replace(right, host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKVIQho984vGotmItJHeygeqBj5cCjKJunxteqck+Wy+")
    assert answers(right)
    assert not answers(other)


def test_the_whole_guest_is_well_and_runs_nothing_that_no_role_asked_for(lab: Lab, args: GuestArgs) -> None:
    assert in_guest(lab, "systemctl is-system-running --wait") == "running"
    started = in_guest(lab, "systemctl list-units --type=service --state=running --plain --no-legend")
    assert not {word.split(".")[0] for word in started.split()} & {"nginx", "postgresql@17-main", "valkey-server"}
    assert in_guest(lab, "hostname") == args.name


def test_making_sure_again_starts_nothing(args: GuestArgs) -> None:
    before = leader(args)
    guest.ensure(args)
    assert leader(args) == before


def test_a_guest_outlives_its_maker_and_knows_nothing_of_it(args: GuestArgs) -> None:
    own = small_lab.environments()[nspawn(args)]
    assert not [word for word in own if SENTINEL in word or word.startswith(("TAPHUAN", "PULUMI"))]
    assert os.getsid(nspawn(args)) != os.getsid(0)


@pytest.mark.parametrize("victim", [nspawn, leader], ids=["nspawn", "process 1"])
def test_a_killed_guest_is_seen_and_comes_back_with_its_data(
    lab: Lab, args: GuestArgs, victim: Callable[[GuestArgs], int]
) -> None:
    key = guest.host_key(args)
    in_guest(lab, f"echo {victim.__name__} > /root/kept; sync")
    machine_id = in_guest(lab, "cat /etc/machine-id")
    os.kill(victim(args), signal.SIGKILL)
    _wait_until(lambda: not guest.is_up(args))
    assert guest.ensure(args) == key
    assert in_guest(lab, "cat /root/kept /etc/machine-id").split() == [victim.__name__, machine_id]


def test_a_guest_whose_nspawn_was_killed_is_still_shut_down_cleanly(lab: Lab, args: GuestArgs) -> None:
    in_guest(lab, "rm -f /root/closed; systemd-run --quiet -p ExecStop='touch /root/closed' sleep infinity")
    os.kill(nspawn(args), signal.SIGKILL)
    _wait_until(lambda: not guest.is_up(args))
    guest.stop(args)
    assert args.group.members() == set()
    assert not os.path.ismount(args.root)
    assert (Path(args.folder) / "upper/root/closed").exists()


def test_after_a_reboot_of_the_machine_network_and_guest_come_back(lab: Lab, args: GuestArgs) -> None:
    in_guest(lab, "echo before > /root/kept; sync")
    guest.stop(args)
    args.group.remove()
    network.remove(lab.network_args())
    assert not guest.is_up(args)
    assert not network.exists(lab.network_args())
    network.ensure(lab.network_args())
    guest.ensure(args)
    assert network.exists(lab.network_args())
    assert in_guest(lab, "cat /root/kept") == "before"


def test_a_guest_whose_bridge_was_taken_away_is_not_up(lab: Lab, args: GuestArgs) -> None:
    network.remove(lab.network_args())
    assert not guest.is_up(args)
    network.ensure(lab.network_args())
    guest.ensure(args)
    assert guest.is_up(args)


def test_limits_and_link_change_while_the_guest_runs(args: GuestArgs) -> None:
    before = leader(args)
    other = replace(args, cores=0.25, memory=300 * small_lab.MIB, link=5e6)
    assert guest.drift(other) == {"cores", "cpuset", "memory", "link"}
    guest.ensure(other)
    assert guest.drift(other) == set()
    assert leader(other) == before


def test_a_link_can_be_set_free(args: GuestArgs) -> None:
    free = replace(args, link=0.0)
    guest.ensure(free)
    assert guest.drift(free) == set()
    assert guest.drift(args) == {"link"}


def test_a_limit_that_somebody_changed_is_named(args: GuestArgs) -> None:
    subprocess.run(["tc", "qdisc", "delete", "dev", shaping.host_end(leader(args)), "root"], check=True)
    assert guest.drift(args) == {"link"}
    (args.root / "root/.ssh/authorized_keys").write_text("")
    assert guest.drift(args) == {"link", "public_key"}


def test_a_key_that_somebody_added_stays(args: GuestArgs) -> None:
    keys = args.root / "root/.ssh/authorized_keys"
    keys.write_text(f"{args.public_key}\nssh-ed25519 AAAA other\n")
    assert guest.drift(args) == set()
    guest.ensure(args)
    assert "other" in keys.read_text()


@pytest.mark.parametrize("way", ["into the guest", "out of the guest"])
def test_a_shaped_link_is_never_faster_than_planned(lab: Lab, args: GuestArgs, way: str) -> None:
    sent = 5_000_000
    in_guest(lab, "systemd-run --quiet --collect --unit=peer python3 -c '" + _PEER + "'")
    _wait_until(lambda: "7007" in in_guest(lab, "ss -ltn"))
    with socket.create_connection((args.address, 7007), timeout=60) as connection:
        begun = time.monotonic()
        if way == "into the guest":
            connection.sendall(b"i" + bytes(sent))
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b"."
        else:
            connection.sendall(b"o")
            assert sum(len(part) for part in iter(lambda: connection.recv(65536), b"")) == sent
        seconds = time.monotonic() - begun
    assert sent * BITS / seconds < args.link


#: Takes one connection and reads all of it (i), or writes 5 MB to it (o).
_PEER = """
import socket
listener = socket.create_server(("", 7007))
connection, _ = listener.accept()
if connection.recv(1) == b"i":
    while connection.recv(65536): pass
    connection.sendall(b".")
else:
    connection.sendall(bytes(5000000))
connection.close()
"""


def test_a_guest_of_another_deployment_is_no_business_of_ours(lab: Lab, args: GuestArgs) -> None:
    others = sweep.stray_guests(lab.paths.root.parent / "other" / "guests", "abcdef")
    assert others == ()
    assert processes.nspawn_of(args.machine, Path("/elsewhere")) is None
    assert [stray.name for stray in sweep.stray_guests(lab.paths.guests, lab.mark)] == [args.name]
    assert sweep.stray_guests(lab.paths.guests, lab.mark, frozenset({args.name})) == ()


def test_removal_leaves_nothing_behind_and_can_be_repeated(lab: Lab, args: GuestArgs) -> None:
    assert small_lab.left_by(lab.paths.root)
    assert sweep.sweep(lab.paths.guests, lab.mark) == 1
    _wait_until(lambda: not small_lab.left_by(lab.paths.root))
    assert not Path(args.folder).exists()
    assert sweep.sweep(lab.paths.guests, lab.mark) == 0
    network.ensure(lab.network_args())


def _wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """The kernel takes a dead guest's interfaces away a little later."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
