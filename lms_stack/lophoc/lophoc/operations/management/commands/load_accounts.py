"""lophoc-manage load_accounts: the accounts that a new site begins with."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lophoc.catalogue.models import Course
from lophoc.operations.bundle import first_accounts


class Command(BaseCommand):
    """Make the first accounts from LOPHOC_INITIAL_PASSWORDS; prints one JSON line."""

    help = "Make the accounts that a new site begins with."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make them, and a trial class in every course that came with a course file; those made here have their own."""
        passwords = json.loads(Path(settings.INITIAL_PASSWORDS).read_text("utf-8"))
        made = [first_accounts(course, passwords) for course in Course.objects.exclude(bundle_hash="")]
        self.stdout.write(json.dumps({"changed": any(made)}))
