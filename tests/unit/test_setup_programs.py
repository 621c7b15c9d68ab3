"""Outside programs of the set-up: logs, locks, retries, side by side."""

import fcntl
import threading
from pathlib import Path

import pytest

from cli.setup.parallel import side_by_side
from cli.setup.programs import Program, exclusive, heartbeat, require_space, run_logged, with_retries
from lms_stack.errors import StepFailed


def quiet(_line: str) -> None:
    pass


def test_output_goes_to_the_log_below_the_command(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "x.log"
    run_logged(Program(["sh", "-c", "echo out; echo err >&2"]), log, what="echo")
    assert log.read_text() == "$ sh -c echo out; echo err >&2\nout\nerr\n"


def test_a_failure_names_the_log_and_shows_its_last_lines_only(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("an older run\n")
    with pytest.raises(StepFailed) as failure:
        run_logged(Program(["sh", "-c", "seq 1 9; exit 4"]), log, what="counting", hint="count less")
    assert failure.value.message == "counting failed (exit code 4)\n    7\n    8\n    9"
    assert failure.value.hint == "count less"
    assert failure.value.log == log


def test_a_program_that_is_not_there_is_a_failure_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="No such file"):
        run_logged(Program([str(tmp_path / "missing")]), tmp_path / "x.log", what="it")


def test_a_retry_ends_at_the_first_success() -> None:
    tries: list[int] = []

    def action() -> None:
        tries.append(1)
        if len(tries) < 2:
            raise StepFailed("not yet")

    with_retries(action, pauses=(0, 0, 0), progress=quiet)
    assert len(tries) == 2


def test_the_last_failure_is_raised() -> None:
    def action() -> None:
        raise StepFailed("never")

    with pytest.raises(StepFailed, match="never"):
        with_retries(action, pauses=(0,), progress=quiet)


def test_a_second_run_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    lock, said, entered = tmp_path / "x.lock", threading.Event(), threading.Event()

    def second() -> None:
        with exclusive(lock, what="it", progress=lambda _line: said.set()):
            entered.set()

    with exclusive(lock, what="it", progress=quiet):
        thread = threading.Thread(target=second)
        thread.start()
        assert said.wait(30)
        assert not entered.is_set()
    thread.join(30)
    assert entered.is_set()


def test_a_program_that_keeps_the_lock_holds_it_after_us(tmp_path: Path) -> None:
    lock, log = tmp_path / "x.lock", tmp_path / "x.log"
    started = tmp_path / "started"
    with exclusive(lock, what="it", progress=quiet):
        script = f"(touch {started}; read line) < {tmp_path / 'pipe'} &"
        fifo = tmp_path / "pipe"
        run_logged(Program(["mkfifo", str(fifo)]), log, what="mkfifo")
        run_logged(Program(["sh", "-c", script], keeps_lock=True), log, what="child")
    with lock.open("w") as handle:
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fifo.write_text("end\n")
        fcntl.flock(handle, fcntl.LOCK_EX)


def test_the_heartbeat_tells_that_a_long_step_goes_on() -> None:
    beat = threading.Event()
    with heartbeat("still building", lambda _line: beat.set(), every=0.01):
        assert beat.wait(30)


def test_too_little_disk_is_told_with_what_is_needed_and_where(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=f"needs {2**40} MiB in {tmp_path}"):
        require_space(tmp_path, 2**40, what="it")


def test_steps_side_by_side_wait_for_nobody() -> None:
    meeting = threading.Barrier(2, timeout=30)
    results = side_by_side({"a": meeting.wait, "b": meeting.wait}, quiet)
    assert set(results) == {"a", "b"}


def test_a_failed_step_is_raised_after_the_others_came_to_their_end() -> None:
    failed, ended = threading.Event(), threading.Event()

    def fails() -> None:
        failed.set()
        raise StepFailed("broken")

    def goes_on() -> None:
        assert failed.wait(30)
        ended.set()

    said: list[str] = []
    with pytest.raises(StepFailed, match="broken"):
        side_by_side({"bad": fails, "good": goes_on}, said.append)
    assert ended.is_set()
    assert any(line.startswith("bad: failed") for line in said)
