"""What the benchmarks share: ./taphuan run to its end, its reports, and the machine that it all ran on."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COURSE = ROOT / "courses" / "demo.yaml"
#: What is fetched as files, bit by bit: a segment takes as long as its bytes, a page should not.
FILES = ("video_segment", "static_asset")
#: What a measurement depends on: a load test of another release than the one that stands measures nothing.
MEASURED = ("cli", "infra", "lms_stack", "loadtests", "monitoring", "playbooks", "runbooks")


@dataclass(frozen=True)
class Taphuan:
    """The commands on one course under a deployment's name of the benchmark's own."""

    deployment: str
    course: Path = COURSE
    #: Exit codes to go on with; 1 says that it does not fit, 4 that a measurement is invalid.
    goes_on: tuple[int, ...] = (0, 1)

    def __call__(self, command: str, *options: str, **environment: str) -> tuple[float, dict[str, Any]]:
        """Run a command to its end: seconds, document. Stops the benchmark where it failed."""
        began = time.monotonic()
        done = subprocess.run(
            [*self._begin(command), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            text=True,
            check=False,
        )
        if done.returncode not in self.goes_on:
            sys.exit(f"{command} {' '.join(options)} ended with {done.returncode}: {done.stdout[-2000:]}")
        return time.monotonic() - began, json.loads(done.stdout)

    def _begin(self, command: str) -> list[str]:
        return [str(ROOT / "taphuan"), command, str(self.course), "--deployment", self.deployment, "--json"]


def report_of(document: dict[str, Any]) -> dict[str, Any]:
    """The report as data, of a command that verified."""
    held: dict[str, Any] = json.loads(Path(document["report"]).with_suffix(".json").read_text("utf-8"))
    return held


def pages(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The classes of a report that a learner waits for."""
    return [each for each in report["classes"] if each["request_class"] not in FILES]


def said(text: str) -> None:
    """What goes on, on stderr."""
    print(text, file=sys.stderr, flush=True)


def machine() -> str:
    """What it was measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "unknown CPU",
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, {system}, Linux {platform.release()}"


def changed_since(began: float, checkout: Path = ROOT) -> list[str]:
    """Files of the checkout that were changed after a moment, in seconds since 1970, while something was measured."""
    files = (file for room in MEASURED for file in (checkout / room).rglob("*"))
    return sorted(
        str(file.relative_to(checkout))
        for file in files
        if file.is_file() and file.suffix != ".pyc" and file.stat().st_mtime > began
    )
