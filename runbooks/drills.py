"""Faults on purpose, for what-ifs and exercises. Each is undone when its `with` ends.

A drill that was killed leaves its fault behind; restore_all() takes every one back and may be called at any time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lms_stack.engines import ENGINES
from lms_stack.errors import StepFailed
from lms_stack.remote import Remote
from lms_stack.topology import Host, Topology
from runbooks.faults import EDGE_LINK, Fault, When, faults


class Drill:
    """Faults of hosts, by the hosts' names, that stand or wait for the load to be held."""

    def __init__(self, remote: Remote, waiting: Sequence[tuple[str, Fault]]) -> None:
        self._remote = remote
        self._waiting = list(waiting)

    def begin(self, when: When) -> None:
        """Make those whose time this is, once."""
        due = [each for each in self._waiting if each[1].when is when]
        self._waiting = [each for each in self._waiting if each not in due]
        for host, fault in due:
            self._remote.run(host, fault.begin, timeout=60)


@contextmanager
def drill(
    remote: Remote, topology: Topology, engine: str, name: str | None = None, *, link: float | None = None
) -> Iterator[Drill]:
    """Faults of runbooks/faults.py; one of the hold begins when `begin(When.IN_THE_HOLD)` is called.

    :param name: of a fault; none where it is None.
    :param link: the rate in bit/s to which each edge's line is narrowed; as it is where None.
    :raises StepFailed: a host doesn't take it; what was done is then undone.
    """
    wanted = {name, EDGE_LINK if link is not None else None}
    made = [
        (host.name, fault)
        for host in topology.hosts
        for fault in faults(ENGINES[engine], host, link or 0.0)
        if fault.name in wanted
    ]
    found = Drill(remote, made)
    try:
        found.begin(When.BEFORE)
        yield found
    finally:
        for host, fault in made:
            remote.run(host, fault.restore, timeout=60)


def restore_all(remote: Remote, topology: Topology, engine: str) -> None:
    """Take every drill back, also of a run that was killed. Changes nothing where none stands.

    :raises StepFailed: one could not be taken back.
    """
    for host in topology.hosts:
        if commands := [fault.restore for fault in faults(ENGINES[engine], host)]:
            _restore_here(remote, host, commands)


def _restore_here(remote: Remote, host: Host, commands: list[str]) -> None:
    """Each in a shell of its own, for some leave by `exit`; by one call, for a round trip costs more than all."""
    script = "\n".join(f"({command}\n) || failed=1" for command in commands)
    if remote.run(host.name, f'failed=\n{script}\ntest -z "$failed"', timeout=120, check=False).code:
        raise StepFailed(f"a drill could not be taken back on {host.name}", hint="reboot it: no drill outlives that")
