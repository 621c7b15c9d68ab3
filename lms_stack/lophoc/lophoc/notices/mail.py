"""The only door to mail: queued in the database, sent by the worker, tried again when the mail server fails.

Never to accounts of the load test, nor to people without an address or whose account is closed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from post_office import mail

from lophoc.accounts.models import User

_SIGNER = Signer(salt="unsubscribe")
#: So many mails are written to the queue at once.
AT_ONCE = 500


def queue_mail(
    template: str,
    people: Iterable[User],
    context: Mapping[str, Any],
    *,
    mandatory: bool = False,
    not_before: datetime | None = None,
) -> int:
    """Queue one mail for each person who can and wants to have it; how many these are.

    :param template: a text template: its first line is the subject. It is told `person`, `site` and `unsubscribe`.
    :param mandatory: results, exam times and accounts: also for those who want no other mail.
    """
    queued: list[dict[str, Any]] = []
    count = 0
    for person in people:
        if _can_have(person, mandatory):
            queued.append(_written(template, person, context, mandatory) | {"scheduled_time": not_before})
            count += 1
        if len(queued) == AT_ONCE:
            mail.send_many(queued)
            queued = []
    mail.send_many(queued)
    return count


def _can_have(person: User, mandatory: bool) -> bool:
    if person.is_load_test or not person.is_active or not (mandatory or person.wants_mail):
        return False
    try:
        validate_email(person.email)
    except ValidationError:
        return False  # one bad address must not keep a class from its mail
    return True


def _written(template: str, person: User, context: Mapping[str, Any], mandatory: bool) -> dict[str, Any]:
    link = "" if mandatory else absolute("unsubscribe", _SIGNER.sign(str(person.pk)))
    told = {**context, "person": person, "site": settings.WAGTAILADMIN_BASE_URL, "unsubscribe": link}
    with translation.override(person.language):
        subject, _, text = render_to_string(template, told).strip().partition("\n")
    headers = {"Auto-Submitted": "auto-generated"}
    if link:
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return {
        "recipients": [person.email],
        # The library takes both for templates; what people wrote must be no more than a value in them.
        "subject": "{{ subject|safe }}",
        "message": "{{ text|safe }}",
        "context": {"subject": subject, "text": text.strip() + "\n"},
        "headers": headers,
        "priority": "high" if mandatory else "low",
    }


def absolute(name: str, *args: Any) -> str:
    """The address of a page, as it stands in a mail."""
    return settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse(name, args=args)


def who_unsubscribes(token: str) -> User | None:
    """Whose mail an address in a mail is to end."""
    try:
        return User.objects.filter(pk=int(_SIGNER.unsign(token))).first()
    except (BadSignature, ValueError):
        return None
