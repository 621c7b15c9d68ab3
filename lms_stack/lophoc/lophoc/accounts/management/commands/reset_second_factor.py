"""lophoc-manage reset_second_factor USERNAME: for the last technician, who lost the phone."""

import json
from typing import Any

from auditlog.models import LogEntry
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lophoc.accounts.models import User
from lophoc.accounts.people import drop_second_factor


class Command(BaseCommand):
    """Take somebody's second factor away; it is set up anew at their next sign-in. Prints one JSON line."""

    help = "Take the second factor of an account away. It is recorded in the log of acts."

    def add_arguments(self, parser: Any) -> None:
        """Whose."""
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do so.

        :raises CommandError: there is no such account.
        """
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is no account {options['username']!r}; user names are told from capitals")
        changed = drop_second_factor(user)
        if changed:
            changes = {_("xác thực hai bước"): ["", _("đã bỏ, bằng lệnh trên máy chủ")]}
            LogEntry.objects.log_create(user, force_log=True, action=LogEntry.Action.UPDATE, changes=changes)
        self.stdout.write(json.dumps({"changed": changed}))
