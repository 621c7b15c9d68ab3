"""What is measured beside the load: a lecture that never begins is told, and a slow line isn't told as a faster one."""

import random
from collections.abc import Iterator
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtests.generator import capacity, mobile
from loadtests.generator.sockets import Line
from loadtests.generator.video import Segment

RATE = 2e6


class Connection:
    """A connection that gives a film in pieces of some thousand bytes, as a slow line does."""

    status = 200

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def request(self, *_: Any, **__: Any) -> None:
        """Nothing is asked of anybody."""

    def getresponse(self) -> "Connection":
        """The answer, which is the connection itself."""
        return self

    def read1(self, _size: int) -> bytes:
        """The next piece."""
        return self._pieces.pop(0) if self._pieces else b""

    def read(self, _size: int) -> bytes:
        """All pieces, once they have come."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole

    def close(self) -> None:
        """Nothing to close."""


def line(pieces: list[bytes] | None = None) -> Line:
    """A way to nowhere."""
    return cast("Line", SimpleNamespace(connect=lambda **_: Connection(pieces or [])))


class Waited(mobile.Phone):
    """Somebody whose segments take so many seconds each to come."""

    def __init__(self, clock: list[float], *seconds: float) -> None:
        super().__init__(line(), RATE, random.Random(1))
        self._clock, self._seconds = clock, list(seconds)

    def _segments(self, _connection: HTTPConnection, path: str) -> Iterator[Segment]:
        yield from [Segment(path, 0, 1)] * len(self._seconds)

    def _get(self, _connection: HTTPConnection, _path: str, _wanted: Segment | None = None) -> bytes:
        self._clock[0] += self._seconds.pop(0)
        return b""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on when somebody waits."""
    now = [100.0]
    monkeypatch.setattr(mobile, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    sleep = SimpleNamespace(sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(mobile, "gevent", sleep)
    return now


def test_a_lecture_that_began_is_a_start_and_none_that_failed(clock: list[float]) -> None:
    phone = Waited(clock, 3.0, 3.0, 30.0)
    phone._lecture("/phim.m3u8", lambda: False)
    told = mobile.summary(RATE, [phone])
    assert (told["starts"], told["start_p50"], told["failed"]) == (1, 3.0, 0)


def test_a_lecture_whose_first_picture_came_too_late_is_no_start_and_is_told(clock: list[float]) -> None:
    phone = Waited(clock, mobile.WATCHED + 1)
    phone._lecture("/phim.m3u8", lambda: False)
    told = mobile.summary(RATE, [phone])
    assert (told["starts"], told["start_p95"], told["failed"]) == (0, None, 1)


def test_a_lecture_that_is_still_waited_for_at_the_end_is_told_once_it_took_too_long(clock: list[float]) -> None:
    phone = Waited(clock)
    phone._waiting = clock[0]
    assert mobile.summary(RATE, [phone])["failed"] == 0
    clock[0] += mobile.WATCHED
    assert mobile.summary(RATE, [phone])["failed"] == 1


def test_each_piece_that_comes_is_counted_when_it_comes() -> None:
    counted: list[int] = []
    capacity._fetch(line([b"x" * 1000, b"x" * 500, b"x" * 700]), "/phim.mp4", counted.append, float("inf"))
    assert counted == [1000, 500, 700]
