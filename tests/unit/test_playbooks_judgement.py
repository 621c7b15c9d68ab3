"""When a run of Ansible counts as done, and what is said when it doesn't."""

from pathlib import Path
from typing import Any

import pytest

from lms_stack.errors import ExitCode, StepFailed
from playbooks.judgement import ConfigureResult, Failure, failure_of, judge

LOG = Path("/state/demo/logs/up-ansible.log")
GOOD = {"ok": {"lms-1": 5, "monitor-1": 4}, "changed": {"lms-1": 2}, "processed": {"lms-1": 1, "monitor-1": 1}}


def _judge(**changes: Any) -> ConfigureResult:
    given = {"status": "successful", "code": 0, "stats": GOOD, "hosts": ["lms-1", "monitor-1"], "failures": []}
    return judge(**{**given, **changes}, log=LOG)


def _event(kind: str, **data: Any) -> dict[str, Any]:
    return {"event": kind, "event_data": {"host": "lms-1", "task": "Write the key", **data}}


def test_a_run_in_which_everything_agrees_tells_what_it_changed() -> None:
    result = _judge()
    assert result.changed == 2
    assert result.per_host["monitor-1"].ok == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "failed"},
        {"code": 4},
        {"code": None},
        {"stats": None},
        {"stats": {}},
        {"stats": {**GOOD, "dark": {"monitor-1": 1}}},
        {"stats": {**GOOD, "failures": {"lms-1": 1}}},
        {"hosts": ["lms-1", "monitor-1", "loadgen-1"]},
    ],
    ids=str,
)
def test_a_run_in_which_one_sign_is_bad_has_failed_and_names_its_log(changes: dict[str, Any]) -> None:
    with pytest.raises(StepFailed) as caught:
        _judge(**changes)
    assert caught.value.log == LOG
    assert caught.value.exit_code is ExitCode.STEP_FAILED


def test_a_host_that_ansible_never_spoke_of_is_named() -> None:
    with pytest.raises(StepFailed, match="loadgen-1"):
        _judge(hosts=["lms-1", "loadgen-1"])


def test_the_first_failure_names_host_task_and_reason() -> None:
    failures = [
        Failure(host="lms-1", task="Write the key", message="disk full"),
        Failure(host="b", task="c", message="d"),
    ]
    with pytest.raises(StepFailed, match="lms-1: `Write the key` failed: disk full"):
        _judge(code=2, failures=failures)


def test_a_failed_task_is_a_failure_with_the_modules_words() -> None:
    failure = failure_of(_event("runner_on_failed", res={"msg": "non-zero return code", "stderr": "no such user"}))
    assert failure is not None
    assert failure.message == "non-zero return code\nno such user"


def test_of_a_looped_task_the_item_that_failed_speaks() -> None:
    results = [{"msg": "fine"}, {"failed": True, "msg": "second item broke"}]
    failure = failure_of(_event("runner_on_failed", res={"msg": "One or more items failed", "results": results}))
    assert failure is not None
    assert failure.message == "second item broke"


def test_a_task_that_holds_secrets_gives_none_of_its_words_away() -> None:
    failure = failure_of(_event("runner_on_failed", res={"censored": "hidden", "msg": "password=hunter2"}))
    assert failure is not None
    assert "hunter2" not in str(failure)


def test_an_unreachable_host_is_said_to_be_unreachable() -> None:
    failure = failure_of(_event("runner_on_unreachable", res={"msg": "no route to host"}))
    assert str(failure) == "lms-1 can't be reached: no route to host"


@pytest.mark.parametrize(
    "event",
    [_event("runner_on_ok"), _event("runner_on_failed", ignore_errors=True), {"event": "verbose"}],
    ids=["ok", "ignored", "without data"],
)
def test_what_is_no_failure_is_none(event: dict[str, Any]) -> None:
    assert failure_of(event) is None
