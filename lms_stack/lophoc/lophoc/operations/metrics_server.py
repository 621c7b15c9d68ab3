"""`lophoc-metrics`: tell Prometheus the application's metrics, from a process beside those that serve learners.

Where these are all at work, and metrics are wanted most, a question for them would wait behind the learners' own.
"""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


class Added(Collector):
    """The metrics of all processes, added up; none while the application, whose folder it is, doesn't run.

    What a process that was killed had at work isn't at work any more; what it counted stays counted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> Iterable[Metric]:
        """Read what the processes have written; see Collector."""
        files = [str(each) for each in self.folder.glob("*.db") if not _left_behind(each)]
        found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return found


def _left_behind(file: Path) -> bool:
    """Whether it holds gauges of the living (`gauge_livesum_123.db`) of a process that is dead.

    The library would have them removed as a process dies, which nobody can do who isn't told of it.
    """
    kind, _, process = file.stem.rpartition("_")
    if not kind.startswith("gauge_live"):
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    return False


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
