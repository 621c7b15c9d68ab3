"""Taking packages in: from an upload to a folder that can be played, and a row that says what is in it."""

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.html import escape
from django.utils.text import slugify

from lophoc.content.storage import media_store
from lophoc.packages.archives import opened, unpack
from lophoc.packages.manifests import H5P_PAGE, Found, examine
from lophoc.packages.models import Package

FOLDER = "goi"
_STATIC = f"{settings.STATIC_URL}lophoc/"
_PLAYERS = {
    Package.Kind.SCORM12: ("vendor/scorm-again/scorm12.min.js",),
    Package.Kind.SCORM2004: ("vendor/scorm-again/scorm2004.min.js",),
    Package.Kind.H5P: ("vendor/h5p-standalone/main.bundle.js",),
}
_HEAD = re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)
_BEGIN = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype[^>]*>\s*)?(?:<html(?:\s[^>]*)?>)?", re.IGNORECASE)
#: Counts up when what is written into the folders changes, so that they are made anew.
RECIPE = b"1"


def check(file: Any) -> Found:
    """Look through an upload.

    :raises ValidationError: it can't be taken in; says why.
    """
    with opened(file) as archive:
        return examine(archive)


def take(upload: str) -> Package:
    """Take in a stored upload; the same file is unpacked once, whatever it is called.

    :raises ValidationError: it can't be taken in; says why.
    """
    with default_storage.open(upload, "rb") as file:
        folder = _digest(file)[:32]
        with opened(file) as archive:
            found = examine(archive)
            if not media_store().holds_folder(f"{FOLDER}/{folder}"):
                _unpack(archive, found, f"{FOLDER}/{folder}")
        size = file.size
    told = {"kind": found.kind, "title": found.title[:300], "parts": found.parts, "folder": folder, "bytes": size}
    return Package.objects.update_or_create(upload=upload, defaults=told)[0]


def _unpack(archive: ZipFile, found: Found, folder: str) -> None:
    with tempfile.TemporaryDirectory() as near:
        target = Path(near, "goi")
        unpack(archive, target, lambda name, path: _adapt(found, name, path))
        media_store().put_folder(target, folder)


def _digest(file: Any) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, lambda: hashlib.sha256(RECIPE)).hexdigest()
    file.seek(0)
    return digest


def _adapt(found: Found, name: str, path: Path) -> None:
    """Let every page of a SCORM package load our part of the bridge first, and give H5P a page."""
    if found.kind == Package.Kind.H5P:
        if name == "h5p.json":
            path.with_name(H5P_PAGE).write_text(_h5p_page(found.title), "utf-8")
    elif path.suffix.lower() in {".html", ".htm", ".xhtml"}:
        path.write_bytes(with_bridge(path.read_bytes(), found.kind))


def with_bridge(page: bytes, kind: Package.Kind) -> bytes:
    """A page that loads our scripts before its own."""
    if page.startswith((b"\xff\xfe", b"\xfe\xff")):
        page = page.decode("utf-16").encode("utf-8-sig")
    begins = _HEAD.search(page) or _BEGIN.match(page)
    at = begins.end() if begins else 0
    return page[:at] + scripts(kind).encode() + page[at:]


def scripts(kind: Package.Kind) -> str:
    """The scripts that a page of a package loads first."""
    return "".join(f'<script src="{_STATIC}{name}"></script>' for name in (*_PLAYERS[kind], "package-frame.js"))


def _h5p_page(title: str) -> str:
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{scripts(Package.Kind.H5P)}</head>"
        f'<body><div id="h5p"></div><script src="{_STATIC}package-h5p.js"></script></body></html>'
    )


def store(path: Path) -> str:
    """Keep a file of a bundle as if it had been uploaded; gives back the name that a material has for it."""
    with path.open("rb") as file:
        name = f"hoc-lieu/goi/{slugify(path.stem)}-{_digest(file)[:12]}{path.suffix.lower()}"
        if not default_storage.exists(name):
            default_storage.save(name, file)
    return name
