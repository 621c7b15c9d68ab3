"""How far the clocks of the hosts are from this machine's."""

import time
from typing import TYPE_CHECKING

from lms_stack.measurement import Clock

if TYPE_CHECKING:
    from lms_stack.remote import Remote
    from lms_stack.topology import Topology

#: Looks at each clock; the one with the shortest round trip is the surest.
LOOKS = 3


def clocks(remote: "Remote", topology: "Topology") -> tuple[Clock, ...]:
    """Each host's clock against this machine's, as NTP does it: read in the middle of a round trip (RFC 5905).

    :raises StepFailed: a host can't be reached.
    """
    return tuple(
        min((_look(remote, host.name) for _ in range(LOOKS)), key=lambda clock: clock.uncertainty)
        for host in topology.hosts
    )


def _look(remote: "Remote", host: str) -> Clock:
    asked = time.time()
    theirs = float(remote.run(host, "date +%s.%N").stdout)
    answered = time.time()
    return Clock(host=host, ahead=theirs - (asked + answered) / 2, uncertainty=(answered - asked) / 2)
