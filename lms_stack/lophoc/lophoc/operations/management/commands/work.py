"""lophoc-manage work: the process that does background jobs and what is due regularly."""

import socket
import threading
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from lophoc.operations.jobs import run_regularly, take_back


class Command(BaseCommand):
    """Work until told to stop. The process is named after its host, so that it knows its own jobs again."""

    help = "Do background jobs, and what is due regularly."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Take back what a killed worker had begun, then work."""
        name = socket.gethostname()[:64]
        take_back(name)
        stop = threading.Event()
        threading.Thread(target=run_regularly, args=(stop,), daemon=True).start()
        try:
            call_command("db_worker", worker_id=name, queue_name="*", interval=2.0, verbosity=0)
        finally:
            stop.set()
