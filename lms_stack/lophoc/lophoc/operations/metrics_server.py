"""`lophoc-metrics`: tell Prometheus the application's metrics, from a process beside those that serve learners.

Where these are all at work, and metrics are wanted most, a question for them would wait behind the learners' own.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


class Added(Collector):
    """The metrics of all processes, added up; none while the application, whose folder it is, doesn't run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> Iterable[Metric]:
        """Read what the processes have written; see Collector."""
        if not self.folder.is_dir():
            return ()
        found: Iterator[Metric] = MultiProcessCollector(None, str(self.folder)).collect()  # type: ignore[no-untyped-call]
        return found


def main() -> None:
    """Answer until the process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="PROMETHEUS_MULTIPROC_DIR of the application")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    registry = CollectorRegistry()
    registry.register(Added(options.folder))
    _, answering = start_http_server(options.port, options.host, registry)
    answering.join()


if __name__ == "__main__":
    main()
