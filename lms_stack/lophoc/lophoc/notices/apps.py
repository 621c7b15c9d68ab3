"""This room, and what it does at each sign-in."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class NoticesConfig(AppConfig):
    """Announcements, messages and mail."""

    name = "lophoc.notices"

    def ready(self) -> None:
        """Count unread messages when somebody signs in."""
        from lophoc.notices.unread import on_sign_in  # noqa: PLC0415 - models come after the rooms are known

        user_logged_in.connect(on_sign_in, dispatch_uid="unread")
