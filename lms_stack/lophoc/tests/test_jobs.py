"""Background jobs: those that failed or lost their worker are tried again, and regular ones go on after a failure."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from lophoc.operations import jobs


@task()
def noted(text: str) -> str:
    """A job that can be queued."""
    return text


def queued(**changes: Any) -> DBTaskResult:
    values = {
        "args_kwargs": {"args": ["x"], "kwargs": {}},
        "task_path": f"{__name__}.noted",
        "backend_name": "default",
        "run_after": timezone.now(),
        "exception_class_path": "",
        "traceback": "",
        **changes,
    }
    return DBTaskResult.objects.create(**values)


def test_a_job_whose_worker_was_killed_is_given_back_to_be_done_again() -> None:
    mine = queued(status=TaskResultStatus.RUNNING, worker_ids=["app-1"])
    other = queued(status=TaskResultStatus.RUNNING, worker_ids=["app-1", "app-2"])
    assert jobs.take_back("app-1") == 1
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.status == TaskResultStatus.READY
    assert other.status == TaskResultStatus.RUNNING


def test_a_failed_job_is_tried_again_after_a_pause_that_grows() -> None:
    ended = timezone.now()
    job = queued(status=TaskResultStatus.FAILED, worker_ids=["a", "a"], finished_at=ended)
    assert jobs.retry_failed() == 1
    job.refresh_from_db()
    assert job.status == TaskResultStatus.READY
    assert job.run_after == ended + 2 * jobs.PAUSE


def test_a_job_that_failed_too_often_stays_failed() -> None:
    job = queued(
        status=TaskResultStatus.FAILED, worker_ids=["a"] * jobs.TRIES, finished_at=timezone.now() - timedelta(days=1)
    )
    assert jobs.retry_failed() == 0
    job.refresh_from_db()
    assert job.status == TaskResultStatus.FAILED


def test_a_regular_job_that_fails_does_not_keep_the_others_from_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, done = threading.Event(), []

    def call(name: str) -> None:
        done.append(name)
        if name == "bad":
            raise RuntimeError
        stop.set()

    monkeypatch.setattr(jobs, "call_command", call)
    jobs.run_regularly(stop, {"bad": 60, "good": 60})
    assert done == ["bad", "good"]
