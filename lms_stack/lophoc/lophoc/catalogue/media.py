"""Addresses of media that the edge serves itself, signed so that only a signed-in learner has them."""

import time
from base64 import urlsafe_b64encode
from hashlib import md5
from urllib.parse import quote

from django.conf import settings

#: An address stays the same for this long, so that a browser's cache can use it; it is good for twice as long.
PERIOD = 6 * 3600
#: Below this, one signature is good for all that lies in one folder; nginx knows such a folder by its two names.
FOLDERS = "/thu-muc/"


def signed(path: str, now: float | None = None) -> str:
    """The address of a file below the media root, as nginx' secure_link module checks it."""
    uri = f"{settings.MEDIA_URL}{path}"
    expires = _expires(now)
    # nginx signs what it has decoded: names may have Vietnamese letters.
    return f"{quote(uri)}?e={expires}&s={_signature(expires, uri)}"


def signed_folder(path: str, now: float | None = None) -> str:
    """The address of a file in a folder of two names (`phim/1a2b`), from which relative addresses lead to its others.

    Playlists name their film so, and packages their parts.
    """
    folder = "/".join(path.split("/")[:2])
    expires = _expires(now)
    return f"{FOLDERS}{_signature(expires, f'{FOLDERS}{folder}')}/{expires}/{quote(path)}"


def _expires(now: float | None) -> int:
    return (int(now if now is not None else time.time()) // PERIOD + 2) * PERIOD


def _signature(expires: int, uri: str) -> str:
    digest = md5(f"{expires}{uri} {settings.MEDIA_SECRET}".encode(), usedforsecurity=False).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")
