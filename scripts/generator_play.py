"""Our own load generator on a stand-in for lophoc: loads that grow until its core is full."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lms_stack.demand import Demand
from lms_stack.facts import facts
from lms_stack.measurement import LoadResult
from loadtests.load_plan import LoadPlan
from loadtests.run import play
from loadtests.short_loads import with_rates
from scripts.benchmark_runs import said
from scripts.load_tools import CONNECTIONS, Played
from scripts.stand_in import spent, start
from tests.contracts.local_remote import LocalRemote, a_host
from tests.contracts.ports import free_port, wait_for
from tests.contracts.toy_course import PASSWORD, certified, environment, fill, granian

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
def stand_in(wanted: Demand, folder: Path, core: int) -> Iterator[tuple[LoadPlan, Callable[[], float]]]:
    """The stand-in, running on one core: a plan to play on it, without journeys, and what gives nginx's CPU time.

    :param wanted: the planned peak whose journeys it is to answer.
    """
    certified(folder)
    site, recorded = folder / "site", folder / "recorded"
    site.mkdir()
    recorded.mkdir()
    prepared = fill(site, environment(site, {}))
    told = {name: prepared[name] for name in LoadPlan.model_fields if name in prepared}
    plan = LoadPlan(url="", ca_certificate=str(folder / "ca.crt"), journeys=(), **told)
    record(plan, learners_rates(wanted), folder)
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


def record(plan: LoadPlan, journeys: Iterable[str], folder: Path) -> None:
    """Have these journeys played on lophoc for a while; its answers are kept."""
    port = free_port()
    told = environment(folder / "site", {"TOY_RECORD": str(folder / "recorded")})
    process = granian(port, folder, told, folder / "site.log", application="scripts.recording_site:application")
    try:
        wait_for(port)
        here = plan.model_copy(update={"url": f"https://127.0.0.1:{port}"})
        pace = {"warm_up": 2.0, "think": 0.2, "sessions": 40}
        result = played(_plan(here, dict.fromkeys(journeys, 1.0), 20.0, pace), folder)
        if wrong := {each.request_class: each.failures for each in result.classes if each.failures}:
            sys.exit(f"the answers to be kept are wrong already: {wrong}")
    finally:
        process.terminate()
        process.wait(60)


def learners_rates(wanted: Demand) -> dict[str, float]:
    """Arrivals a second of the learners' journeys at a planned peak."""
    known = facts().journeys
    return {each.journey: each.arrivals.value for each in wanted.journeys if known[each.journey].role == "learner"}


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
    pace = {"warm_up": 3.0, "think": SHORT, "sessions": CONNECTIONS, "in_flight": UNDER_WAY}
    return lambda factor: _plan(plan, {name: rate * factor}, 10.0, pace)


def all_journeys(plan: LoadPlan, wanted: Demand) -> Callable[[float], LoadPlan]:
    """Plans of the planned peak, at multiples of it: rates, and the learners who are there."""
    planned, concurrent = learners_rates(wanted), wanted.concurrent_learners.value
    pace = {"warm_up": 5.0, "think": plan.think, "in_flight": UNDER_WAY}
    return lambda factor: _plan(
        plan,
        {name: rate * factor for name, rate in planned.items()},
        20.0,
        {**pace, "sessions": round(concurrent * factor)},
    )


def _plan(plan: LoadPlan, rates: Mapping[str, float], hold: float, pace: Mapping[str, float]) -> LoadPlan:
    return with_rates(plan, rates, facts().journeys, hold=hold).model_copy(update=pace)
