"""The Outlook of a plan: what 1,000 draws of the peak say of its hosts, and which other designs would carry it."""

from typing import Literal

from lms_stack.evidence import Excuse
from lms_stack.request_classes import RequestClass
from lms_stack.roles import Role
from lms_stack.units import Figure, Frozen


class Latency(Frozen):
    """How long the requests of one class take at the peak, from the edge to the edge; the learner's line not in it."""

    request_class: RequestClass
    p50: Figure
    p95: Figure
    p99: Figure


class Tier(Frozen):
    """Hosts of one size that have the same roles.

    :param processes: application processes on each host; a process runs Python on one core at a time.
    :param spare: how many of them may be lost without a learner noticing.
    :param standby: whether the spare ones wait for a failure; else all of them share the load.
    """

    roles: tuple[Role, ...]
    hosts: Figure
    cores: Figure
    memory: Figure
    disk: Figure
    processes: int = 0
    spare: int = 0
    standby: bool = False

    @property
    def count(self) -> int:
        """How many hosts."""
        return int(self.hosts.value)

    @property
    def working(self) -> int:
        """How many of them carry load where none has failed."""
        return self.count - self.spare if self.standby else self.count


class Costs(Frozen):
    """What a design costs: at once, over the course, and over three years."""

    at_once: Figure
    course: Figure
    three_years: Figure


class Design(Frozen):
    """One way to carry the course."""

    name: str
    tiers: tuple[Tier, ...]
    chosen: bool = False
    """Whether it is what `up` builds for this course."""
    obstacle: str = ""
    """Why `up` can't build it; empty where it can."""
    excuses: tuple[Excuse, ...] = ()
    """Why it doesn't fit; empty where it does."""
    breaks_first: str
    headroom: Figure
    shut_out: Figure
    buying: Costs | None = None
    hiring: Costs | None = None
    unpriced: str = ""
    """What of it the price list doesn't have."""
    regret: Figure

    @property
    def fits(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.excuses


class Influence(Frozen):
    """One uncertain input and how much the answer hangs on it."""

    name: str
    of: Literal["cores", "egress"]
    """Which answer hangs on it most."""
    correlation: Figure
    """Spearman's rank correlation with that answer over the draws, -1 to 1."""


class SlotChoice(Frozen):
    """An exam whose start is spread over slots, and what that saves; starts and requests are the whole stack's."""

    exam: str
    slots: int
    apart: Figure
    starts: Figure
    requests: Figure
    cores: Figure
    saved: Figure


class CourseShare(Frozen):
    """One of several courses on a stack, and what it adds to what is planned for the others."""

    name: str
    title: str
    learners: int
    alone: Figure
    """Requests/s at its own planned peak."""
    requests: Figure
    egress: Figure
    cores: Figure
    """Of the planned hosts that carry the learners."""


class Outlook(Frozen):
    """What 1,000 draws of the peak say. Intervals hold the middle 80 % of the draws."""

    draws: int
    requests: Figure
    cores: Figure
    egress: Figure
    ingress: Figure
    latencies: tuple[Latency, ...]
    page_p95: Figure
    within_objective: Figure
    breaks_first: str
    headroom: Figure
    disk_operations: Figure
    weekly_growth: Figure
    course_growth: Figure
    courses: tuple[CourseShare, ...] = ()
    """What each of several courses adds; empty where there is one."""
    find_out_first: tuple[Influence, ...] = ()
    exam_slots: tuple[SlotChoice, ...] = ()
    designs: tuple[Design, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    """What stands in the way where no design fits."""
