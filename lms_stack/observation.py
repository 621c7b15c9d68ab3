"""What short loads showed of the stack: growth of counters over a few seconds each, to regress service demands on."""

from pydantic import Field

from lms_stack.plan import Role
from lms_stack.request_classes import RequestClass
from lms_stack.units import Frozen


class Window(Frozen):
    """Growth of the stack's counters over `seconds` of one load.

    `requests` are answers of each class. `app_seconds` is the CPU time that the application's own threads took for a
    class, `queries` its queries to the database. `cpu` is the CPU time of each role's services, `other` that of
    everything else on the stack's hosts, all in seconds.
    """

    load: str
    seconds: float
    requests: dict[RequestClass, float]
    app_seconds: dict[RequestClass, float]
    queries: dict[RequestClass, float]
    cpu: dict[Role, float]
    other: float = 0.0


class Observation(Frozen):
    """One load with its windows, and how much of it went wrong (share of 1)."""

    load: str
    windows: tuple[Window, ...]
    failed_share: float = 0.0
    bytes: dict[RequestClass, float] = Field(default_factory=dict)
    p50: dict[RequestClass, float] = Field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it was watched."""
        return sum(window.seconds for window in self.windows)
