"""Bare machines for the servers target: guests that stand in for somebody's own, with their oddities."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.lab import guest, network, sweep
from infra.lab.guest import GuestArgs
from infra.targets import Lab
from lms_stack.course import ServerHost, ServersTarget
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.plan import Plan
from lms_stack.sizing import plan as sized
from tests.contracts import small_lab

COURSES = Path(__file__).parent.parent.parent / "courses"
#: Reached as somebody who may use sudo, and where SSH listens on another port.
BY_SUDO, USER = "app-1", "admin"
ELSEWHERE, PORT = "monitor-1", 2222

# Not as `adduser` would do it: no password is ever set, so only the key lets in.
_BY_SUDO = f"""
useradd --create-home --shell /bin/bash {USER}
install -d -m 0700 -o {USER} -g {USER} /home/{USER}/.ssh
install -m 0600 -o {USER} -g {USER} /root/.ssh/authorized_keys /home/{USER}/.ssh/authorized_keys
rm /root/.ssh/authorized_keys
echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
chmod 0440 /etc/sudoers.d/admin
"""
_ELSEWHERE = f"echo 'Port {PORT}' >/etc/ssh/sshd_config.d/00-port.conf; systemctl restart ssh"


@dataclass(frozen=True)
class Machines:
    """Machines that are up, and the course file that names them."""

    folder: Path
    lab: Lab
    course_file: Path

    @property
    def identity(self) -> Path:
        """The key that they let in."""
        return self.lab.paths.identity

    def named(self, name: str) -> GuestArgs:
        """One machine."""
        return next(machine for machine in self.lab.guests() if machine.name == name)

    def listed(self, machine: GuestArgs) -> dict[str, Any]:
        """A machine as a course file names it."""
        entry: dict[str, Any] = {
            "name": machine.name,
            "address": machine.address,
            "host_key": guest.host_key(machine),
            "identity_file": str(self.identity),
        }
        if machine.name == BY_SUDO:
            entry["user"] = USER
        if machine.name == ELSEWHERE:
            entry["port"] = PORT
        return entry

    def told(self, name: str, command: str) -> str:
        """What a command says on a machine, over the SSH that its owner uses."""
        machine = self.named(name)
        hosts = self.folder / "known_hosts"
        port = PORT if name == ELSEWHERE else 22
        hosts.write_text(f"[{machine.address}]:{port},{machine.address} {guest.host_key(machine)}\n")
        options = {"UserKnownHostsFile": hosts, "IdentitiesOnly": "yes", "BatchMode": "yes", "ConnectTimeout": 10}
        words = [word for option, value in options.items() for word in ("-o", f"{option}={value}")]
        user = USER if name == BY_SUDO else "root"
        way = ("-i", str(self.identity), "-p", str(port), f"{user}@{machine.address}")
        return subprocess.run(
            ["ssh", "-F", "/dev/null", *words, *way, command], check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def write_course(self, name: str = "own.yaml", **target: object) -> Path:
        """A course file that names these machines, with some of its target otherwise."""
        content = yaml.safe_load((COURSES / "demo.yaml").read_text("utf-8")) | _SMALLER
        content["target"] = {
            "kind": "servers",
            "operator_address": self.named(BY_SUDO).gateway,
            "hosts": [self.listed(machine) for machine in self.lab.guests()],
            **target,
        }
        file = self.folder / name
        file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return file


#: Few learners, so that all of it fits beside the demo; each role on a machine of its own.
_SMALLER = {"name": "own", "learners": 120, "classes": 2, "instructors": 2, "layout": "split"}


@contextmanager
def machines(folder: Path) -> Iterator[Machines]:
    """Bare machines, one for each host of the plan; gone afterwards."""
    shutil.copytree(COURSES / "demo", folder / "demo")
    lab = small_lab.lab(
        small_lab.new_deployment(folder / "somebody" / "elses"), _plan(), small_lab.image(folder / "image.log")
    )
    try:
        lab.prepare()
        network.ensure(lab.network_args())
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(guest.ensure, lab.guests()))
        made = Machines(folder, lab, folder / "own.yaml")
        _run_in(made.named(BY_SUDO), _BY_SUDO)
        _run_in(made.named(ELSEWHERE), _ELSEWHERE)
        made.write_course()
        yield made
    finally:
        sweep.sweep(lab.paths.guests, lab.mark)


def _plan() -> Plan:
    """What the course needs of servers; their line is nobody's affair, so it isn't shaped."""
    anybodys = ServerHost(name="any", address="192.0.2.1", host_key="ssh-ed25519 AAAA", identity_file="id")
    target = ServersTarget(kind="servers", hosts=(anybodys,), operator_address="192.0.2.2")
    course = read_course(COURSES / "demo.yaml").model_copy(update={**_SMALLER, "target": target})
    plan = sized(course, demand(course))
    return plan.model_copy(update={"hosts": tuple(host.model_copy(update={"link": None}) for host in plan.hosts)})


def _run_in(machine: GuestArgs, script: str) -> None:
    """Run a script at a machine's console, as its owner would."""
    leader = guest.leader_of(machine)
    assert leader, f"{machine.name} doesn't run"
    inside = ("nsenter", "--target", str(leader), "--mount", "--pid", "--net", "--uts", "--ipc")
    subprocess.run([*inside, "/bin/sh", "-euc", script], check=True, capture_output=True, text=True)
