"""Beside the planned load: what the edge's line carries, and what a few learners on a slow line see of lectures."""

import random
from contextlib import suppress
from html import unescape
from types import SimpleNamespace
from typing import Any

import gevent

from loadtests.generator import pages
from loadtests.generator.capacity import measured
from loadtests.generator.mobile import Phone, summary
from loadtests.generator.sockets import Line
from loadtests.generator.visitor import Failed, Slice


class Beside:
    """What one generator measures beside its arrivals; nothing of it counts in any request class."""

    def __init__(self, plan: SimpleNamespace, chance: random.Random) -> None:
        self.plan = plan
        self._line = Line(plan.url, plan.ca_certificate, plan.time_out)
        self._phones = [Phone(self._line, plan.phone_rate, random.Random(chance.random())) for _ in range(plan.phones)]
        self._playlists: list[str] = []
        self._capacity: dict[str, Any] | None = None
        self._held = False

    def look(self, visit: Slice) -> None:
        """Before the load: find lectures by a signed-in browser, and measure the line; one generator does that.

        A course without lectures has nobody on a slow line, and a line of which only the way in is known.
        """
        film, static = None, None
        with suppress(Failed):
            for number in self.plan.lessons[:3]:
                page = visit.get("lesson_page", f"/khoa-hoc/{self.plan.course}/bai-hoc/{number}/")
                static = next(iter(pages.ASSET.findall(page)), None)
                if found := pages.PLAYLIST.search(page):
                    path = unescape(found.group(1))
                    self._playlists.append(path)
                    film = film or visit.playlist("video_playlist", path)[0].path
        if self.plan.part == 0 and self.plan.line and static:
            self._capacity = measured(self._line, self.plan.line, film, static)

    def hold(self) -> None:
        """The peak is held: they begin to watch."""
        self._held = True
        for phone in self._phones if self._playlists else ():
            gevent.spawn(phone.watch, self._playlists, self._is_over)

    def end(self) -> None:
        """The hold is over: they leave their lectures."""
        self._held = False

    def _is_over(self) -> bool:
        return not self._held

    def summary(self) -> dict[str, Any]:
        """As loadtests/merge.py reads it."""
        seen = summary(self.plan.phone_rate, self._phones) if self._playlists and self._phones else None
        return {"mobile": seen, "link_capacity": self._capacity}
