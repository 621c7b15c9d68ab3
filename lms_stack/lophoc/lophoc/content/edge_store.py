"""The media store of a site: a folder on the edge's host, written over WebDAV, served by the edge itself.

The application's hosts keep nothing. What one of them took in is there for all, and no byte that a browser asks for
passes through Python: addresses are signed, or the edge is told by `X-Accel-Redirect` which file to send. The server's
side is playbooks/roles/edge/templates/nginx.conf.j2; why it is so, docs/decisions/0073.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

import urllib3
from django.core.files.base import File
from django.core.files.storage import Storage
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from lophoc.catalogue.media import signed

#: Where the edge finds the store's files when it is told to send one; no browser gets in there.
INTERNAL = "/kho-tep/"
#: Seconds to connect, and for each read or write after that.
TIMEOUT = urllib3.Timeout(connect=5, read=60)
#: Reading and removing can be repeated; so can writing, for a name is written whole or not at all.
RETRIES = urllib3.Retry(total=3, backoff_factor=0.3, allowed_methods=None, raise_on_status=False)
_CHUNK = 2**20
_DONE = range(200, 300)
_MISSING = 404


class StoreError(OSError):
    """The store didn't do what it was asked; says what it answered."""


class EdgeStore(Storage):
    """Files below the edge's media root. Names are as Django gives them: relative, with slashes."""

    def __init__(self, address: str) -> None:
        """Where it is and how to get in: `http://:TOKEN@HOST:PORT/`, as LOPHOC_MEDIA_STORE has it."""
        parts = urlsplit(address)
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port}/"
        self._headers = {"Authorization": f"Bearer {unquote(parts.password or '')}"}
        self._pool = urllib3.PoolManager(maxsize=8, timeout=TIMEOUT, retries=RETRIES)

    # -------------------------------------------------------------------------------------------- what Django asks
    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError(f"{name}: a file of the store is opened for reading only, not as {mode!r}")
        kept = tempfile.SpooledTemporaryFile(max_size=_CHUNK)  # noqa: SIM115 - whoever reads it closes it
        self._fetch(name, kept)
        kept.seek(0)
        return File(kept, name=name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        content.seek(0)
        self._put(name, content, content.size)
        return name

    def delete(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        self._asked("DELETE", name, missing_is_fine=True)

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._head(name) is not None

    def size(self, name: str) -> int:
        """Its bytes; FileNotFoundError where there is none."""
        return int(self._found(name)["Content-Length"])

    def get_modified_time(self, name: str) -> datetime:
        """When it was written; FileNotFoundError where there is none."""
        return parsedate_to_datetime(self._found(name)["Last-Modified"])

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The folders and the files in a folder; none where it isn't there."""
        answer = self._asked("GET", f"{path.strip('/')}/", missing_is_fine=True)
        listed = json.loads(answer.data) if answer.status in _DONE else []
        folders = [each["name"] for each in listed if each["type"] == "directory"]
        return folders, [each["name"] for each in listed if each["type"] == "file"]

    def url(self, name: str | None) -> str:
        """The address at which a signed-in person's browser gets a file."""
        return signed(name or "")

    # ------------------------------------------------------------------------------------- what a MediaStore can do
    def holds_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""
        return self._head(f"{name}/") is not None

    def put_folder(self, source: Path, name: str) -> None:
        """Write a folder's files beside their place, then give them their name in one step."""
        above, _, own = name.rpartition("/")
        part = f"{above}/.{own}.part"
        self._asked("DELETE", f"{part}/", missing_is_fine=True)
        try:
            for path in sorted(each for each in source.rglob("*") if each.is_file()):
                with path.open("rb") as file:
                    self._put(f"{part}/{path.relative_to(source).as_posix()}", file, path.stat().st_size)
            self._asked("MOVE", f"{part}/", {"Destination": self._address(f"{name}/"), "Overwrite": "F"})
        except BaseException:
            self._asked("DELETE", f"{part}/", missing_is_fine=True)
            raise

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """A copy of the file, for as long as it is needed."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"tep{Path(name).suffix}")
            with path.open("wb") as sink:
                self._fetch(name, sink)
            yield path

    def answer(self, name: str, called: str, kind: str) -> HttpResponse:
        """Tell the edge to send the file, with these headers; ranges are its affair too."""
        response = HttpResponse(content_type=kind)
        response.headers["Content-Disposition"] = content_disposition_header(True, called)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["X-Accel-Redirect"] = quote(f"{INTERNAL}{name}")
        return response

    # ------------------------------------------------------------------------------------------------------ requests
    def _address(self, name: str) -> str:
        return self._base + quote(name)

    def _put(self, name: str, file: Any, size: int) -> None:
        self._asked("PUT", name, {"Content-Length": str(size)}, body=file)

    def _fetch(self, name: str, sink: IO[bytes]) -> None:
        with closing(self._asked("GET", name, preload_content=False)) as answer:
            for chunk in answer.stream(_CHUNK):
                sink.write(chunk)
            answer.release_conn()

    def _head(self, name: str) -> Any:
        answer = self._asked("HEAD", name, missing_is_fine=True)
        return answer.headers if answer.status in _DONE else None

    def _found(self, name: str) -> Any:
        headers = self._head(name)
        if headers is None:
            raise FileNotFoundError(name)
        return headers

    def _asked(
        self,
        method: str,
        name: str,
        headers: dict[str, str] | None = None,
        *,
        missing_is_fine: bool = False,
        **more: Any,
    ) -> Any:
        """The store's answer.

        :raises FileNotFoundError: there is no such file, and there had to be.
        :raises StoreError: it can't be reached, or refused.
        """
        try:
            answer = self._pool.request(
                method, self._address(name), headers={**self._headers, **(headers or {})}, **more
            )
        except urllib3.exceptions.HTTPError as error:
            raise StoreError(f"the media store can't be reached for {method} {name}: {error}") from error
        if answer.status == _MISSING and not missing_is_fine:
            raise FileNotFoundError(name)
        if answer.status not in _DONE and answer.status != _MISSING:
            raise StoreError(f"the media store answered {answer.status} to {method} {name}")
        return answer
