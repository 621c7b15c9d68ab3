"""The load test as it goes on, for the person at the terminal: rates, answers, the line and the CPU of every host."""

import threading
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from lms_stack.errors import StepFailed
from lms_stack.topology import Topology
from lms_stack.units import show
from monitoring.names import Metric

if TYPE_CHECKING:
    from loadtests.run import Tick
    from monitoring.prometheus import Prometheus

PHASES = {
    "warm-up": "warm-up",
    "hold": "planned peak held",
    "storm": "exam storm",
    "ramp": "ramp to saturation",
    "recovery": "recovery at the planned peak",
    "between": "visitors of this phase leave",
}
#: Seconds between two looks at Prometheus, and the span that its rates are taken over.
LOOK, SPAN = 5.0, "15s"
#: Seconds that the small chart shows.
SHOWN = 60
_BARS = " ▁▂▃▄▅▆▇█"


class LiveView:
    """Shown where the console is a terminal; elsewhere it does nothing, and Progress writes lines."""

    def __init__(self, console: Console, topology: Topology, prometheus: "Prometheus") -> None:
        self._topology = topology
        self._prometheus = prometheus
        self._tick: Tick | None = None
        self._requests: deque[int] = deque(maxlen=SHOWN)
        self.use: dict[str, float] = {}
        self._ended = threading.Event()
        self._live = Live(self.page(), console=console, refresh_per_second=2, transient=True)
        self._shown = console.is_terminal

    def __enter__(self) -> Self:
        if self._shown:
            self._live.start()
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._shown:
            self._live.stop()

    def second(self, tick: "Tick") -> None:
        """Show one more second of the run."""
        self._tick = tick
        self._requests.append(tick.requests)
        if self._shown:
            self._live.update(self.page())

    def _watch(self) -> None:
        while not self._ended.wait(LOOK):
            try:
                self.use = use_now(self._prometheus, self._topology)
            except StepFailed:
                self.use = {}

    def page(self) -> Table:
        """What is shown now."""
        page = Table.grid(padding=(0, 2))
        tick = self._tick
        if tick is None:
            page.add_row("visitors sign in", "[dim]Ctrl-C ends the load and keeps what was measured[/dim]")
            return page
        page.add_row("phase", f"[bold]{PHASES.get(tick.phase, tick.phase)}[/bold], {tick.left:.0f} s left")
        page.add_row("requests", f"{tick.requests}/s  [cyan]{chart(self._requests)}[/cyan]")
        colour = "red" if tick.failures else "green"
        page.add_row("failed", f"[{colour}]{tick.failures}/s[/{colour}]")
        page.add_row("p95", "–" if tick.p95 is None else f"{show(tick.p95, 's')} (pages, last 5 s)")
        page.add_row("under way", f"{tick.in_flight} visitors; they receive {show(tick.bits, 'bit/s')}")
        for name, share in self.use.items():
            page.add_row(name, f"{bar(share)} {show(share, 'share')}")
        page.add_row("", "[dim]Ctrl-C ends the load and keeps what was measured[/dim]")
        return page


def use_now(prometheus: "Prometheus", topology: Topology) -> dict[str, float]:
    """CPU of every host and use of every edge link, as shares of what each has.

    :raises StepFailed: Prometheus can't be reached.
    """
    cores = prometheus.by_host(f"sum by (host) (rate({Metric.HOST_CPU_SECONDS}[{SPAN}]))")
    sent = prometheus.by_host(f"sum by (host) (rate({Metric.LINK_TRANSMIT}[{SPAN}]))")
    found = {f"CPU {host.name}": cores[host.name] / host.cores for host in topology.hosts if host.name in cores}
    linked = [host for host in topology.hosts if host.link and host.name in sent]
    return found | {f"link {host.name}": 8 * sent[host.name] / (host.link or 1.0) for host in linked}


def chart(values: "deque[int]") -> str:
    """Values as a line of bars, the highest of them full."""
    highest = max(values, default=0) or 1
    return "".join(_BARS[round(value / highest * (len(_BARS) - 1))] for value in values)


def bar(share: float, width: int = 20) -> str:
    """A share as a bar."""
    full = round(min(1.0, max(0.0, share)) * width)
    colour = "green" if share < 0.7 else "yellow" if share < 0.9 else "red"
    return f"[{colour}]{'█' * full}[/{colour}][dim]{'░' * (width - full)}[/dim]"
