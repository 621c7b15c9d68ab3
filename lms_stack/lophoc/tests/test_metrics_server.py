"""The metrics of all processes are told by one beside them, whatever these are at."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import urllib3

_COUNT = "from lophoc.operations.metrics import REQUESTS; REQUESTS.labels('quiz_page', 'GET', 200).inc({})"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the application's processes write."""
    made = tmp_path / "metrics"
    made.mkdir()
    return made


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The server's own, while it runs as a program."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "lophoc.operations.metrics_server", str(folder), "--host=127.0.0.1"]
    process = subprocess.Popen([*command, f"--port={port}"])
    yield f"http://127.0.0.1:{port}/metrics"
    process.terminate()
    process.wait(10)


def count(folder: Path, requests: int) -> None:
    """Be a process of the application that answers so many requests."""
    told = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", _COUNT.format(requests)], env=told, check=True)


def at_work(folder: Path) -> subprocess.Popen[bytes]:
    """A process of the application with a request at work, which it never ends."""
    told = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    begun = "from lophoc.operations.metrics import BUSY; BUSY.inc(); print(flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", begun], env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    return process


def read(address: str) -> str:
    """What the server tells, as soon as it does."""
    return urllib3.request("GET", address, retries=urllib3.Retry(connect=20, backoff_factor=0.1)).data.decode()


def test_the_metrics_of_two_processes_are_told_as_one(folder: Path, address: str) -> None:
    count(folder, 2)
    count(folder, 3)
    assert 'lophoc_requests_total{method="GET",request_class="quiz_page",status="200"} 5.0' in read(address)


def test_an_application_that_does_not_run_has_no_metrics_until_it_is_back(folder: Path, address: str) -> None:
    shutil.rmtree(folder)
    assert "lophoc_requests" not in read(address)
    folder.mkdir()
    count(folder, 4)
    assert 'status="200"} 4.0' in read(address)


def test_what_a_killed_process_had_at_work_is_not_at_work_any_more(folder: Path, address: str) -> None:
    count(folder, 2)
    with at_work(folder) as killed, at_work(folder) as other:
        assert "lophoc_workers_busy 2.0" in read(address)
        killed.kill()
        killed.wait(10)
        told = read(address)
        assert "lophoc_workers_busy 1.0" in told
        assert 'status="200"} 2.0' in told
        other.kill()
