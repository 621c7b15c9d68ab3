"""One guest: a Debian machine on an overlay of the golden image, with limits, an address and keys of its own."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.lab import naming, processes
from infra.lab.commands import CommandFailed, run, succeeds
from infra.lab.limits import Group, Limits
from infra.lab.shaping import host_end, is_shaped, shape, unshape

#: Seconds that a guest may take until SSH answers. It takes about two; half a core of a machine that is itself emulated
#: took more than 60.
START_SECONDS = 180
#: Seconds that a guest's SSH server may take to greet once it is connected to. Whoever hangs up sooner and tries again
#: keeps a slow guest busy with connections that nobody waits for.
GREETING_SECONDS = 20
#: Seconds that a guest may take to shut down; a database that is killed recovers from its log.
STOP_SECONDS = 20


#: Where nspawn keeps a folder with the machine's name: the first, from systemd 256 on, as a mount with its sockets.
RUNTIME = (Path("/run/systemd/nspawn/unix-export"), Path("/run/systemd/nspawn/propagate"))
#: Where Debian's own systemd-resolved keeps the servers behind its local address.
RESOLVERS = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


@dataclass(frozen=True)
class GuestPlace:
    """Which guest of which deployment, and the folder that holds its overlay: enough to find it and to remove it."""

    name: str
    mark: str
    folder: str

    @property
    def machine(self) -> str:
        """The name that its processes and its mount carry on this box."""
        return naming.machine(self.mark, self.name)

    @property
    def root(self) -> Path:
        """Where the guest's file tree is mounted."""
        return Path(self.folder) / "root"

    @property
    def group(self) -> Group:
        """The guest's cgroup."""
        return Group(self.mark, self.name)


@dataclass(frozen=True)
class GuestArgs(GuestPlace):
    """What a guest is. `link` is bit/s each way, 0 for a free link."""

    image: str
    bridge: str
    address: str
    prefix: int
    gateway: str
    public_key: str
    cores: float
    cpuset: str
    memory: int
    link: float

    @property
    def limits(self) -> Limits:
        """The guest's limits."""
        return Limits(cores=self.cores, cpuset=self.cpuset, memory=self.memory)


def ensure(args: GuestArgs) -> str:
    """Bring a guest up, with the data it had if it was there before; gives back its public host key.

    :raises CommandFailed: nspawn ended at once, with what it said.
    :raises TimeoutError: SSH didn't answer in time; the guest's console log tells why.
    """
    if not is_up(args):
        stop(args)
        _mount(args)
        _settle(args)
        _wait_for_leader(args, _start(args))
    adjust(args)
    _wait_for_ssh(args)
    return host_key(args)


def is_up(args: GuestArgs) -> bool:
    """Whether the guest runs, on its bridge and at its own root, with the key that it is known by."""
    leader = leader_of(args)
    if leader is None or not os.path.ismount(args.root) or not _has_key(args):
        return False
    try:
        end = host_end(leader)
    except (RuntimeError, LookupError, IndexError):
        return False
    return (Path("/sys/class/net") / end / "master").resolve().name == args.bridge


def adjust(args: GuestArgs) -> None:
    """Set limits, link and the operator's key of a running guest, without a restart."""
    args.group.apply(args.limits)
    if not _lets_in(args):
        _write(_authorized_keys(args), f"{args.public_key}\n", 0o600)
    leader = _wait_for_leader(args)
    if args.link:
        shape(leader, args.link)
    else:
        unshape(leader)


def drift(args: GuestArgs) -> set[str]:
    """Which of a running guest's settings are no longer as wanted; a guest that rebooted has a new, free link."""
    leader = leader_of(args)
    return {
        *(() if args.group.is_applied(args.limits) else ("cores", "cpuset", "memory")),
        *(() if leader and is_shaped(leader, args.link) else ("link",)),
        *(() if _lets_in(args) else ("public_key",)),
    }


def _authorized_keys(args: GuestArgs) -> Path:
    return args.root / "root/.ssh/authorized_keys"


def _lets_in(args: GuestArgs) -> bool:
    """Whether the operator's key opens the guest; keys that others added don't matter."""
    file = _authorized_keys(args)
    return file.exists() and args.public_key in file.read_text().splitlines()


def _has_key(args: GuestPlace) -> bool:
    key = _host_key_file(args)
    return key.exists() and key.with_suffix(".pub").exists()


def _host_key_file(args: GuestPlace) -> Path:
    return args.root / "etc/ssh/ssh_host_ed25519_key"


def host_key(args: GuestPlace) -> str:
    """The guest's public host key, as `ssh-ed25519 AAAA...`."""
    words = _host_key_file(args).with_suffix(".pub").read_text().split()
    return " ".join(words[:2])


def stop(args: GuestPlace) -> None:
    """Shut a guest down cleanly, harder where it doesn't listen, and unmount its tree; its data stay."""
    nspawn = processes.nspawn_of(args.machine, args.root)
    leader = processes.leader_of(nspawn) if nspawn else processes.first_process(args.group.members())
    if leader:
        processes.send(leader, processes.POWER_OFF)
        _end(leader, STOP_SECONDS)
    if nspawn:
        _end(nspawn, 5 if leader else 0)
    args.group.end_members()  # a second mount of the same overlay beside a living one would spoil its data
    _unmount(args.root)
    for left in (folder / args.machine for folder in RUNTIME):  # by an nspawn that was killed; none starts over a mount
        _unmount(left)
        with suppress(OSError):
            left.rmdir()


def _unmount(place: Path) -> None:
    while os.path.ismount(place):
        if not succeeds("umount", str(place)):
            run("umount", "--lazy", str(place))


def _end(pid: int, seconds: float) -> None:
    """Wait for a process that was asked to go; kill it when its time is up."""
    if not processes.wait_gone(pid, seconds):
        processes.send(pid, signal.SIGKILL)
        processes.wait_gone(pid, 5)


def remove(args: GuestPlace) -> None:
    """Stop a guest and remove its data and its group."""
    stop(args)
    args.group.remove()
    if Path(args.folder).exists():
        shutil.rmtree(args.folder)


def leader_of(args: GuestPlace) -> int | None:
    """The guest's own process 1, as this host numbers it; None where it does not run."""
    nspawn = processes.nspawn_of(args.machine, args.root)
    return processes.leader_of(nspawn) if nspawn is not None else None


def _mount(args: GuestArgs) -> None:
    folder = Path(args.folder)
    for name in ("upper", "work", "root"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={args.image},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    run("mount", "-t", "overlay", args.machine, "-o", layers, str(args.root))


def _settle(args: GuestArgs) -> None:
    """Write what makes this guest itself: address, name, the operator's key, a host key of its own."""
    _write(
        args.root / "etc/systemd/network/10-host0.network",
        f"[Match]\nName=host0\n\n[Network]\nAddress={args.address}/{args.prefix}\nGateway={args.gateway}\n",
    )
    _write(args.root / "etc/hostname", f"{args.name}\n")
    _copy_resolver(args.root)
    if not _has_key(args):
        key = _host_key_file(args)
        key.unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", args.name, "-f", str(key))


def _copy_resolver(root: Path) -> None:
    """The host's resolvers; those on a loopback address are of no use to a guest."""
    for file in RESOLVERS:
        own = file.read_text() if file.exists() else ""
        if "nameserver" in own and "nameserver 127." not in own:
            (root / "etc/resolv.conf").unlink(missing_ok=True)
            _write(root / "etc/resolv.conf", own)
            return


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == 0o600 else 0o755)
    path.write_text(text)
    path.chmod(mode)


def _start(args: GuestArgs) -> "subprocess.Popen[bytes]":
    """Start nspawn in a session and group of its own, so that it outlives this program."""
    args.group.fresh(args.limits)
    command = (
        "exec systemd-nspawn --quiet --register=no --keep-unit --boot "
        f"--directory={shlex.quote(str(args.root))} --machine={args.machine} --network-bridge={args.bridge} "
        "--resolv-conf=off --link-journal=no"
    )
    with _console(args).open("ab") as log:
        return subprocess.Popen(
            ["/bin/sh", "-euc", f"{args.group.join_script()}\n{command}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # Its own environment: nothing of ours may mark it as a process of this run, nor carry a secret.
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        )


def _console(args: GuestPlace) -> Path:
    return Path(args.folder) / "console.log"


def _wait_for_leader(args: GuestPlace, nspawn: "subprocess.Popen[bytes] | None" = None) -> int:
    """The guest's process 1, once it has its interface; an nspawn just started that ends first says why."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        leader = leader_of(args)
        if leader is not None and succeeds("nsenter", "--target", str(leader), "--net", "ip", "link", "show", "host0"):
            return leader
        if nspawn and nspawn.poll() is not None:
            said = _console(args).read_text(errors="replace").strip().splitlines()
            raise CommandFailed(("systemd-nspawn", args.machine), "".join(said[-1:]))
        time.sleep(0.05)
    raise TimeoutError(f"{args.name} did not start in {START_SECONDS} s; see {_console(args)}")


def _wait_for_ssh(args: GuestArgs) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((args.address, 22), timeout=1) as connection:
                connection.settimeout(GREETING_SECONDS)
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{args.name} did not answer on SSH in {START_SECONDS} s; see {_console(args)}")
