"""Count the figures of every course anew, for the whole site's reports; to be run each night."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from lophoc.reports.figures import summarise_all


class Command(BaseCommand):
    """`lophoc-manage summarise_courses`."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print how many there were, and that it isn't a change of the site's set-up."""
        self.stdout.write(json.dumps({"courses": summarise_all.func(), "changed": False}))
