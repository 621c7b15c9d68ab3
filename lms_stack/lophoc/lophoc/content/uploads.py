"""Files that builders upload, judged by what is in them and not by their names."""

from pathlib import PurePath
from typing import Any

import filetype
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_HEAD = 8192
_ZIP = {"zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub"}
_OLD_OFFICE = {"doc", "xls", "ppt"}
#: For each suffix that is taken, what the library may call the content of such a file.
TAKEN: dict[str, set[str]] = {
    **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods", "odp", "zip", "h5p"), _ZIP),
    **dict.fromkeys(("doc", "xls", "ppt"), _OLD_OFFICE),
    "pdf": {"pdf"},
    "mp4": {"mp4", "m4v", "mov"},
    "m4v": {"mp4", "m4v", "mov"},
    "mov": {"mp4", "m4v", "mov"},
    "webm": {"webm", "mkv"},
    "mkv": {"webm", "mkv"},
    "mp3": {"mp3"},
    "png": {"png"},
    "jpg": {"jpg"},
    "jpeg": {"jpg"},
}


def checked(upload: Any) -> None:
    """Refuse a new upload that is too large, of a kind that is not taken, or not what its name says.

    :raises ValidationError: says which, and what is taken.
    """
    if getattr(upload, "_committed", False):
        return
    if upload.size > settings.MATERIAL_BYTES:
        raise ValidationError(_("Tệp lớn hơn %(limit)d MB.") % {"limit": settings.MATERIAL_BYTES // 2**20})
    suffix = PurePath(upload.name).suffix.lstrip(".").lower()
    if suffix not in TAKEN:
        raise ValidationError(_("Không nhận tệp loại này. Các loại được nhận: %s.") % ", ".join(sorted(TAKEN)))
    upload.seek(0)
    kind = filetype.guess(upload.read(_HEAD))
    upload.seek(0)
    if kind is None or kind.extension not in TAKEN[suffix]:
        raise ValidationError(_("Nội dung của tệp không phải là .%s.") % suffix)
