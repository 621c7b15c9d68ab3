"""What is set up when Django starts."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone


class AccountsConfig(AppConfig):
    """The room of people."""

    name = "lophoc.accounts"

    def ready(self) -> None:
        """Listen to sign-ins and lockouts."""
        from lophoc.accounts import lockout  # noqa: F401, PLC0415 - it has models, which are there only now

        # Under Django's own name, and before Django connects its own, which is then passed over.
        user_logged_in.connect(note_sign_in, dispatch_uid="update_last_login")


def note_sign_in(user: Any, **_: Any) -> None:
    """Store when somebody signed in, by one query: saving the object would have the audit log read it once more."""
    user.last_login = timezone.now()
    type(user).objects.filter(pk=user.pk).update(last_login=user.last_login)
