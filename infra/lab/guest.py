"""One guest: a Debian machine on an overlay of the golden image, with limits, an address and keys of its own."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from infra.lab import processes
from infra.lab.commands import run, succeeds
from infra.lab.limits import Group, Limits
from infra.lab.shaping import host_end, shape, unshape

#: Seconds that a guest may take until SSH answers; it takes about two.
START_SECONDS = 60


@dataclass(frozen=True)
class GuestArgs:
    """What a guest is. `folder` holds its overlay; `link` is bit/s each way, 0 for a free link."""

    name: str
    machine: str
    mark: str
    folder: str
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
    def root(self) -> Path:
        """Where the guest's file tree is mounted."""
        return Path(self.folder) / "root"

    @property
    def limits(self) -> Limits:
        """The guest's limits."""
        return Limits(cores=self.cores, cpuset=self.cpuset, memory=self.memory)

    @property
    def group(self) -> Group:
        """The guest's cgroup."""
        return Group(self.mark, self.name)


def ensure(args: GuestArgs) -> str:
    """Bring a guest up, with the data it had if it was there before; gives back its public host key.

    :raises TimeoutError: SSH didn't answer in time; the guest's console log tells why.
    """
    if not is_up(args):
        stop(args)
        _mount(args)
        _settle(args)
        _start(args)
    adjust(args)
    _wait_for_ssh(args)
    return host_key(args)


def is_up(args: GuestArgs) -> bool:
    """Whether the guest runs, on its bridge and at its own root."""
    leader = _leader(args)
    if leader is None or not os.path.ismount(args.root):
        return False
    try:
        end = host_end(leader)
    except (RuntimeError, LookupError, IndexError):
        return False
    return (Path("/sys/class/net") / end / "master").resolve().name == args.bridge


def adjust(args: GuestArgs) -> None:
    """Set limits and link of a running guest, without a restart."""
    args.group.apply(args.limits)
    leader = _wait_for_leader(args)
    if args.link:
        shape(leader, args.link)
    else:
        unshape(leader)


def is_adjusted(args: GuestArgs) -> bool:
    """Whether the guest's limits are as wanted."""
    return args.group.is_applied(args.limits)


def host_key(args: GuestArgs) -> str:
    """The guest's public host key, as `ssh-ed25519 AAAA...`."""
    words = (args.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text().split()
    return " ".join(words[:2])


def stop(args: GuestArgs) -> None:
    """Shut a guest down cleanly, harder where it doesn't listen, and unmount its tree; its data stay."""
    nspawn = processes.nspawn_of(args.machine, args.root)
    if nspawn is not None:
        leader = processes.leader_of(nspawn)
        if leader:
            processes.send(leader, processes.POWER_OFF)
        if not processes.wait_gone(nspawn, 20 if leader else 0):
            processes.send(nspawn, 9)
            processes.wait_gone(nspawn, 10)
    while os.path.ismount(args.root):
        if not succeeds("umount", str(args.root)):
            run("umount", "--lazy", str(args.root))


def remove(args: GuestArgs) -> None:
    """Stop a guest and remove its data and its group."""
    stop(args)
    args.group.remove()
    shutil.rmtree(args.folder, ignore_errors=True)


def _leader(args: GuestArgs) -> int | None:
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
    _write(args.root / "root/.ssh/authorized_keys", f"{args.public_key}\n", 0o600)
    _write(args.root / "etc/machine-id", "uninitialized\n")
    _copy_resolver(args.root)
    key = args.root / "etc/ssh/ssh_host_ed25519_key"
    if not (key.exists() and key.with_suffix(".pub").exists()):
        key.unlink(missing_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", args.name, "-f", str(key))


def _copy_resolver(root: Path) -> None:
    """The host's resolver, unless it is a local one that a guest can't reach."""
    own = Path("/etc/resolv.conf").read_text() if Path("/etc/resolv.conf").exists() else ""
    target = root / "etc/resolv.conf"
    if "127." not in own and own:
        target.unlink(missing_ok=True)
        _write(target, own)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == 0o600 else 0o755)
    path.write_text(text)
    path.chmod(mode)


def _start(args: GuestArgs) -> None:
    """Start nspawn in a session and group of its own, so that it outlives this program."""
    args.group.apply(args.limits)
    command = (
        f"exec systemd-nspawn --quiet --register=no --keep-unit --boot --directory={args.root} "
        f"--machine={args.machine} --network-bridge={args.bridge} --resolv-conf=off --link-journal=no"
    )
    with (Path(args.folder) / "console.log").open("ab") as log:
        subprocess.Popen(
            ["/bin/sh", "-euc", f"{args.group.join_script()}\n{command}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # Its own environment: nothing of ours may mark it as a process of this run, nor carry a secret.
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        )


def _wait_for_leader(args: GuestArgs) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        leader = _leader(args)
        if leader is not None and succeeds("nsenter", "--target", str(leader), "--net", "ip", "link", "show", "host0"):
            return leader
        time.sleep(0.05)
    raise TimeoutError(f"{args.name} did not start in {START_SECONDS} s; see {args.folder}/console.log")


def _wait_for_ssh(args: GuestArgs) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((args.address, 22), timeout=1) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{args.name} did not answer on SSH in {START_SECONDS} s; see {args.folder}/console.log")
