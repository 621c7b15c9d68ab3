"""lophoc-manage close_courses: delete courses after their last day, and tell organisers two weeks before."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lophoc.catalogue.closing import delete_due, tell


class Command(BaseCommand):
    """Run each day; a second run changes nothing. Prints one JSON line."""

    help = "Delete courses after their last day of reading; remind organisers two weeks before."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete, then remind."""
        today = timezone.localdate()
        deleted, told = delete_due(today), tell(today)
        self.stdout.write(json.dumps({"deleted": deleted, "told": told, "changed": bool(deleted or told)}))
