"""lophoc-manage prepare_load_test: the load test's own classes and accounts."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lophoc.catalogue.models import Course
from lophoc.operations.load_test import prepare


class Command(BaseCommand):
    """Make the load test's accounts; prints one JSON line that tells what there is to play."""

    help = "Make the load test's own classes and accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, where, and the file with the accounts' password."""
        parser.add_argument("--course", required=True)
        parser.add_argument("--learners", type=int, required=True)
        parser.add_argument("--instructors", type=int, required=True)
        parser.add_argument("--password-file", required=True, help="- for standard input")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make them."""
        course = Course.objects.filter(slug=options["course"]).first()
        file = options["password_file"]
        password = (sys.stdin.readline() if file == "-" else Path(file).read_text("utf-8")).strip()
        if course is None or not password:
            raise CommandError(f"no course {options['course']}" if password else "the password file is empty")
        made = prepare(course, options["learners"], options["instructors"], password)
        self.stdout.write(json.dumps(made))
