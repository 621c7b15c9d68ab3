"""What scripts/benchmark-lms makes of what it sees: where to look next, what a report says, and the tables."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scripts.benchmark_runs import COURSE, Taphuan, pages

#: A page must come in this many seconds, for 95 of 100 learners.
LIMIT = 0.5
#: The largest share of requests that may fail, and the least share of the intended ones that must be served.
FAILED, SERVED = 0.01, 0.95
#: Fewest requests of a class from which its own p95 is told, as for a verdict (lms_stack/facts/thresholds.yaml).
SAMPLES = 60
#: The search ends when the least that did not fit is this much above the most that did.
NEAR = 1.05
#: Learners are tried in such steps.
STEP = 10
#: What the edge serves alone.
FILE_CLASSES = ("video_playlist", "video_segment", "static_asset")


def course_with(text: str, learners: int) -> str:
    """The demo's course file for another number of learners, with a line that is never the limit and our limit.

    :raises ValueError: the course file has no such line.
    """
    lines = {
        r"^learners: .*$": f"learners: {learners}",
        r"^  kind: lab$": "  kind: lab\n  edge_link: 1 Gbit/s",
        r"^  page_p95: .*$": f"  page_p95: {LIMIT * 1000:g} ms",
    }
    for wanted, line in lines.items():
        text, found = re.subn(wanted, line, text, flags=re.MULTILINE)
        if found != 1:
            raise ValueError(f"the course file has {found} lines like {wanted}, expected one")
    return text


def most_learners(cores_for: Callable[[int], float], cores: float, *, step: int = 50, highest: int = 6400) -> int:
    """The most learners, in steps, for which no more than so many cores are planned; needs never fall with learners."""
    low, high = 0, highest // step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cores_for(middle * step) <= cores else (low, middle)
    return low * step


def planned_cores(taphuan: Taphuan, learners: int) -> float:
    """The cores of the only host that carries the learners; as good as endless where there are several."""
    write_course(taphuan, learners)
    hosts = {host["name"]: host["cores"]["value"] for host in taphuan("plan")[1]["hosts"]}
    return float(hosts.get("lms-1", "inf"))


def write_course(taphuan: Taphuan, learners: int) -> None:
    """Write the demo's course for that many learners where the command reads it."""
    taphuan.course.write_text(course_with(COURSE.read_text("utf-8"), learners), "utf-8")


def most_learners_of(taphuan: Taphuan, cores: float) -> int:
    """The most learners for whom one host of so many cores is planned; that course is then the one written."""
    learners = most_learners(lambda number: planned_cores(taphuan, number), cores)
    write_course(taphuan, learners)
    return learners


def next_try(tries: Sequence[tuple[int, bool]], first: int) -> int | None:
    """How many learners to try next by what was tried and whether it fitted; None when it is known well enough.

    What didn't fit is tried once more: on shared hardware a moment of others' work is no limit of the stack's.
    """
    if not tries:
        return first
    last, fitted = tries[-1]
    if not fitted and [learners for learners, _ in tries].count(last) == 1:
        return last
    tried: dict[int, bool] = {}
    for learners, fits in tries:
        tried[learners] = tried.get(learners, False) or fits
    most = max((learners for learners, fits in tried.items() if fits), default=0)
    too_many = min((learners for learners, fits in tried.items() if not fits and learners > most), default=None)
    if too_many is None:
        wanted = most * 1.5
    elif too_many <= most * NEAR:
        return None
    else:
        wanted = (most + too_many) / 2
    found = round(wanted / STEP) * STEP
    return None if found in tried or not found else found


@dataclass(frozen=True)
class Held:
    """What one report says of its hold: rates in 1/s, p95 in seconds, shares from 0 to 1."""

    learners: int
    requests: float
    by_application: float
    slowest: str
    p95: float
    failed: float
    served: float
    cpu: float
    verdict: str

    @property
    def fits(self) -> bool:
        """Whether pages came in time and nothing was left out.

        The verdict is not asked: it wants room to spare. A generator that was held up (verdict `invalid`) makes
        answers look later than they were, never earlier, so what was in time was in time.
        """
        return self.p95 <= LIMIT and self.failed <= FAILED and self.served >= SERVED


def seconds_of(report: Mapping[str, Any]) -> float:
    """How long the peak was held."""
    ended, started = (datetime.fromisoformat(report["hold"][name]) for name in ("ended", "started"))
    return (ended - started).total_seconds()


def held(report: Mapping[str, Any]) -> Held:
    """The figures of a report; a page class with too few requests to say a p95 is left out of the slowest."""
    classes, seconds = report["classes"], seconds_of(report)
    completed, failed, intended = (sum(each[name] for each in classes) for name in ("completed", "failed", "intended"))
    often = [each for each in pages(report) if each["completed"] >= SAMPLES]
    nothing: dict[str, Any] = {"request_class": "none", "p95": float("inf")}
    slowest = max(often, key=lambda each: each["p95"], default=nothing)
    files = sum(each["completed"] for each in classes if each["request_class"] in FILE_CLASSES)
    return Held(
        learners=report["learners"],
        requests=completed / seconds,
        by_application=(completed - files) / seconds,
        slowest=slowest["request_class"],
        p95=slowest["p95"],
        failed=failed / max(1, completed + failed),
        served=completed / intended if intended else 0.0,
        cpu=next((use["share"] for use in report["resources"] if use["resource"] == "cpu"), float("nan")),
        verdict=report["verdict"],
    )


def class_costs(cpu: Mapping[str, float], requests: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """Class, requests, and milliseconds of CPU for each, the dearest first; classes without requests are left out."""
    rows = [(name, count, cpu[name] / count * 1000) for name, count in requests.items() if count and name in cpu]
    return sorted(rows, key=lambda row: -row[2])


def unit_costs(report: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Service, cores it kept busy, and milliseconds of CPU for each request of any class."""
    rate = sum(each["completed"] + each["failed"] for each in report["classes"]) / seconds_of(report)
    return [(use["unit"], use["cores"], use["cores"] / rate * 1000) for use in report["units"]]


def highest(best: Held | None) -> str:
    """The answer in a line."""
    if best is None:
        return f"none of the loads that were tried with p95 of pages under {LIMIT * 1000:g} ms"
    return (
        f"{best.requests:.0f} mixed learner requests/s, {best.by_application:.0f} of them by the application "
        f"({best.learners:,} learners), with p95 of pages under {LIMIT * 1000:g} ms "
        f"(the slowest: {best.slowest}, {best.p95 * 1000:.0f} ms)"
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def tries_table(tries: Sequence[tuple[Held, float]]) -> str:
    """Every load that was tried with the machine's load average at its end, the smallest load first."""
    heads = ("learners", "requests/s", "of these by the application", "slowest page class, p95", "failed", "served")
    ordered = sorted(tries, key=lambda one: one[0].learners)
    rows = [[*_cells(each), f"{load:.1f}", "yes" if each.fits else "no"] for each, load in ordered]
    return table([*heads, "CPU", "verdict", "load average", f"p95 under {LIMIT * 1000:g} ms"], rows)


def _cells(each: Held) -> Iterator[str]:
    yield f"{each.learners:,}"
    yield f"{each.requests:.1f}"
    yield f"{each.by_application:.1f}"
    yield f"{each.slowest}, {each.p95 * 1000:.0f} ms"
    yield f"{each.failed:.1%}"
    yield f"{each.served:.0%}"
    yield f"{each.cpu:.0%}"
    yield each.verdict.replace("_", " ")
