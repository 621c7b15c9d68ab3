"""Ports of loopback for the programs that contract tests start."""

import socket
import time


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int) -> None:
    """Wait until somebody listens there."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if answers(port):
            return
        time.sleep(0.1)
    raise AssertionError("the site did not start")
