"""lophoc-manage retry_jobs: let failed background jobs be tried again."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from lophoc.operations.jobs import retry_failed


class Command(BaseCommand):
    """Put failed jobs back into the queue; prints one JSON line."""

    help = "Let failed background jobs be tried again."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do so."""
        self.stdout.write(json.dumps({"changed": retry_failed() > 0}))
