"""The bench: a stack that stands, with the load test's accounts on it, and what short loads cost it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cli import verify as verified
from cli.deployments import Standing, standing
from cli.settings import Settings
from lms_stack.engines import ENGINES
from lms_stack.errors import StepFailed
from lms_stack.facts import facts
from lms_stack.measurement import LoadResult
from lms_stack.observation import Observation
from lms_stack.plan import Role
from lms_stack.request_classes import FILE_CLASSES
from loadtests.short_loads import QUICK, Pace, calibration_loads, scaled_to, with_rates

if TYPE_CHECKING:
    from loadtests.load_plan import LoadPlan
    from runbooks.ssh import SshRemote

#: Seconds for which each short load is held, and the share of the stack's busiest host that it is to take: near the one
#: at which hosts are planned, for a request costs up to a tenth more on hosts that have little to do.
HOLD, SHARE = 30.0, 0.55
#: Mixed loads beside the single journeys: shares of the busiest host that the planned mix is to take.
MIXED = (0.35, 0.7)
#: Seconds after which what the making of the accounts cost has left all windows.
SETTLED = 6.0
#: Seconds after which Prometheus has seen all of a load.
SEEN = 6.0


@dataclass(frozen=True)
class Bench:
    """A stack with the load test's accounts on it, ready for one short load after another."""

    settings: Settings
    stack: Standing
    remote: "SshRemote"
    password: str
    base: "LoadPlan"

    def play(self, name: str, rates: Mapping[str, float], hold: float, pace: Pace = QUICK) -> LoadResult:
        """Play one load from the deployment's generators.

        :raises StepFailed: a generator didn't run, or a person ended the load.
        """
        from loadtests.run import play  # noqa: PLC0415

        plan = with_rates(self.base, rates, facts().journeys, hold=hold, pace=pace)
        generators = self.stack.topology.hosts_of(Role.LOADGEN)
        with self.settings.progress.step("load", f"Play {name}") as tell:
            load = play(plan, self.remote, generators, self.password, on_progress=tell)
        if load.stopped:
            raise StepFailed("stopped by Ctrl-C: nothing is made of half a load", hint="the same command begins anew")
        return load

    def observe(
        self, name: str, rates: Mapping[str, float], hold: float = HOLD, pace: Pace = QUICK
    ) -> tuple[Observation, LoadResult]:
        """Play one load and read what it cost the stack."""
        load = self.play(name, rates, hold, pace)
        return self.observed(name, load), load

    def observed(self, name: str, load: LoadResult) -> Observation:
        """What the stack's counters say of a load that was played."""
        span = (load.hold_started, load.hold_ended)
        return observation(self.stack, name, span, load)


def observation(
    stack: Standing, name: str, span: tuple[datetime, datetime], load: LoadResult | None = None
) -> Observation:
    """What the stack's counters say of a span of time, with what the generator saw of it."""
    from monitoring.prometheus import Prometheus  # noqa: PLC0415
    from monitoring.windows import windows  # noqa: PLC0415

    seconds = (span[1] - span[0]).total_seconds()
    time.sleep(max(0.0, (span[1] - datetime.now(UTC)).total_seconds() + SEEN))
    rows = load.classes if load else ()
    served = {row.request_class: row.completed / seconds for row in rows if row.request_class in FILE_CLASSES}
    # Counters are scraped each 5 s: what they show at a moment is up to so much older.
    late = timedelta(seconds=2.5)
    seen = windows(
        Prometheus(stack.topology.url("prometheus")), stack.topology, name, (span[0] + late, span[1] + late), served
    )
    failed, done = sum(row.failed for row in rows), sum(row.completed for row in rows)
    return Observation(
        load=name,
        windows=seen,
        failed_share=failed / max(1, failed + done),
        bytes={row.request_class: row.bytes_received / row.completed for row in rows if row.completed},
        p50={row.request_class: row.p50 for row in rows if row.p50 is not None},
    )


@contextmanager
def bench(settings: Settings) -> Iterator[Bench]:
    """The deployment that stands, with the load test's accounts; they are removed at the end.

    :raises StepFailed: nothing stands, or a step could not be done.
    """
    from loadtests.load_plan import load_plan  # noqa: PLC0415
    from runbooks.ssh import SshRemote  # noqa: PLC0415

    stack = standing(settings.paths)
    wanted = stack.plan.demand
    with SshRemote(stack.topology) as remote:
        with settings.progress.step("accounts", "Make the load test's class and accounts"):
            password = verified._password(stack)
            prepared = verified._prepare(stack, wanted, remote, password)
        base = load_plan(wanted, stack.topology, prepared)
        try:
            yield Bench(settings, stack, remote, password, base)
        finally:
            with settings.progress.step("purge", "Remove the load test's class and accounts"):
                app = stack.topology.hosts_of(Role.APP)[0]
                remote.run(app.name, ENGINES[stack.plan.engine].purge_load_test(), timeout=120)


def at_rest(ready: Bench) -> Observation:
    """The stack without a request, when making the accounts has left no more trace."""
    with ready.settings.progress.step("rest", "Watch the stack at rest"):
        began = datetime.now(UTC) + timedelta(seconds=SETTLED)
        return observation(ready.stack, "at rest", (began, began + timedelta(seconds=HOLD)))


def observe_all(ready: Bench, speed: float) -> list[Observation]:
    """The stack at rest, each journey alone, and the planned mix at some loads.

    :param speed: of the hosts' cores, against those of the shipped table: slower ones get smaller loads. How fast they
        were in one load counts for the next.
    """
    stack, known = ready.stack, facts()
    mix = {each.journey: each.arrivals.value for each in stack.plan.demand.journeys}
    alone = calibration_loads(mix, known.journeys, known.service_demands)
    loads = [(name, SHARE, rates) for name, rates in alone.items()]
    loads += [(f"the planned mix at {share:.0%}", share, mix) for share in MIXED]
    found = [at_rest(ready)]
    for name, share, rates in loads:
        if pieces := found[-1].speed:
            speed = pieces / known.sizing["reference_core"].number
        scaled = scaled_to(share * speed, rates, known.journeys, known.service_demands, stack.topology)
        found.append(ready.observe(name, scaled)[0])
    return found
