"""What the edge's line really carries, both ways: a bulk transfer of a few seconds before the load begins."""

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

import gevent

from loadtests.generator.sockets import Line

#: Connections side by side, and seconds each way; the first part of these isn't counted, for shapers let a burst pass
#: and TCP begins slowly.
STREAMS, SECONDS, SKIPPED = 4, 3.0, 1.0
CHUNK = 262_144
#: The largest body that the edge takes has a little more than this (client_max_body_size).
BODY = 20 * 2**20
#: Bits on the wire for each bit of a body: 1,448 bytes in a frame of 1,514 (Ethernet, RFC 791, 793, 7323), and 22
#: bytes of TLS 1.3 for each 16 KiB (RFC 8446).
WIRE = 1514 / 1448 * (1 + 22 / 16_384)
#: From this share of its core on, the generator may have been what held the transfer back.
BUSY = 0.85


def measured(line: Line, planned: float, film: str | None, static: str) -> dict[str, Any]:
    """As lms_stack.measurement.LinkCapacity names it, in bit/s on the wire.

    :param film: the path of a big file on the edge, to be fetched; None where the course has none.
    :param static: the path of a static file, which the edge answers for itself: what is sent there it only throws away.
    """
    cpu, began = os.times(), time.perf_counter()
    egress = _rate(lambda count, until: _fetch(line, film, count, until)) if film else None
    ingress = _rate(lambda count, until: _send(line, static, count, until))
    spent = os.times()
    busy = (spent.user + spent.system - cpu.user - cpu.system) / (time.perf_counter() - began)
    return {"planned": planned, "egress": egress, "ingress": ingress, "at_least": busy > BUSY}


def _rate(stream: Callable[[Callable[[int], None], float], None]) -> float | None:
    """Bit/s on the wire of some streams side by side; None where nothing came through."""
    began = time.perf_counter()
    until, carried, last = began + SECONDS, 0, began

    def count(size: int) -> None:
        nonlocal carried, last
        now = time.perf_counter()
        if began + SKIPPED <= now <= until:
            carried, last = carried + size, now

    streams = [gevent.spawn(_going_on, stream, count, until) for _ in range(STREAMS)]
    gevent.joinall(streams, timeout=SECONDS + 2)
    gevent.killall(streams)
    counted = last - began - SKIPPED
    return carried * 8 * WIRE / counted if counted > 0 and carried else None


def _going_on(
    stream: Callable[[Callable[[int], None], float], None], count: Callable[[int], None], until: float
) -> None:
    """A stream again and again until time is up; one that breaks ends, the others go on."""
    with suppress(OSError, HTTPException):
        while time.perf_counter() < until:
            stream(count, until)


def _fetch(line: Line, path: str, count: Callable[[int], None], until: float) -> None:
    with closing(line.connect()) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status != 200:
            raise HTTPException(f"status {response.status}")
        # What has come is counted at once: a slow line needs longer than the whole transfer to fill a chunk.
        while time.perf_counter() < until and (chunk := response.read1(CHUNK)):
            count(len(chunk))


def _send(line: Line, path: str, count: Callable[[int], None], until: float) -> None:
    with closing(line.connect(send=CHUNK)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(BODY))
        connection.endheaders()
        _body(connection, count, until)


def _body(connection: HTTPConnection, count: Callable[[int], None], until: float) -> None:
    """Send the body; the answer, that nothing is posted there, is of no interest."""
    chunk, sent = bytes(CHUNK // 4), 0
    while sent < BODY and time.perf_counter() < until:
        connection.send(chunk)
        sent += len(chunk)
        count(len(chunk))
