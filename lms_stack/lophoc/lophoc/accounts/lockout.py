"""Shutting out who guesses passwords (django-axes), and letting them in again."""

from datetime import timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.signals import user_locked_out
from django.conf import settings
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest

from lophoc.accounts.models import User

_KEY = "locked-out:{}"


def client_address(request: HttpRequest) -> str:
    """The client's address: the edge is the first hop and overwrites this header, so nobody can choose it."""
    return str(request.headers.get("X-Real-IP") or request.META.get("REMOTE_ADDR", ""))


@receiver(user_locked_out)
def remember(username: str | None, ip_address: str | None, **_: Any) -> None:
    """Note from where an account is shut out, for axes' counters can only be found by name and address."""
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    addresses = {*locked_from(username or ""), ip_address or ""}
    cache.set(_KEY.format(username), sorted(addresses), cool_off.total_seconds())


def locked_from(username: str) -> list[str]:
    """The addresses from which an account is shut out now."""
    return list(cache.get(_KEY.format(username), ()))


def unlock(user: User) -> None:
    """Let somebody sign in again from wherever they were shut out."""
    for address in locked_from(user.username):
        AxesProxyHandler.reset_attempts(username=user.username, ip_address=address)
    cache.delete(_KEY.format(user.username))
