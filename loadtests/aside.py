"""What stands beside a measurement in its report: where to ask again, the edge's log, the last run, the certificate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lms_stack.edge_times import EdgeTimes
from lms_stack.readiness import Signed
from lms_stack.validity import Renewal
from loadtests.comparison import LastRun


@dataclass(frozen=True)
class Aside:
    """Everything may be missing: then the report says less.

    `link` makes the address of a PromQL's graph over the hold; `queries` are those of figures that carry none of their
    own, by name (monitoring/links.py). `edge_trouble` says why the edge's log could not be read, `renewal` that the
    certificate ends before the course does.
    """

    link: Callable[[str], str] | None = None
    queries: Mapping[str, str] = field(default_factory=dict)
    edge: tuple[EdgeTimes, ...] = ()
    edge_trouble: str = ""
    last: LastRun | None = None
    certificate: Signed | None = None
    renewal: Renewal | None = None

    def address(self, query: str) -> str:
        """Where a query can be looked at; empty where there is no Prometheus or no query."""
        return self.link(query) if self.link and query else ""

    def address_of(self, name: str) -> str:
        """The same for one of `queries` by its name."""
        return self.address(self.queries.get(name, ""))
