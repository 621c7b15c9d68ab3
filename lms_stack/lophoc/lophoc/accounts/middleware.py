"""People with a role on the whole site need a second factor before they do anything."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

#: The key in the session: the account that has shown its second factor in it.
PROVEN = "second_factor_of"
#: What can be done without it: setting it up, showing it, leaving.
OPEN = frozenset(
    {"login", "logout", "set_language", "account_reauthenticate", "mfa_reauthenticate", "mfa_activate_totp"}
)


class SecondFactorMiddleware:
    """Send staff who have not shown a second factor in this session to where they do; no query for anybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass it on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        """Refuse every view but those in `OPEN`."""
        user: Any = request.user
        if not settings.REQUIRE_MFA or not (user.is_staff or user.is_superuser):
            return None
        match = request.resolver_match
        if request.session.get(PROVEN) == user.pk or (match and match.url_name in OPEN):
            return None
        return redirect("mfa_reauthenticate" if is_mfa_enabled(user) else "mfa_activate_totp")


@receiver((authenticator_added, authenticator_used))
def remember(request: HttpRequest, user: Any, **_: Any) -> None:
    """The second factor was set up or shown in this session."""
    request.session[PROVEN] = user.pk


@receiver(authenticator_removed)
def forget(request: HttpRequest, **_: Any) -> None:
    """It was given up: another one must be set up."""
    request.session.pop(PROVEN, None)
