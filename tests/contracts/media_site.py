"""The toy site with the edge's part played by Python: static files, and folders of media with the edge's own policy.

The policy is read from the edge's template, so that what a browser is shown here is what nginx says.
"""

import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from toy_site import application as toy_site  # type: ignore[import-not-found]  # beside it, for granian

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "lms_stack" / "lophoc" / "lophoc" / "static"
_TEMPLATE = (ROOT / "playbooks" / "roles" / "edge" / "templates" / "nginx.conf.j2").read_text("utf-8")
POLICY = re.findall(r'add_header Content-Security-Policy "([^"]+)"', _TEMPLATE)[0]
mimetypes.add_type("application/vnd.apple.mpegurl", ".m3u8")
#: What every request asked for, as lines of `/khai-bao`: the test looks up what a browser fetched.
_ASKED: list[str] = []


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve files as the edge does, and leave the rest to the toy site."""
    path = environ["PATH_INFO"]
    # An opaque origin is told as "null", by which what a package itself asks for is known.
    by_package = "referred-by-package" if environ.get("HTTP_ORIGIN") == "null" else ""
    cookie = "cookie" if "HTTP_COOKIE" in environ else ""
    _ASKED.append(f"{path} {environ.get('HTTP_RANGE', '')} {by_package} {cookie}")
    if path == "/khai-bao":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return ["\n".join(_ASKED).encode()]
    if path.startswith("/static/"):
        return _file(STATIC / path.removeprefix("/static/"), [], environ, start_response)
    if path.startswith("/thu-muc/"):
        name = path.split("/", 4)[4]
        headers = [("Content-Security-Policy", POLICY)] if name.startswith("goi/") else []
        return _file(Path(settings.MEDIA_ROOT) / name, headers, environ, start_response)
    answer: Iterable[bytes] = toy_site(environ, start_response)
    return answer


def _file(path: Path, headers: list[tuple[str, str]], environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if not path.is_file():
        start_response("404 Not Found", [])
        return [b""]
    body, size = path.read_bytes(), path.stat().st_size
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    told = [("Content-Type", kind), ("Access-Control-Allow-Origin", "*"), ("X-Content-Type-Options", "nosniff")]
    status = "200 OK"
    if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", environ.get("HTTP_RANGE", "")):
        first, last = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
        body, status = body[first : last + 1], "206 Partial Content"
        told.append(("Content-Range", f"bytes {first}-{last}/{size}"))
    start_response(status, [*told, *headers])
    return [body]
