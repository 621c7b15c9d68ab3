"""Faults on purpose, for what-ifs and exercises. Each is undone when its `with` ends.

A drill that was killed leaves its fault behind; restore_all() takes every one back and may be called at any time.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from lms_stack.engines import ENGINES
from lms_stack.errors import StepFailed
from lms_stack.plan import Role
from lms_stack.remote import Remote
from lms_stack.topology import Host, Topology
from runbooks.faults import Fault, When, faults

#: Included by nginx inside its location of the application; empty but for drills.
DRILL_FOLDER = "/etc/nginx/taphuan-drills"
_ERROR_PAGE = f"{DRILL_FOLDER}/error.conf"
# What an application that fails behind a proxy shows: it answers 200, and nothing that a learner came for.
_ERROR_DIRECTIVES = 'default_type text/html;\nreturn 200 "<h1>Đã xảy ra lỗi</h1>";\n'

#: The interface that a drill shaped and the kind of queue it had; in /run, for a reboot ends the drill as well.
_LINK_STATE = "/run/taphuan-drill-link"
# Not a reload: that returns while the old workers still answer, and the fault would begin and end late.
_RESTART = "nginx -t -q && systemctl restart nginx"


@contextmanager
def edge_link(remote: Remote, topology: Topology, bits: float) -> Iterator[None]:
    """Hold what leaves each edge host, and so what learners receive, to a rate in bit/s.

    :raises StepFailed: an edge host can't be shaped; those that were are put back.
    """
    try:
        for host in topology.hosts_of(Role.EDGE):
            _shape(remote, host, bits)
        yield
    finally:
        _restore_links(remote, topology)


@contextmanager
def error_page(remote: Remote, topology: Topology) -> Iterator[None]:
    """Let each edge host answer every page with status 200 and an error page.

    :raises StepFailed: nginx doesn't take the drill, which is then undone.
    """
    try:
        for host in topology.hosts_of(Role.EDGE):
            remote.run(host.name, f"test -d {DRILL_FOLDER}")
            remote.put(host.name, _ERROR_DIRECTIVES.encode(), _ERROR_PAGE, mode=0o644)
            remote.run(host.name, _RESTART)
        yield
    finally:
        _restore_pages(remote, topology)


class Drill:
    """A fault of the stack that stands, or waits for the load to be held."""

    def __init__(self, remote: Remote, topology: Topology, fault: Fault | None) -> None:
        self._remote = remote
        self._topology = topology
        self._waiting = fault

    def begin(self, when: When) -> None:
        """Make the fault, once, if this is its time."""
        fault = self._waiting
        if fault and fault.when is when:
            self._waiting = None
            for host in self._topology.hosts_of(fault.role):
                self._remote.run(host.name, fault.begin, timeout=60)


@contextmanager
def drill(remote: Remote, topology: Topology, engine: str, name: str | None) -> Iterator[Drill]:
    """A fault of runbooks/faults.py; one of the hold begins when `begin(When.IN_THE_HOLD)` is called.

    :param name: of the fault; none is made where it is None.
    :raises StepFailed: a host doesn't take it; it is then undone.
    """
    fault = next((each for each in faults(ENGINES[engine]) if each.name == name), None)
    found = Drill(remote, topology, fault)
    try:
        found.begin(When.BEFORE)
        yield found
    finally:
        if fault:
            _restore(remote, topology, fault)


def _restore(remote: Remote, topology: Topology, fault: Fault) -> None:
    for host in topology.hosts_of(fault.role):
        remote.run(host.name, fault.restore, timeout=60)


def restore_all(remote: Remote, topology: Topology, engine: str) -> None:
    """Take every drill back, also of a run that was killed. Changes nothing where none stands."""
    _restore_links(remote, topology)
    _restore_pages(remote, topology)
    for role in Role:
        commands = [fault.restore for fault in faults(ENGINES[engine]) if fault.role is role]
        for host in topology.hosts_of(role) if commands else ():
            _restore_here(remote, host, commands)


def _restore_here(remote: Remote, host: Host, commands: list[str]) -> None:
    """Each in a shell of its own, for some leave by `exit`; by one call, for a round trip costs more than all."""
    script = "\n".join(f"({command}\n) || failed=1" for command in commands)
    if remote.run(host.name, f'failed=\n{script}\ntest -z "$failed"', timeout=120, check=False).code:
        raise StepFailed(f"a drill could not be taken back on {host.name}", hint="reboot it: no drill outlives that")


def _restore_links(remote: Remote, topology: Topology) -> None:
    for host in topology.hosts_of(Role.EDGE):
        planned = f"tc qdisc replace dev $interface root {_bucket(host.link)}" if host.link is not None else ":"
        remote.run(
            host.name,
            f"""test -e {_LINK_STATE} || exit 0
            read -r interface kind <{_LINK_STATE}
            case $kind in tbf) {planned};; *) tc qdisc del dev $interface root 2>/dev/null || true;; esac
            rm -f {_LINK_STATE}""",
        )


def _restore_pages(remote: Remote, topology: Topology) -> None:
    for host in topology.hosts_of(Role.EDGE):
        remote.run(host.name, f"if test -e {_ERROR_PAGE}; then rm -f {_ERROR_PAGE} && {_RESTART}; fi")


def _shape(remote: Remote, host: Host, bits: float) -> None:
    """Shape the interface of the default route; what was there is written down first, once."""
    remote.run(
        host.name,
        f"""set -e
        interface=$(ip -o -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
        test -n "$interface"
        kind=$(tc qdisc show dev "$interface" root | sed -n '1s/^qdisc \\([^ ]*\\).*/\\1/p')
        test -e {_LINK_STATE} || echo "$interface $kind" >{_LINK_STATE}
        tc qdisc replace dev "$interface" root {_bucket(bits)}""",
    )


def _bucket(bits: float) -> str:
    """A token bucket: 10 ms of burst (at least 32 KiB) and 50 ms of queue, as the lab shapes its links."""
    return f"tbf rate {int(bits)}bit burst {max(32 * 1024, int(bits / 8 * 0.010))} latency 50ms"
