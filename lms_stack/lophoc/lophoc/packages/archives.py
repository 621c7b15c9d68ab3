"""Archives that somebody uploaded: looked through before anything is unpacked, and unpacked whole or not at all."""

import re
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: What an archive may hold: files, bytes in all, and how many times smaller it may be than what is in it.
FILES, BYTES, RATIO = 10_000, 2 * 2**30, 200
#: Small archives may be of any ratio: a page of spaces does no harm.
SMALL = 50 * 2**20
#: Nothing that a server or a person's own machine might run.
_ON_SERVERS = {
    "php",
    "php3",
    "php4",
    "php5",
    "phtml",
    "phar",
    "jsp",
    "jspx",
    "asp",
    "aspx",
    "cgi",
    "pl",
    "py",
    "htaccess",
}
_ON_MACHINES = {"exe", "dll", "com", "scr", "msi", "bat", "cmd", "ps1", "sh", "jar", "vbs", "hta", "lnk"}
FORBIDDEN = _ON_SERVERS | _ON_MACHINES
_UNSAFE = re.compile(r'[\\:*?"<>|\x00-\x1f]')
_ENCRYPTED = 1


def opened(file: Any) -> zipfile.ZipFile:
    """An archive all of whose members may be unpacked.

    :raises ValidationError: it is no archive, or has a member that may not; says which.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise ValidationError(_("Tệp không phải là một gói nén .zip hoặc .h5p, hoặc đã bị hỏng.")) from error
    members = archive.infolist()
    if len(members) > FILES:
        raise ValidationError(_("Gói có %(found)d tệp, nhiều hơn %(limit)d.") % {"found": len(members), "limit": FILES})
    for member in members:
        _check(member)
    _check_size(members)
    return archive


def _check(member: zipfile.ZipInfo) -> None:
    name = member.filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or _UNSAFE.search(name):
        raise ValidationError(_("Gói có tên tệp không an toàn: %s.") % ascii(name))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ValidationError(_("Gói có liên kết thay cho tệp: %s.") % name)
    if member.flag_bits & _ENCRYPTED:
        raise ValidationError(_("Gói được đặt mật khẩu; hãy nén lại không có mật khẩu."))
    if path.name.lower().rpartition(".")[2] in FORBIDDEN:
        raise ValidationError(_("Gói có tệp thuộc loại không được phép: %s.") % name)


def _check_size(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if unpacked > BYTES:
        raise ValidationError(_("Gói khi giải nén lớn hơn %d MB.") % (BYTES // 2**20))
    if unpacked > SMALL and unpacked / packed > RATIO:
        raise ValidationError(_("Gói được nén bất thường (bom nén) nên không được nhận."))


def names(archive: zipfile.ZipFile) -> frozenset[str]:
    """The files of an archive."""
    return frozenset(member.filename for member in archive.infolist() if not member.is_dir())


def read(archive: zipfile.ZipFile, name: str, limit: int = 2**20) -> bytes:
    """A small file of an archive.

    :raises ValidationError: it is too large, or broken.
    """
    try:
        if archive.getinfo(name).file_size > limit:
            raise ValidationError(_("Tệp %s trong gói quá lớn.") % name)
        return archive.read(name)
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, zlib.error) as error:
        raise ValidationError(_("Tệp %s trong gói bị hỏng.") % name) from error


def unpack(archive: zipfile.ZipFile, target: Path, change: Any) -> None:
    """Write an archive's files below a folder; there whole or not at all.

    :param change: is given each file's name and where it was written, and may change it.
    :raises ValidationError: a file is broken.
    """
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for name in sorted(names(archive)):
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # No more than a member's declared size is ever read, and these were added up.
            with archive.open(name) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            change(name, path)
        part.replace(target)
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, zlib.error) as error:
        raise ValidationError(_("Gói bị hỏng, không giải nén được: %s.") % error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
