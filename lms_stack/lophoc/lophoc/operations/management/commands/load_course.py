"""lophoc-manage load_course BUNDLE_DIR: load or update a course."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lophoc.operations.bundle import load


class Command(BaseCommand):
    """Load a content bundle; prints one JSON line."""

    help = "Load or update the course of a content bundle."

    def add_arguments(self, parser: CommandParser) -> None:
        """One folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load it."""
        self.stdout.write(json.dumps({"changed": load(options["folder"])}))
