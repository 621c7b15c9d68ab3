"""Fault drills against a real kernel queue and a real nginx, in a network and a /run of their own."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lms_stack.errors import StepFailed
from lms_stack.remote import RemoteResult
from lms_stack.topology import Topology
from runbooks import drills, faults
from tests.unit.stacks import small_stack

NEEDED = ("unshare", "nsenter", "ip", "tc", "nginx")

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, NEEDED)), reason=f"needs root and {', '.join(NEEDED)}"
    ),
]

# What a host has and a namespace lacks: a link with a default route, an nginx of the product's layout, a systemctl.
_SETTLE = """
mount -t tmpfs none /run; mount -t tmpfs none /usr/local/sbin; mount -t tmpfs none /var/lib; mkdir /var/lib/nginx
mkdir /run/etc /run/work; mount -t overlay none -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work /etc
rm -rf /etc/nginx; mkdir /etc/nginx
ip link set lo up
ip link add host0 type veth peer name far0; ip link set host0 up; ip link set far0 up
ip addr add 198.18.7.10/24 dev host0; ip route add default via 198.18.7.1
mkdir /etc/nginx/taphuan-drills /run/nginx
cat >/etc/nginx/nginx.conf <<X
pid /run/nginx.pid; error_log /run/nginx.log; events {}
http { access_log off; server { listen 127.0.0.1:8080;
  location / { include /etc/nginx/taphuan-drills/*.conf; return 200 page; } } }
X
cat >/usr/local/sbin/systemctl <<'X'
#!/bin/sh
test "$*" = "restart nginx" || exit 64
test ! -e /run/nginx.pid || nginx -s stop
while test -e /run/nginx.pid; do sleep 0.05; done
exec nginx
X
chmod +x /usr/local/sbin/systemctl
nginx
"""


class Machine:
    """A Remote whose only host is a set of namespaces on this machine."""

    def __init__(self, pid: int) -> None:
        self._enter = ("nsenter", "--target", str(pid), "--net", "--mount", "--pid")

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
        done = subprocess.run(
            [*self._enter, "sh", "-c", command], capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode:
            raise StepFailed(f"{host}: {command}: {done.stderr}")
        return RemoteResult(done.returncode, done.stdout, done.stderr)

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        raise AssertionError("a drill writes no files")

    def get(self, host: str, path: str, local: Path) -> None:
        raise AssertionError("a drill fetches no files")

    def queue(self) -> str:
        return self.run("lms-1", "tc qdisc show dev host0 root").stdout

    def page(self) -> str:
        script = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/').read().decode())"
        return self.run("lms-1", f'python3 -c "{script}"').stdout.strip()

    def files(self) -> list[str]:
        return self.run("lms-1", "ls /etc/nginx/taphuan-drills; ls /run | grep drill || true").stdout.split()


@pytest.fixture
def machine() -> Iterator[Machine]:
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sleep", "600"]
    holder = subprocess.Popen(command)
    try:
        machine = Machine(_child(holder.pid))
        machine.run("lms-1", f"set -e\n{_SETTLE}")
        yield machine
    finally:
        holder.kill()
        holder.wait(10)


def _child(parent: int) -> int:
    """The first process inside: once it sleeps, its namespaces are complete."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if Path(f"/proc/{pid}/comm").read_text().strip() == "sleep":
                return int(pid)
        time.sleep(0.05)
    raise AssertionError("the namespaces were not made")


@pytest.fixture
def topology() -> Topology:
    return small_stack()


def test_the_edge_link_is_narrow_in_the_drill_and_as_planned_after_it(machine: Machine, topology: Topology) -> None:
    machine.run("lms-1", "tc qdisc replace dev host0 root tbf rate 20000000bit burst 32768 latency 50ms")
    with drills.drill(machine, topology, "lophoc", link=2e6):
        assert "tbf" in machine.queue()
        assert "rate 2Mbit" in machine.queue()
    assert "rate 20Mbit" in machine.queue()
    assert machine.files() == []


def test_a_line_that_nobody_shaped_runs_free_again(machine: Machine, topology: Topology) -> None:
    before = machine.queue()
    with drills.drill(machine, topology, "lophoc", link=2e6):
        assert "rate 2Mbit" in machine.queue()
    assert machine.queue() == before
    assert "tbf" not in before


def test_every_page_is_an_error_with_status_200_in_the_drill_only(machine: Machine, topology: Topology) -> None:
    assert machine.page() == "page"
    with drills.drill(machine, topology, "lophoc", "error-page"):
        assert machine.page() == "<h1>Đã xảy ra lỗi</h1>"
    assert machine.page() == "page"


def test_drills_that_were_killed_are_taken_back_and_a_second_time_nothing_happens(
    machine: Machine, topology: Topology
) -> None:
    machine.run("lms-1", "tc qdisc replace dev host0 root tbf rate 20000000bit burst 32768 latency 50ms")
    killed = drills.drill(machine, topology, "lophoc", "error-page", link=3e6)
    killed.__enter__()
    again = drills.drill(machine, topology, "lophoc", link=1e6)  # on top: 3 Mbit/s must not be taken for the plan
    again.__enter__()
    assert machine.files() == ["error.conf", "taphuan-drill-edge-link", "taphuan-drill-error-page"]
    drills.restore_all(machine, topology, "lophoc")
    drills.restore_all(machine, topology, "lophoc")
    assert "rate 20Mbit" in machine.queue()
    assert machine.page() == "page"
    assert machine.files() == []


def test_a_drill_that_nginx_refuses_leaves_nothing_behind(
    machine: Machine, topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "ERROR_DIRECTIVES", "no such directive;")
    refused = drills.drill(machine, topology, "lophoc", "error-page")
    with pytest.raises(StepFailed, match='unknown directive "no"'), refused:
        pass
    assert machine.files() == []
    assert machine.page() == "page"


def test_a_page_of_errors_lies_in_memory_so_that_a_reboot_ends_it(machine: Machine, topology: Topology) -> None:
    with drills.drill(machine, topology, "lophoc", "error-page"):
        assert machine.run("lms-1", "stat --file-system --format %T /etc/nginx/taphuan-drills").stdout == "tmpfs\n"
