"""What short loads showed of the stack: growth of counters over a few seconds each, to regress service demands on."""

from collections.abc import Sequence

from pydantic import Field

from lms_stack.cpu_speed import LONGEST_GAP
from lms_stack.plan import Role
from lms_stack.queueing.station import Fluctuation
from lms_stack.request_classes import RequestClass
from lms_stack.units import Frozen


class Window(Frozen):
    """Growth of the stack's counters over `seconds` of one load.

    `requests` are answers of each class. `app_seconds` is the CPU time that the application's own threads took for a
    class, `queries` its queries to the database. `cpu` is the CPU time of each role's services, `other` that of
    everything else on the stack's hosts, `lost` what these hosts didn't get of their cores, for other guests or the
    hypervisor had it, all in seconds. `pieces` of lms_stack/cpu_speed.py were done on these hosts to
    time their cores, in `piece_seconds` of CPU time; 0 where no exporter did. `piece_squares` and `piece_products` are
    sums over these pieces: the square of how far a piece's time was from the load's mean, as a share of that, and its
    product with how far the one before it was.
    """

    load: str
    seconds: float
    requests: dict[RequestClass, float]
    app_seconds: dict[RequestClass, float]
    queries: dict[RequestClass, float]
    cpu: dict[Role, float]
    other: float = 0.0
    lost: float = 0.0
    pieces: float = 0.0
    piece_seconds: float = 0.0
    piece_squares: float = 0.0
    piece_products: float = 0.0


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

    @property
    def speed(self) -> float | None:
        """Pieces of work that the hosts' cores did in a second of CPU time; None where nobody timed them."""
        return speed_of(self.windows)


def speed_of(windows: Sequence[Window]) -> float | None:
    """Pieces of work in a second of CPU time over some windows; None where no core was timed in them."""
    spent = sum(window.piece_seconds for window in windows)
    return sum(window.pieces for window in windows) / spent if spent > 0 else None


def fluctuation_of(windows: Sequence[Window]) -> Fluctuation:
    """How the cores' speed changed by itself in some windows; not at all where no core was timed in them."""
    pieces = sum(window.pieces for window in windows)
    if pieces <= 0:
        return Fluctuation()
    variance = sum(window.piece_squares for window in windows) / pieces
    covariance = sum(window.piece_products for window in windows) / pieces
    return Fluctuation(round(max(0.0, variance), 5), round(max(0.0, covariance) * LONGEST_GAP, 5))
