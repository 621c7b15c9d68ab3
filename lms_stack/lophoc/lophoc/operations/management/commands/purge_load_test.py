"""lophoc-manage purge_load_test: remove what a load test made."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from lophoc.operations.load_test import purge


class Command(BaseCommand):
    """Remove the load test's accounts and all that they did; prints one JSON line."""

    help = "Remove what a load test made."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Remove it."""
        self.stdout.write(json.dumps({"changed": purge() > 0}))
