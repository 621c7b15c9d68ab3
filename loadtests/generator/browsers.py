"""The visitors' browsers: some signed in before the load begins, a new one for each who arrives."""

import random
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from types import SimpleNamespace
from typing import Any

from gevent.pool import Pool
from locust.contrib.fasthttp import FastHttpSession

from loadtests.generator.journeys import Journeys
from loadtests.generator.people import accounts, fewest_first, least_at_work, thinker
from loadtests.generator.visitor import Failed, Slice, Visitor

#: Journeys of people who arrive: a new browser each. All others are in the middle of a visit.
ARRIVING = {"sign_in", "exam", "probe"}
#: Connections that a browser opens to one host at most over HTTP/1.1 (docs/decisions/0042-phases-and-honesty.md).
CONNECTIONS = 6
#: Seconds within which those who are in the middle of their visit must have signed in.
SIGN_IN = 60.0


class Browsers:
    """All browsers of one run."""

    def __init__(self, plan: SimpleNamespace, journeys: Journeys, environment: Any, chance: random.Random) -> None:
        self.plan = plan
        self.journeys = journeys
        self.environment = environment
        self.chance = chance
        self._context = ssl.create_default_context(cafile=plan.ca_certificate)
        self._think = thinker(plan.think, plan.think_spread, chance)
        self._roles = {each.name: each.role for each in plan.journeys}
        learners = accounts(plan.learners, plan.part, plan.parts)
        self._staying = {
            "learner": (plan.learner_pattern, learners[: plan.sessions]),
            "instructor": (
                plan.instructor_pattern,
                accounts(plan.instructors, plan.part, plan.parts)[: plan.instructor_sessions],
            ),
            "organiser": (plan.organiser_pattern, accounts(plan.organisers, plan.part, plan.parts)),
            "builder": (plan.builder_pattern, accounts(plan.builders, plan.part, plan.parts)),
        }
        self._fresh = cycle(learners[plan.sessions :] or learners)
        self._signed_in: dict[str, list[Visitor]] = defaultdict(list)
        self._at_work: dict[Visitor, list[str]] = defaultdict(list)

    def visitor(self, user: Any, username: str) -> Visitor:
        """A browser that nobody used before: no cookies, no connections."""
        session = FastHttpSession(
            self.plan.url,
            self.environment.events.request,
            user,
            insecure=False,
            ssl_context_factory=self._trusting,
            connection_timeout=self.plan.time_out,
            network_timeout=self.plan.time_out,
            max_redirects=1,
            max_retries=1,
            concurrency=CONNECTIONS,
        )
        return Visitor(self.plan.url, session, username, self._think)

    def _trusting(self, *, cafile: str | None = None) -> ssl.SSLContext:
        """The one context of all browsers, which trusts the deployment's authority alone.

        geventhttpclient names the machine's own authorities as `cafile`. A factory that takes no such argument has them
        loaded into its context for each new browser: 17 ms of the event loop each, and any of them would be trusted.
        """
        del cafile
        return self._context

    @contextmanager
    def of(self, user: Any, journey: str) -> Iterator[Visitor]:
        """Who makes a journey: a new browser, closed after it, or one of those who are there and have least to do.

        Where all are at work, one of them does two things at once.
        """
        if journey in ARRIVING:
            visitor = self.visitor(user, self.plan.learner_pattern.format(next(self._fresh)))
            try:
                yield visitor
            finally:
                visitor.session.client.clientpool.close()
            return
        visitor = least_at_work(self._signed_in[self._roles[journey]], self._at_work, journey, self.chance)
        self._at_work[visitor].append(journey)
        try:
            yield visitor
        finally:
            self._at_work[visitor].remove(journey)

    def somebody(self, role: str) -> Visitor:
        """One of those who are signed in."""
        return self._signed_in[role][0]

    def sign_in(self, user: Any, stopped: Callable[[], bool]) -> None:
        """Sign in those who are in the middle of their visit, a few at a time; who can't is simply not among them."""
        small, until = Pool(4), time.monotonic() + SIGN_IN
        for role, (pattern, numbers) in fewest_first(self._staying):
            for number in numbers:
                if stopped() or time.monotonic() > until:
                    break
                small.spawn(self._enter, role, self.visitor(user, pattern.format(number)))
        small.join(timeout=SIGN_IN)
        small.kill()
        for role in self._staying:
            if not self._signed_in[role]:
                # Nobody could sign in: the journeys are still tried, and fail by what the site then answers.
                self._signed_in[role].append(self.visitor(user, f"{role}-nobody"))

    def _enter(self, role: str, visitor: Visitor) -> None:
        visit = Slice(visitor, time.perf_counter(), lambda *_said: None)
        try:
            self.journeys.enter(visit)
        except Failed:
            return
        self._signed_in[role].append(visitor)
