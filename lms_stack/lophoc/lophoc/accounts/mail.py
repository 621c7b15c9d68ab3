"""Letters about accounts: queued here, sent by the mail queue's own process."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from post_office import mail

from lophoc.accounts.models import User


def password_link(user: User, site: str) -> str:
    """The address at which somebody sets their password; good once and for PASSWORD_RESET_TIMEOUT.

    `site` is the site's address with its last slash, as the person who asked for the letter sees it.
    """
    where = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return site.rstrip("/") + reverse("password_set", kwargs=where)


def queue(name: str, users: Iterable[User], site: str, priority: str, **context: Any) -> None:
    """Queue the letter `accounts/mail/NAME.txt` to each who has an address; its first line is its subject."""
    letters = [_letter(name, user, site, priority, context) for user in users if user.email and not user.is_load_test]
    mail.send_many(letters)


def _letter(name: str, user: User, site: str, priority: str, context: dict[str, Any]) -> dict[str, Any]:
    with translation.override(user.language):
        link = password_link(user, site)
        text = render_to_string(f"accounts/mail/{name}.txt", {**context, "person": user, "link": link, "site": site})
    subject, _, body = text.partition("\n")
    return {"recipients": user.email, "subject": subject, "message": body.strip() + "\n", "priority": priority}
