"""Learners on a slow line of their own, as over 2 Mbit/s mobile: when their lectures start, and how often they stall.

They are beside the planned load, a few, and their requests are in no class: what is asked is what they see.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any

import gevent

from loadtests.generator.sockets import Line
from loadtests.generator.video import Played, Segment, beginning, played, segments, suiting

#: Bytes that are taken at once, and that wait in the kernel: little, so that the line is felt all the way to the site.
CHUNK, BUFFER = 16_384, 65_536
#: Seconds for which a lecture is watched before the next is begun, and that are fetched ahead of the picture.
WATCHED, AHEAD = 20.0, 20.0


class Bucket:
    """A line of so many bit/s: says how long to wait until so many bytes have come over it."""

    def __init__(self, rate: float) -> None:
        self._rate = rate / 8
        self._free = 0.0

    def wait(self, size: int, now: float) -> float:
        """Seconds to wait from now on until so many more bytes have come; an idle line saves up nothing."""
        self._free = max(now, self._free) + size / self._rate
        return self._free - now


class Phone:
    """One learner who watches lecture after lecture over a slow line."""

    def __init__(self, line: Line, rate: float, chance: random.Random) -> None:
        self._line, self._rate, self._chance = line, rate, chance
        self.seen: list[Played] = []
        self.failed = 0
        self._waiting: float | None = None

    def watch(self, playlists: list[str], is_over: Callable[[], bool]) -> None:
        """Watch until it is over."""
        while not is_over():
            try:
                self._lecture(self._chance.choice(playlists), is_over)
            except (OSError, HTTPException, ValueError):
                self.failed += 1
                gevent.sleep(1)
            finally:
                self._waiting = None

    def in_vain(self, now: float) -> int:
        """Lectures that failed, with one that is waited for now, longer than lectures are watched.

        Without these it would seem as if all began quickly, when only those that began are asked.
        """
        return self.failed + (self._waiting is not None and now - self._waiting >= WATCHED)

    def _lecture(self, path: str, is_over: Callable[[], bool]) -> None:
        asked, came = time.perf_counter(), list[tuple[float, float]]()
        self._waiting = asked
        until = asked + WATCHED
        with closing(self._line.connect(receive=BUFFER)) as connection:
            for segment in self._segments(connection, path):
                self._get(connection, segment.path, segment)
                if segment.seconds:
                    came.append((time.perf_counter(), segment.seconds))
                    self._waiting = None
                self._wait_for_room(came, until)
                if time.perf_counter() >= until or is_over():
                    break
        # A lecture that ended while nothing was missing has not stalled.
        left = min(time.perf_counter(), until)
        found = played(asked, came, left)
        self.seen += [found] if found else []
        # Its first picture came after the learner had given up.
        self.failed += found is None and left >= until

    def _segments(self, connection: HTTPConnection, path: str) -> Iterator[Segment]:
        text = self._get(connection, path).decode()
        if (rung := suiting(text, path, self._rate)) is not None:
            text, path = self._get(connection, rung).decode(), rung
        first, found = beginning(text, path), segments(text, path)
        if not found:
            raise ValueError("no playlist with segments")
        yield from ([first] if first else [])
        yield from found

    def _wait_for_room(self, came: list[tuple[float, float]], until: float) -> None:
        """Fetch no further ahead than players do."""
        if came:
            ahead = came[0][0] + sum(seconds for _, seconds in came) - time.perf_counter()
            gevent.sleep(max(0.0, min(ahead - AHEAD, until - time.perf_counter())))

    def _get(self, connection: HTTPConnection, path: str, wanted: Segment | None = None) -> bytes:
        """A file, or a range of one, no faster than the line.

        :raises ValueError: it isn't what was asked for.
        """
        bytes_range = {"Range": f"bytes={wanted.first}-{wanted.first + wanted.size - 1}"} if wanted else {}
        connection.request("GET", path, headers=bytes_range)
        response, bucket, body = connection.getresponse(), Bucket(self._rate), bytearray()
        while chunk := response.read(CHUNK):
            body += chunk
            gevent.sleep(bucket.wait(len(chunk), time.perf_counter()))
        if response.status != (206 if wanted else 200) or (wanted and len(body) != wanted.size):
            raise ValueError(f"{path}: status {response.status}, {len(body)} bytes")
        return bytes(body)


def summary(rate: float, phones: list[Phone]) -> dict[str, Any]:
    """What all of them saw, as lms_stack.measurement.MobileLearner names it."""
    seen = [each for phone in phones for each in phone.seen]
    starts = sorted(each.start for each in seen)
    return {
        "bit_rate": rate,
        "starts": len(starts),
        "start_p50": _at(starts, 0.50),
        "start_p95": _at(starts, 0.95),
        "stalls": sum(each.stalls for each in seen),
        "stalled": sum(each.stalled for each in seen),
        "watched": sum(each.watched for each in seen),
        "failed": sum(phone.in_vain(time.perf_counter()) for phone in phones),
    }


def _at(ordered: list[float], share: float) -> float | None:
    """The least of them that so many are not above; None of nothing."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
