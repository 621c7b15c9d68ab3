"""Addresses of media that the edge serves itself, signed so that only a signed-in learner has them."""

import time
from base64 import urlsafe_b64encode
from hashlib import md5
from urllib.parse import quote

from django.conf import settings

#: An address stays the same for this long, so that a browser's cache can use it; it is good for twice as long.
PERIOD = 6 * 3600


def signed(path: str, now: float | None = None) -> str:
    """The address of a file below the media root, as nginx' secure_link module checks it."""
    uri = quote(f"{settings.MEDIA_URL}{path}")
    expires = (int(now if now is not None else time.time()) // PERIOD + 2) * PERIOD
    digest = md5(f"{expires}{uri} {settings.MEDIA_SECRET}".encode(), usedforsecurity=False).digest()
    return f"{uri}?e={expires}&s={urlsafe_b64encode(digest).decode().rstrip('=')}"
