"""The edge's own log: read by class for the span and the generator alone, and set beside what the generator saw."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lms_stack.edge_times import EdgeTimes, Line, beside
from lms_stack.errors import StepFailed
from lms_stack.measurement import ClassResult
from lms_stack.remote import RemoteResult
from lms_stack.request_classes import RequestClass
from monitoring import edge_log
from monitoring.edge_log import edge_arrivals, edge_times
from tests.unit.fake_remote import FakeRemote
from tests.unit.stacks import small_stack

BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=60)
LOADGEN, SOMEBODY = "198.18.7.12", "198.18.7.99"


class ThisMachine(FakeRemote):
    """A remote whose hosts are this machine: the reader runs as it would on an edge."""

    def __init__(self, said: str | None = None) -> None:
        super().__init__()
        self.said = said

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        if self.said is not None:
            return RemoteResult(0, self.said, "")
        words = [sys.executable, *command.split()[1:]]
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=True)
        return RemoteResult(done.returncode, done.stdout, done.stderr)


def line(ended: float, seconds: float, name: str = "login", client: str = LOADGEN, status: int = 200) -> str:
    """One line of nginx's log, by when the request ended after the hold's beginning."""
    return json.dumps(
        {
            "time": f"{BEGAN.timestamp() + ended:.3f}",
            "request_class": name,
            "status": status,
            "seconds": seconds,
            "client": client,
        }
    )


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(edge_log, "LOGS", (str(tmp_path / "access.json.1"), str(tmp_path / "access.json")))
    return tmp_path


def test_the_log_is_told_by_class_with_percentiles_of_the_requests_that_began_in_the_span(logs: Path) -> None:
    within = [line(1 + n / 10, (n + 1) / 100, status=502 if n == 0 else 200) for n in range(100)]
    outside = [line(0.5, 0.6), line(60.2, 0.1), line(61, 0.5)]
    (logs / "access.json").write_text("\n".join([*within, *outside]) + "\n")
    (row,) = edge_times(ThisMachine(), small_stack(), BEGAN, ENDED)
    assert row == EdgeTimes(
        host="lms-1",
        request_class=RequestClass.LOGIN,
        count=100,
        errors=1,
        p50=0.5,
        p95=0.95,
        p99=0.99,
        longest=1.0,
    )


def test_visitors_lines_without_a_class_other_classes_and_broken_lines_are_passed_over(logs: Path) -> None:
    odd = [line(1, 0.1, client=SOMEBODY), line(1, 0.1, name=""), line(1, 0.1, name="of_no_test"), "{broken", "", "[1]"]
    (logs / "access.json").write_text("\n".join([*odd, line(2, 0.2)]) + "\n")
    assert [row.count for row in edge_times(ThisMachine(), small_stack(), BEGAN, ENDED)] == [1]


def test_a_log_that_was_turned_over_meanwhile_is_read_in_both_parts(logs: Path) -> None:
    (logs / "access.json.1").write_text(line(1, 0.1) + "\n")
    (logs / "access.json").write_text(line(2, 0.3) + "\n")
    (row,) = edge_times(ThisMachine(), small_stack(), BEGAN, ENDED)
    assert (row.count, row.longest) == (2, 0.3)


def test_an_edge_without_a_log_saw_nothing(logs: Path) -> None:
    assert edge_times(ThisMachine(), small_stack(), BEGAN, ENDED) == ()


@pytest.mark.parametrize("answer", ["", "no JSON", '[{"request_class": "login"}]', "{}x"])
def test_an_answer_of_another_form_is_an_error_that_names_the_host(answer: str) -> None:
    with pytest.raises(StepFailed, match="lms-1"):
        edge_times(ThisMachine(answer), small_stack(), BEGAN, ENDED)


def seen(p95: float, name: RequestClass = RequestClass.LOGIN, count: int = 100, host: str = "edge-1") -> EdgeTimes:
    """What one edge logged."""
    return EdgeTimes(
        host=host, request_class=name, count=count, errors=0, p50=p95 / 2, p95=p95, p99=p95 * 2, longest=p95 * 3
    )


def played(p95: float | None, name: RequestClass = RequestClass.LOGIN, size: int = 0) -> ClassResult:
    """What the generator saw of 100 requests of `size` bytes each."""
    return ClassResult(request_class=name, intended=100, completed=100, failed=0, p95=p95, bytes_received=100 * size)


IDLE = Line(bits=8e6, share=0.0)


def test_a_gap_that_the_way_explains_is_none() -> None:
    (row,) = beside([seen(0.1)], [played(0.14)], IDLE)
    assert row.gap == pytest.approx(0.04)
    assert not row.unexplained


def test_what_waited_before_the_edge_saw_it_is_said() -> None:
    (row,) = beside([seen(0.008)], [played(2.8)], IDLE)  # a server that was frozen for 3 s
    assert row.unexplained


def test_the_slowest_of_several_edges_is_the_one_to_compare_with() -> None:
    (row,) = beside([seen(0.1), seen(0.5, host="edge-2")], [played(0.52)], IDLE)
    assert row.gap == pytest.approx(0.02)
    assert row.logged == 200


def test_a_file_may_take_the_time_of_its_bytes_on_what_is_free_of_the_link() -> None:
    segment = RequestClass.VIDEO_SEGMENT
    logged, answer = [seen(0.0, segment)], [played(1.9, segment, size=1_000_000)]
    assert beside(logged, answer, IDLE)[0].unexplained  # 1 MB at 8 Mbit/s takes 1 s
    assert not beside(logged, answer, Line(bits=8e6, share=0.5))[0].unexplained  # 2 s
    assert not beside(logged, answer, Line(bits=8e6, share=1.0))[0].unexplained
    assert not beside(logged, answer, None)[0].unexplained


def test_few_requests_and_classes_that_the_log_does_not_know_are_never_called_unexplained() -> None:
    rare, unknown = beside([seen(0.1, count=59)], [played(9.0), played(9.0, RequestClass.CALENDAR)], IDLE)
    assert rare.gap is not None
    assert unknown.gap is None
    assert not rare.unexplained
    assert not unknown.unexplained


def test_when_requests_came_is_told_by_class_from_both_logs_in_seconds_from_the_beginning(logs: Path) -> None:
    (logs / "access.json.1").write_text(line(2.5, 0.5) + "\n" + line(1.0, 2.0) + "\n", "utf-8")
    (logs / "access.json").write_text(
        "\n".join((line(1.5, 0.5), line(9.0, 1.0, "inbox"), line(9.0, 1.0, client=SOMEBODY), "no JSON")), "utf-8"
    )
    found = edge_arrivals(ThisMachine(), small_stack(), BEGAN, ENDED)
    assert found == {RequestClass.LOGIN: (1.0, 2.0), RequestClass.INBOX: (8.0,)}
