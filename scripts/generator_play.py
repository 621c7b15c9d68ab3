"""Our own load generator on a stand-in for lophoc: loads that grow until its core is full."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.measurement import LoadResult
from loadtests.load_plan import JourneyLoad, LoadPlan
from loadtests.run import play
from scripts.benchmark_runs import COURSE
from scripts.load_tools import CONNECTIONS, Played
from scripts.stand_in import spent, start
from tests.contracts.local_remote import LocalRemote, a_host
from tests.contracts.toy_course import PASSWORD, certified, environment, fill, free_port, granian, wait_for

#: The p99 of the event loop's lag up to which latencies are called undistorted, in seconds.
UNDISTORTED = 0.005
#: From this share of its core on, more arrivals only come late.
FULL = 0.97
#: By what the load grows from one step to the next.
STEP = 1.6
#: From as many wrong answers to a right one the stand-in is no site; a full core has some that come too late.
WRONG = 0.5
#: Seconds between two requests of a visitor where only their cost matters.
SHORT = 0.05
#: Accounts that may sign in: the stand-in knows nobody and lets everybody in.
LEARNERS = 100_000
#: Visitors under way at once.
UNDER_WAY = 20_000


def said(text: str) -> None:
    """What goes on, on stderr."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Step:
    """One load of our generator, as a multiple of what is planned, and what came of it."""

    factor: float
    result: LoadResult

    @property
    def played(self) -> Played:
        """What came back, and what it cost, in the hold."""
        seconds = (self.result.hold_ended - self.result.hold_started).total_seconds()
        right = sum(each.completed for each in self.result.classes)
        wrong = sum(each.failed for each in self.result.classes)
        return Played("taphuan", right, wrong, seconds, self.result.generator.cpu_share * seconds)

    @property
    def clean(self) -> bool:
        """Whether nothing was late by the generator's own doing."""
        return self.result.generator.loop_lag_p99 < UNDISTORTED


@contextmanager
def stand_in(folder: Path, core: int) -> Iterator[tuple[LoadPlan, Callable[[], float]]]:
    """The stand-in, running on one core: a plan to play on it, without journeys, and what gives nginx's CPU time."""
    certified(folder)
    site, recorded = folder / "site", folder / "recorded"
    site.mkdir()
    recorded.mkdir()
    prepared = fill(site, environment(site, {}))
    told = {name: prepared[name] for name in LoadPlan.model_fields if name in prepared}
    plan = LoadPlan(url="", ca_certificate=str(folder / "ca.crt"), journeys=(), **told)
    record(plan, folder, site, recorded)
    (folder / "nginx").mkdir()
    process, port = start(recorded, folder / "nginx", folder, core)
    try:
        yield (
            plan.model_copy(update={"url": f"https://127.0.0.1:{port}", "learners": LEARNERS}),
            lambda: spent(process.pid),
        )
    finally:
        process.terminate()
        process.wait(10)


def record(plan: LoadPlan, folder: Path, site: Path, recorded: Path) -> None:
    """Have every learners' journey played on lophoc for a while; its answers are kept."""
    port = free_port()
    told = environment(site, {"TOY_RECORD": str(recorded)})
    process = granian(port, folder, told, folder / "site.log", application="scripts.recording_site:application")
    try:
        wait_for(port)
        journeys = learners_journeys(lambda _name, _rate: 1.0)
        pace = {"warm_up": 2.0, "hold": 20.0, "think": 0.2, "sessions": 40}
        plan = plan.model_copy(update={"url": f"https://127.0.0.1:{port}", "journeys": journeys, **pace})
        result = played(plan, folder)
        if wrong := {each.request_class: each.failures for each in result.classes if each.failures}:
            sys.exit(f"the answers to be kept are wrong already: {wrong}")
    finally:
        process.terminate()
        process.wait(60)


def learners_journeys(rate: Callable[[str, float], float]) -> tuple[JourneyLoad, ...]:
    """The learners' journeys of the demo's planned peak, each at the rate that `rate` makes of its planned one."""
    known = facts().journeys
    return tuple(
        JourneyLoad(
            name=each.journey,
            rate=rate(each.journey, each.arrivals.value),
            role=known[each.journey].role,
            requests=each.requests,
        )
        for each in demand(read_course(COURSE)).journeys
        if known[each.journey].role == "learner"
    )


def played(plan: LoadPlan, folder: Path) -> LoadResult:
    """What our generator measured of a plan."""
    return play(plan, LocalRemote(folder), [a_host("loadgen-1")], PASSWORD)


def climb(plan_of: Callable[[float], LoadPlan], folder: Path, first: float = 1.0) -> list[Step]:
    """Play a plan at more and more times its rates, until the generator's core is full."""
    steps, factor = [], first
    while True:
        steps.append(Step(factor, played(plan_of(factor), folder)))
        health, last = steps[-1].result.generator, steps[-1].played
        said(
            f"  x {factor:.1f}: {last.rate:.0f} requests/s, {last.wrong} wrong, {health.cpu_share:.0%} of the core, "
            f"p99 lag {health.loop_lag_p99 * 1e3:.1f} ms, {health.achieved_share:.0%} started"
        )
        if last.wrong > WRONG * last.right:
            sys.exit("the stand-in doesn't answer as lophoc did: nothing is measured")
        if health.cpu_share > FULL or health.achieved_share < 0.95:
            return steps
        factor *= STEP


def one_journey(plan: LoadPlan, name: str, rate: float) -> Callable[[float], LoadPlan]:
    """Plans of one journey alone, at multiples of a rate."""
    found = next(each for each in learners_journeys(lambda _name, rate: rate) if each.name == name)
    pace = {"warm_up": 3.0, "hold": 10.0, "think": SHORT, "sessions": CONNECTIONS, "in_flight": UNDER_WAY}
    return lambda factor: plan.model_copy(
        update={"journeys": (found.model_copy(update={"rate": rate * factor}),), **pace}
    )


def all_journeys(plan: LoadPlan, concurrent: float) -> Callable[[float], LoadPlan]:
    """Plans of the planned peak, at multiples of it: rates, and the learners who are there."""
    return lambda factor: plan.model_copy(
        update={
            "journeys": learners_journeys(lambda _name, rate: rate * factor),
            "sessions": round(concurrent * factor),
            "warm_up": 5.0,
            "hold": 20.0,
            "in_flight": UNDER_WAY,
        }
    )
