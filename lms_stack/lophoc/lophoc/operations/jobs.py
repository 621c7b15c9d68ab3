"""Background work beside the requests: jobs that failed are tried again, and what is done every so often."""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import timedelta

from django.core.management import call_command
from django.db import close_old_connections
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

#: A job is tried so often; after each failure it waits so long, times the number of tries.
TRIES = 4
PAUSE = timedelta(minutes=1)
#: Jobs that failed before that have had their tries, for they are looked at twice a minute.
RECENT = timedelta(days=1)
#: Management commands that are run again and again, and the seconds between two runs.
REGULARLY = {
    "send_queued_mail": 15,
    "close_attempts": 60,
    "retry_jobs": 30,
    "close_courses": 3600,
    "clear_downloads": 600,
    "summarise_courses": 86_400,
    "cleanup_mail": 86_400,
    "prune_db_task_results": 86_400,
}
log = logging.getLogger(__name__)


def take_back(worker_id: str) -> int:
    """Give back the jobs that a worker of this name had begun when it was killed; how many there were."""
    now = timezone.now()
    begun = DBTaskResult.objects.running()
    mine = [job.pk for job in begun if job.worker_ids and job.worker_ids[-1] == worker_id]
    return DBTaskResult.objects.filter(pk__in=mine).update(status=TaskResultStatus.READY, run_after=now)


def retry_failed() -> int:
    """Let failed jobs be tried again, each after its pause; how many there were."""
    retried = 0
    for job in DBTaskResult.objects.failed().filter(finished_at__gt=timezone.now() - RECENT):
        tries = len(job.worker_ids)
        if tries < TRIES and job.finished_at:
            job.status, job.run_after = TaskResultStatus.READY, job.finished_at + tries * PAUSE
            job.save(update_fields=("status", "run_after"))
            retried += 1
    return retried


def run_regularly(stop: threading.Event, jobs: Mapping[str, float] = REGULARLY) -> None:
    """Run the regular commands until told to stop; one that fails is logged and run again at its next time."""
    due = dict.fromkeys(jobs, 0.0)
    while not stop.wait(1):
        for name in (name for name, at in due.items() if at <= time.monotonic()):
            due[name] = time.monotonic() + jobs[name]
            _run(name)


def _run(name: str) -> None:
    close_old_connections()
    try:
        call_command(name)
    except Exception:
        log.exception("the regular job %s failed", name)
    finally:
        close_old_connections()
