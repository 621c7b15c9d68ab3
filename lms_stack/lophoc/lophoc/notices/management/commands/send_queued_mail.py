"""lophoc-manage send_queued_mail: post_office's command, which waits until a mail server is known."""

from typing import Any

from django.conf import settings
from post_office.management.commands.send_queued_mail import Command as Send


class Command(Send):  # type: ignore[misc]  # the library is not typed
    """Without a mail server the queue is kept as it is; trying would use up each mail's tries."""

    help = "Send the mail that is queued."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, if there is a mail server."""
        if settings.EMAIL_HOST:
            super().handle(*args, **options)
