"""The management command `lophoc-manage`."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one of Django's or our own management commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lophoc.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
