"""Where uploaded files are kept; the edge serves them by signed addresses only.

Here is the plain folder, for one machine without an edge; the media store of a site is in edge_store.py. Both can do
the same, and nothing else of the site knows which of them it has.
"""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.core.files.storage import FileSystemStorage, storages
from django.http import FileResponse, HttpResponseBase

from lophoc.catalogue.media import signed


class MediaStore(Protocol):
    """What the site needs of its store beyond Django's own storage: folders, local copies, answers."""

    def holds_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""

    def put_folder(self, source: Path, name: str) -> None:
        """Keep a local folder's files below a name of two parts (`goi/1a2b`): all of them, or no such folder."""

    def local(self, name: str) -> AbstractContextManager[Path]:
        """A file as a path on this machine, for programs; FileNotFoundError where there is none."""

    def answer(self, name: str, called: str, kind: str) -> HttpResponseBase:
        """An answer with a file to save; `called` is its name there, `kind` its content type."""


def media_store() -> MediaStore:
    """The site's store."""
    found: Any = storages["default"]
    return found  # type: ignore[no-any-return]  # whichever it is, it can do this


class SignedStorage(FileSystemStorage):
    """Files below the media root, with the addresses that the edge accepts."""

    def url(self, name: str | None) -> str:
        """The address at which a signed-in person's browser gets a file."""
        return signed(name or "")

    def holds_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""
        return Path(self.path(name)).is_dir()

    def put_folder(self, source: Path, name: str) -> None:
        """Copy a folder beside its place, then give it its name."""
        target = Path(self.path(name))
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            shutil.copytree(source, part)
            part.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """The file itself."""
        path = Path(self.path(name))
        if not path.is_file():
            raise FileNotFoundError(name)
        yield path

    def answer(self, name: str, called: str, kind: str) -> HttpResponseBase:
        """The file, read by Python: here is no edge that could."""
        return FileResponse(self.open(name), as_attachment=True, filename=called, content_type=kind)
