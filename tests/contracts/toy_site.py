"""lophoc itself in one process, with files served by Python in place of the edge: a site for the generator to play on.

TOY_FAULT makes it fail from the moment on at which the file TOY_SWITCH is there: `error-page` answers every page with
status 200 and an error, `freeze` stands still for three seconds once, `slower` takes ever longer for an answer.
"""

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "lophoc.settings_test"

import django
from django.conf import settings

settings.DATABASES["default"].update(
    NAME=os.environ["TOY_DATABASE"], OPTIONS={"timeout": 20, "transaction_mode": "IMMEDIATE"}
)
settings.ALLOWED_HOSTS = ["127.0.0.1"]
settings.MEDIA_ROOT = os.environ["TOY_MEDIA"]
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django must be set up first

_django = get_wsgi_application()
_FAULT = os.environ.get("TOY_FAULT", "")
_SEGMENT = b"\0\0\0\x20moof" + bytes(199_992)
_VIDEO = b"\0\0\0\x20ftypisom" + bytes(1_000) + 12 * _SEGMENT
_PLAYLIST = "#EXTM3U\n" + "".join(
    f"#EXTINF:10,\n#EXT-X-BYTERANGE:{len(_SEGMENT)}@{1_012 + number * len(_SEGMENT)}\nphim.mp4\n"
    for number in range(12)
)
_FREEZE, _SLOWER = 3.0, 0.01
_switched: list[float] = []
_lock = threading.Lock()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve static files and ranges of a video, and leave the rest to lophoc."""
    path = environ["PATH_INFO"]
    if path.endswith(".m3u8"):
        start_response("200 OK", [("Content-Type", "application/vnd.apple.mpegurl")])
        return [_PLAYLIST.encode()]
    if "/goi/" in path and path.startswith("/thu-muc/"):
        start_response("200 OK", [("Content-Type", "text/html")])
        return [Path(os.environ["TOY_MEDIA"], "goi", path.partition("/goi/")[2]).read_bytes()]
    if path.startswith("/thu-muc/"):
        return _range(environ, start_response)
    if path.startswith("/static/"):
        start_response("200 OK", [("Content-Type", "text/css")])
        return [b"body { color: black }"]
    if _FAULT and Path(os.environ["TOY_SWITCH"]).exists():
        _stand_still()
        if _FAULT == "error-page" and environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<h1>Error</h1>"]
    environ["HTTP_X_FORWARDED_PROTO"] = "https"
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer


def _stand_still() -> None:
    """Hold the request as long as the fault wants it; frozen, no thread gets on before the time is over."""
    with _lock:
        if not _switched:
            _switched.append(time.monotonic())
    since = time.monotonic() - _switched[0]
    if _FAULT == "freeze":
        time.sleep(max(0.0, _FREEZE - since))
    if _FAULT == "slower":
        time.sleep(_SLOWER * since)


def _range(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    first, last = (int(part) for part in environ["HTTP_RANGE"].removeprefix("bytes=").split("-"))
    body = _VIDEO[first : last + 1]
    place = f"bytes {first}-{first + len(body) - 1}/{len(_VIDEO)}"
    start_response("206 Partial Content", [("Content-Type", "video/mp4"), ("Content-Range", place)])
    return [body]
