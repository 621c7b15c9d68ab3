"""The command line itself: one document on stdout and the right exit code, whatever is typed."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.app import main

DEMO = "courses/demo.yaml"


class Outcome:
    """What a command line ended with."""

    def __init__(self, code: object, stdout: str, stderr: str) -> None:
        self.code, self.stdout, self.stderr = code, stdout, stderr

    @property
    def error(self) -> dict[str, Any]:
        """The error of the one document on stdout."""
        document = json.loads(self.stdout)
        assert document["exit_code"] == self.code
        return dict(document["error"])


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Type a command line."""

    def type_in(*words: str) -> Outcome:
        monkeypatch.setattr("sys.argv", ["taphuan", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return Outcome(left.value.code, *capsys.readouterr())

    return type_in


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("up", DEMO, "--hurry"), "No such option '--hurry'"),
        (("plan",), "Missing argument 'COURSE.yaml'"),
        (("verify", DEMO, "--learners", "many"), "'many' is not a valid integer"),
        (("verify", DEMO, "--edge-link", "fast"), "bit rate"),
        (("verify", DEMO, "--drill", "fire"), "error-page"),
        (("plan", "courses"), "is a directory"),
        (("fly", DEMO), "No such command 'fly'"),
        (("plan", DEMO, "another.yaml"), "unexpected extra argument"),
    ],
)
def test_what_click_refuses_is_one_document_too(typed: Any, words: tuple[str, ...], said: str) -> None:
    outcome = typed(*words, "--json")
    assert outcome.code == 2
    assert said in outcome.error["message"]
    assert "--help" in outcome.error["hint"]
    assert said in outcome.stderr


def test_an_option_before_any_command_is_one_document_too(typed: Any) -> None:
    assert "--json" in typed("--json").error["message"]


def test_without_json_stdout_stays_empty(typed: Any) -> None:
    outcome = typed("up", DEMO, "--hurry")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "No such option" in outcome.stderr


def test_a_course_file_that_is_not_there_is_one_document(typed: Any) -> None:
    outcome = typed("plan", "nowhere.yaml", "--json")
    assert outcome.code == 2
    assert "nowhere.yaml" in outcome.error["message"]


def test_a_plan_is_one_document_and_ends_with_0(typed: Any) -> None:
    outcome = typed("plan", DEMO, "--json")
    assert outcome.code == 0
    assert json.loads(outcome.stdout)["deployment"] == "demo"


def test_help_is_no_error(typed: Any) -> None:
    outcome = typed("verify", "--help")
    assert outcome.code == 0
    assert "COURSE.yaml" in outcome.stdout


@pytest.mark.parametrize("words", [("plan", DEMO), ("plan", DEMO, "--json"), ("schema",)])
def test_a_reader_that_has_gone_changes_no_exit_code_and_is_no_fault(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        done = subprocess.run([sys.executable, "-m", "cli", *words], stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def _refused_with(typed: Any, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Any:
    def refuse(*_asked: object) -> object:
        raise error

    monkeypatch.setattr("cli.plan.read", refuse)
    outcome = typed("plan", DEMO, "--json")
    assert outcome.code == 3
    return outcome.error


def test_what_the_machine_refuses_is_told_with_its_place_and_what_helps(
    typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = _refused_with(typed, monkeypatch, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/state/demo/plan.json"))
    assert error["message"] == "/state/demo/plan.json: No space left on device"
    assert "free the disk" in error["hint"]
    assert error["log"] is None


def test_a_fault_of_the_tool_is_told_as_one_also_where_no_log_can_be_written(
    typed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TAPHUAN_CACHE", str(tmp_path / "file"))
    error = _refused_with(typed, monkeypatch, ConnectionError("nobody there"))
    assert "something unforeseen: ConnectionError: nobody there" in error["message"]
