"""Files that are made for one person to fetch at once: kept in the media store, which sends them, and removed soon."""

from datetime import timedelta
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import get_random_string

from lophoc.content.storage import media_store

FOLDER = "tai-ve"
#: Long enough for the slowest line: a download that was cut off is asked for anew.
KEPT = timedelta(hours=1)


def handed_out(made: IO[bytes], called: str, kind: str) -> HttpResponseBase:
    """An answer with this file under a name that can't be guessed; the file is closed."""
    with made:
        name = default_storage.save(f"{FOLDER}/{get_random_string(32)}", File(made))
    return media_store().answer(name, called, kind)


def clear() -> int:
    """Remove what was made more than an hour ago; gives back how many files that were."""
    if not media_store().holds_folder(FOLDER):
        return 0
    names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    old = [name for name in names if default_storage.get_modified_time(name) < timezone.now() - KEPT]
    for name in old:
        default_storage.delete(name)
    return len(old)
