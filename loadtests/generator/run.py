"""One run: sign visitors in, then let arrivals come as they were drawn, phase by phase, and measure them."""

import random
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
from gevent.pool import Pool
from locust import FastHttpUser, task
from locust.env import Environment

from loadtests.generator.arrivals import Arrival
from loadtests.generator.beside import Beside
from loadtests.generator.books import Books
from loadtests.generator.browsers import Browsers
from loadtests.generator.control import END_RAMP, LOOK, STOP, Control, say
from loadtests.generator.health import Health
from loadtests.generator.journeys import Journeys
from loadtests.generator.record import p95
from loadtests.generator.seek import broken
from loadtests.generator.timeline import BETWEEN, JUDGED, Stretch, arrivals, timeline
from loadtests.generator.visitor import Failed, Slice

#: Seconds after which an arrival doesn't count as started when it was due.
ON_TIME = 1.0


class Run:
    """A load plan being played by Locust."""

    def __init__(self, plan: SimpleNamespace, password: str, folder: Path) -> None:
        self.plan = plan
        self.control = Control(folder)
        self.books = Books(plan)
        self.health = Health()
        chance = random.Random(f"{plan.seed} {plan.part}")
        self.journeys = Journeys(plan, password, chance)
        self.environment = Environment(user_classes=[self._user_class()], host=plan.url)
        self.browsers = Browsers(plan, self.journeys, self.environment, chance)
        self.beside = Beside(plan, chance)
        self.runner = self.environment.create_local_runner()
        self.pool = Pool(plan.in_flight)
        self.under_way: dict[str, set[Any]] = defaultdict(set)
        self.phase, self.phase_ends = "", 0.0
        self.began, self.began_at = time.perf_counter(), datetime.now(UTC)
        self.stopped = False
        self.knee: str | None = None

    def _user_class(self) -> type[FastHttpUser]:
        """One Locust user that lets all others arrive: closed users would wait for a slow server."""
        run = self

        class Arrivals(FastHttpUser):
            """Draws no thoughts of its own."""

            fixed_count = 1
            host = run.plan.url

            @task
            def arrive(self) -> None:
                """Play the whole schedule, once."""
                try:
                    run._play(self)
                finally:
                    run.runner.quit()

        return Arrivals

    def play(self) -> dict[str, Any]:
        """Play the plan; gives back what was measured as loadtests/merge.py reads it."""
        self.runner.start(1, spawn_rate=1)
        self.runner.greenlet.join()
        return self._result(bool(self.runner.cpu_warning_emitted))

    def _play(self, user: Any) -> None:
        watchers = [gevent.spawn(self._listen)]
        self.browsers.sign_in(user, lambda: self.stopped)
        self.beside.look(Slice(self.browsers.somebody("learner"), time.perf_counter(), lambda *_said: None))
        stretches = [(each, arrivals(self.plan, each, number)) for number, each in enumerate(timeline(self.plan))]
        if self.plan.parts > 1:
            self.control.wait_for_go()
        self.began, self.began_at = time.perf_counter(), datetime.now(UTC)
        watchers += [gevent.spawn(each) for each in (self._report, self.health.measure_lag)]
        at = 0.0
        for stretch, due in stretches:
            if not self.stopped:
                at = self._stretch(user, stretch, due, at)
        self.pool.kill(block=False)
        gevent.killall(watchers)

    def _stretch(self, user: Any, stretch: Stretch, due: list[Arrival], at: float) -> float:
        """Play one stretch from a moment of the run on; gives back the moment at which it ended."""
        before = self.phase
        self._enter(stretch, at)
        for arrival in [*due, None]:
            if self._wait_until(at + arrival.at if arrival else at + stretch.seconds, stretch, before):
                break
            if arrival:
                self._start(user, stretch.phase, arrival, at)
        return self._leave(stretch, before)

    def _enter(self, stretch: Stretch, at: float) -> None:
        self.phase, self.phase_ends = stretch.phase, at + stretch.seconds
        self.books.spans.setdefault(stretch.phase, [at, at])
        if stretch.phase in JUDGED:
            self.health.begin()
        if stretch.phase == "hold":
            self.beside.hold()

    def _leave(self, stretch: Stretch, before: str) -> float:
        at = min(self._now(), self.phase_ends)
        self.books.spans[stretch.phase][1] = at
        self.health.end()
        self.beside.end()
        if stretch.phase == BETWEEN:
            self._cut_off(before)
        return at

    def _cut_off(self, phase: str) -> None:
        """Visitors of a phase who still wait for an answer when their time is up have failed."""
        late = self.under_way[phase]
        self.books.cut_off[phase] += 0 if self.stopped else len(late)
        gevent.killall(list(late), block=False)

    def _wait_until(self, at: float, stretch: Stretch, before: str) -> bool:
        """Sleep until a moment of the run; true where the stretch ends before it."""
        while (left := at - self._now()) > 0:
            gevent.sleep(min(left, LOOK))
            if self._is_over(stretch, before):
                return True
        return self.stopped

    def _is_over(self, stretch: Stretch, before: str) -> bool:
        if stretch.phase == BETWEEN and not self.under_way[before]:
            return True
        return self.stopped or (stretch.phase == "ramp" and self.knee is not None)

    def _now(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.began

    def _start(self, user: Any, phase: str, arrival: Arrival, at: float) -> None:
        due = at + arrival.at
        self.books.intended[phase][arrival.journey] += 1
        late = self._now() - due
        if late > self.plan.time_out or self.pool.full():
            self._tell(phase, "login_form", self.began + due, 0, "generator: too late, or too many under way")
            return
        self.books.started[phase] += late <= ON_TIME
        visit = self.pool.spawn(self._visit, user, phase, arrival.journey, self.began + due)
        self.under_way[phase].add(visit)
        visit.rawlink(self.under_way[phase].discard)

    def _visit(self, user: Any, phase: str, journey: str, due: float) -> None:
        with self.browsers.of(user, journey) as visitor, suppress(Failed):
            self.journeys.by_name(journey)(Slice(visitor, due, lambda *said: self._tell(phase, *said)))

    def _tell(self, phase: str, name: str, due: float, size: int, failure: str | None) -> None:
        now = time.perf_counter()
        self.books.record.add(phase, name, now - self.began, max(0.0, now - due), size, failure)

    def _listen(self) -> None:
        """Hear what whoever started this generator says."""
        while True:
            gevent.sleep(LOOK)
            if self.control.told(STOP):
                self.stopped = True
            if self.control.told(END_RAMP) and not self.knee:
                self.knee = "the ramp ended where another generator found the knee"

    def _report(self) -> None:
        """A line each second, for whoever watches."""
        while True:
            gevent.sleep(1 - self._now() % 1 + 0.001)
            at = self._now()
            self.books.record.seconds[int(at)].in_flight = len(self.pool)
            done = self.books.record.seconds[max(0, int(at) - 1)]
            say(
                phase=self.phase,
                left=round(max(0.0, self.phase_ends - at), 1),
                requests=done.requests,
                failures=done.failures,
                in_flight=len(self.pool),
                p95=p95(self.books.record.recent(at, 5)[2]),
                bits=done.bytes * 8,
                knee=self._seek_knee(at),
            )

    def _seek_knee(self, at: float) -> str | None:
        """In the ramp: whether objectives were broken, or this generator was at its own limit."""
        began = self.books.spans.get("ramp", [at])[0]
        if self.phase == "ramp" and not self.knee and at - began >= self.plan.window:
            self.knee = broken(self.plan, self.books.record, at, self.health.recent_lag())
        return self.knee

    def _result(self, cpu_warning: bool) -> dict[str, Any]:
        return {
            "began": self.began_at.isoformat(),
            "generator": {**self.health.summary(), **self.books.arrivals(), "cpu_warning": cpu_warning},
            "knee": self.knee,
            "stopped": self.stopped,
            **self.beside.summary(),
            **self.books.summary(),
        }
