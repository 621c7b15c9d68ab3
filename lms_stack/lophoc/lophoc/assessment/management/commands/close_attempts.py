"""`lophoc-manage close_attempts`: end the attempts whose time ran out and that nobody has looked at since."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from lophoc.assessment.attempts import close_expired


class Command(BaseCommand):
    """Score what was saved in time."""

    help = "End and score the attempts whose time ran out."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints one JSON line."""
        closed = close_expired()
        self.stdout.write(json.dumps({"closed": closed, "changed": closed > 0}))
