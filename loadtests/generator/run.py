"""One run: sign visitors in, then let arrivals come as they were drawn, and measure those of the hold."""

import json
import random
import ssl
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import gevent
from gevent.pool import Pool
from locust import FastHttpUser, task
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from loadtests.generator.arrivals import Arrival, schedule
from loadtests.generator.health import Health
from loadtests.generator.journeys import Journeys
from loadtests.generator.record import Record
from loadtests.generator.visitor import Failed, Slice, Visitor

#: Journeys of people who arrive: a new browser each. All others are in the middle of a visit.
ARRIVING = {"sign_in", "exam", "probe"}


class Run:
    """A load plan being played by Locust."""

    def __init__(self, plan: SimpleNamespace, password: str) -> None:
        self.plan = plan
        self.record = Record()
        self.health = Health()
        self.chance = random.Random(plan.seed)
        self.journeys = Journeys(plan, password, self.chance)
        self.context = ssl.create_default_context(cafile=plan.ca_certificate)
        self.environment = Environment(user_classes=[self._user_class()], host=plan.url)
        self.runner = self.environment.create_local_runner()
        self.pool = Pool(plan.in_flight)
        self.started: Counter[str] = Counter()
        self.began = 0.0
        self.waiting = 0
        self._fresh = cycle(range(plan.sessions + 1, max(plan.learners, plan.sessions + 1) + 1))
        self._signed_in: dict[str, list[Visitor]] = {"learner": [], "instructor": [], "organiser": [], "builder": []}
        self._plan_by_name = {each.name: each for each in plan.journeys}

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
                run._play(self)
                run.runner.quit()

        return Arrivals

    def play(self) -> dict[str, Any]:
        """Play the plan; gives back the result as lms_stack.measurement.LoadResult names it."""
        self.runner.start(1, spawn_rate=1)
        self.runner.greenlet.join()
        return self._result(bool(self.runner.cpu_warning_emitted))

    def _visitor(self, user: Any, username: str) -> Visitor:
        session = FastHttpSession(
            self.plan.url,
            self.environment.events.request,
            user,
            insecure=False,
            ssl_context_factory=lambda: self.context,
            connection_timeout=self.plan.time_out,
            network_timeout=self.plan.time_out,
            max_redirects=1,
            max_retries=1,
        )
        return Visitor(self.plan.url, session, username, self._think)

    def _think(self) -> float:
        return self.chance.expovariate(1 / self.plan.think)

    def _play(self, user: Any) -> None:
        self._sign_in_visitors(user)
        plan = self.plan
        arrivals = schedule(
            [(each.name, each.rate) for each in plan.journeys], plan.warm_up + plan.hold + plan.drain, plan.seed
        )
        self.arrivals = arrivals
        self.began = time.perf_counter()
        self.began_at = datetime.now(UTC)
        reporter = gevent.spawn(self._report)
        holder = gevent.spawn(self._watch_hold)
        for arrival in arrivals:
            self._wait_until(arrival.at)
            if arrival.at >= plan.warm_up + plan.hold and not self.waiting:
                break
            self._start(user, arrival)
        self._let_end()
        holder.join()
        reporter.kill()

    def _wait_until(self, at: float) -> None:
        """Sleep until an arrival is due; on the way, end early when the last counted visitor has left."""
        left = self.began + at - time.perf_counter()
        if left > 0:
            gevent.sleep(left)

    def _start(self, user: Any, arrival: Arrival) -> None:
        counted = self._counted(arrival)
        if self.pool.full():
            if counted:
                self._tell(
                    arrival.journey, counted, "login_form", self.began + arrival.at, 0, "generator: too many under way"
                )
            return
        self.started[arrival.journey] += counted
        self.waiting += counted
        self.pool.spawn(self._visit, user, arrival, counted)

    def _counted(self, arrival: Arrival) -> bool:
        warm_up: float = self.plan.warm_up
        return warm_up <= arrival.at < warm_up + float(self.plan.hold)

    def _visit(self, user: Any, arrival: Arrival, counted: bool) -> None:
        visitor, mine = self._who(user, arrival.journey)
        try:
            self._slice(visitor, arrival.journey, self.began + arrival.at, counted)
        finally:
            self.waiting -= counted
            if mine:
                visitor.session.client.clientpool.close()

    def _who(self, user: Any, journey: str) -> tuple[Visitor, bool]:
        """A new browser for those who arrive, one that is signed in for all others."""
        if journey in ARRIVING:
            return self._visitor(user, self.plan.learner_pattern.format(next(self._fresh))), True
        return self.chance.choice(self._signed_in[self._plan_by_name[journey].role]), False

    def _slice(self, visitor: Visitor, journey: str, due: float, counted: bool) -> None:
        visit = Slice(visitor, due, lambda *said: self._tell(journey, counted, *said))
        with suppress(Failed):
            self.journeys.by_name(journey)(visit)

    def _tell(self, _journey: str, counted: bool, name: str, due: float, size: int, failure: str | None) -> None:
        now = time.perf_counter()
        self.record.add(name, now - self.began, max(0.0, now - due), size, failure, counted=counted)

    def _sign_in_visitors(self, user: Any) -> None:
        """Fill the pool of signed-in browsers, a few at a time; who can't sign in is simply not in it."""
        plan, small = self.plan, Pool(4)
        for role, pattern, count in (
            ("learner", plan.learner_pattern, min(plan.sessions, plan.learners)),
            ("instructor", plan.instructor_pattern, min(plan.instructor_sessions, plan.instructors)),
            ("organiser", plan.organiser_pattern, plan.organisers),
            ("builder", plan.builder_pattern, plan.builders),
        ):
            for number in range(1, count + 1):
                small.spawn(self._enter, role, self._visitor(user, pattern.format(number)))
        small.join()
        self.record = Record()
        for role, visitors in self._signed_in.items():
            if not visitors:
                # Nobody could sign in: the journeys are still tried, and fail by what the site then answers.
                visitors.append(self._visitor(user, f"{role}-nobody"))

    def _enter(self, role: str, visitor: Visitor) -> None:
        visit = Slice(visitor, time.perf_counter(), lambda *_said: None)
        try:
            self.journeys.enter(visit)
        except Failed:
            return
        self._signed_in[role].append(visitor)

    def _watch_hold(self) -> None:
        self._wait_until(self.plan.warm_up)
        self.health.begin()
        self._wait_until(self.plan.warm_up + self.plan.hold)
        self.health.end()

    def _let_end(self) -> None:
        """Give counted visitors until the drain's end; what is then still open has failed."""
        until = self.began + self.plan.warm_up + self.plan.hold + self.plan.drain
        while self.waiting and time.perf_counter() < until:
            gevent.sleep(0.1)
        self.cut_off = self.waiting
        self.pool.kill(block=False)

    def _report(self) -> None:
        """A line each second, for whoever watches."""
        while True:
            gevent.sleep(1)
            at = time.perf_counter() - self.began
            self.record.seconds[int(at)].in_flight = len(self.pool)
            done = self.record.seconds[max(0, int(at) - 1)]
            line = {
                "phase": self._phase(at),
                "requests": done.requests,
                "failures": done.failures,
                "in_flight": len(self.pool),
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()

    def _phase(self, at: float) -> str:
        if at < self.plan.warm_up:
            return "warm-up"
        return "peak held" if at < self.plan.warm_up + self.plan.hold else "end"

    def _result(self, cpu_warning: bool) -> dict[str, Any]:
        plan = self.plan
        intended = Counter(each.journey for each in self.arrivals if self._counted(each))
        hold_started = self.began_at + timedelta(seconds=plan.warm_up)
        classes = self._classes(intended)
        if self.cut_off:
            # Visitors who were still waiting for an answer when time was up.
            worst = max(classes, key=lambda each: each["intended"] - each["completed"] - each["failed"])
            worst["failed"] += self.cut_off
            worst["failures"]["unfinished when the run ended"] = self.cut_off
        return {
            "started": self.began_at.isoformat(),
            "hold_started": hold_started.isoformat(),
            "hold_ended": (hold_started + timedelta(seconds=plan.hold)).isoformat(),
            "classes": classes,
            "generator": {
                **self.health.summary(),
                "intended_arrivals": sum(intended.values()),
                "started_arrivals": sum(self.started.values()),
                "cpu_warning": cpu_warning,
            },
            "samples": [self.record.seconds[number].summary(number) for number in sorted(self.record.seconds)],
        }

    def _classes(self, intended: Counter[str]) -> list[dict[str, Any]]:
        wanted: Counter[str] = Counter()
        for journey in self.plan.journeys:
            for name, count in vars(journey.requests).items():
                wanted[name] += intended[journey.name] * count
        return [self.record.classes[name].summary(name, float(wanted[name])) for name in sorted(wanted)]
