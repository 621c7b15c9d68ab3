"""Remove the files that were made for somebody to fetch more than an hour ago."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from lophoc.reports.downloads import clear


class Command(BaseCommand):
    """`lophoc-manage clear_downloads`."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print how many there were, and that it isn't a change of the site's set-up."""
        self.stdout.write(json.dumps({"removed": clear(), "changed": False}))
