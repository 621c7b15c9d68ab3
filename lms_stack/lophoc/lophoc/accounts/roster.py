"""Reading a roster file: which columns it has and what is wrong with its rows. Nothing here touches the database.

A file is read row by row and never held whole, so that 50,000 rows need no more memory than 50.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MOST_ROWS = 50_000
#: An xlsx file is a zip archive; one that holds more than this is no roster.
MOST_BYTES = 300 * 2**20
#: What a column can be called, in Vietnamese or English, without accents, spaces and signs.
COLUMNS = {
    "username": ("tendangnhap", "taikhoan", "username", "user", "account"),
    "full_name": ("hovaten", "hoten", "hotenhocvien", "fullname", "name"),
    "email": ("email", "thudientu", "diachiemail", "emailaddress", "mail"),
    "school": ("truong", "tentruong", "truonghoc", "school", "schoolname"),
    "unit": ("donvi", "tendonvi", "phongsogd", "phonggd", "phonggddt", "unit", "office", "department"),
    "klass": ("lop", "tenlop", "lophoc", "class", "classname", "group"),
}
OPTIONAL = frozenset({"username"})
LABELS = {
    "username": gettext_noop("tên đăng nhập"),
    "full_name": gettext_noop("họ tên"),
    "email": "email",
    "school": gettext_noop("trường"),
    "unit": gettext_noop("đơn vị"),
    "klass": gettext_noop("lớp"),
}
_LENGTHS = {"username": 150, "full_name": 150, "email": 150, "school": 200, "unit": 200, "klass": 150}
_USERNAME = UnicodeUsernameValidator()


class UnreadableError(Exception):
    """The file as a whole can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Row:
    """One line of a roster; a name without one is the e-mail address."""

    line: int
    username: str
    full_name: str
    email: str
    school: str
    unit: str
    klass: str


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what was expected there."""

    line: int
    column: str
    text: str


def simple(text: str) -> str:
    """A text without accents, spaces, signs and capitals, to compare headings."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", bare)


def rows(content: bytes) -> Iterator[Row]:
    """The rows of a CSV or xlsx file; lines that are empty are passed over.

    :raises UnreadableError: it is of another kind, has no heading, or too many rows.
    """
    lines = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    first = next((cells for cells in lines if any(cells[1])), None)
    if first is None:
        raise UnreadableError(_("Tệp trống. Cần một dòng tiêu đề và mỗi học viên một dòng."))
    places = _places(first[1])
    count = 0
    for line, cells in lines:
        if not any(cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise UnreadableError(_("Tệp có hơn %(most)s dòng. Hãy chia thành nhiều tệp.") % {"most": f"{MOST_ROWS:,}"})
        found = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
        email = found["email"].lower()
        yield Row(line, **{**found, "email": email, "username": found.get("username", "").lower() or email})
    if not count:
        raise UnreadableError(_("Tệp chỉ có dòng tiêu đề, không có học viên nào."))


def faults(row: Row, seen: dict[str, int]) -> Iterator[Fault]:
    """What is wrong with a row by itself, and with what the file had before.

    :param seen: the line of each name and address so far; this row's are added.
    """
    for name, most in _LENGTHS.items():
        text = getattr(row, name)
        if not text and name != "username":
            yield Fault(row.line, name, _("còn trống"))
        elif len(text) > most:
            yield Fault(row.line, name, _("dài quá %(most)s ký tự") % {"most": most})
    yield from _wrong_form(row)
    for name in ("email", "username"):
        text = getattr(row, name)
        before = seen.setdefault(f"{name}:{text}", row.line)
        if text and before != row.line:
            yield Fault(row.line, name, _("“%(text)s” đã có ở dòng %(line)s") % {"text": text, "line": before})
            return  # a name that was made from the address is no second fault


def _wrong_form(row: Row) -> Iterator[Fault]:
    try:
        if row.email:
            validate_email(row.email)
    except ValidationError:
        yield Fault(
            row.line, "email", _("“%(text)s” không phải địa chỉ email, cần dạng ten@mien.vn") % {"text": row.email}
        )
        return
    try:
        if row.username:
            _USERNAME(row.username)
    except ValidationError:
        yield Fault(
            row.line,
            "username",
            _("“%(text)s” có ký tự không dùng được: chỉ chữ, số và @ . + - _") % {"text": row.username},
        )


def _places(heading: list[str]) -> dict[str, int]:
    """Where each column is.

    :raises UnreadableError: one is missing or there twice.
    """
    found: dict[str, int] = {}
    for at, text in enumerate(heading):
        name = next((name for name, names in COLUMNS.items() if simple(text) in names), None)
        if name in found:
            raise UnreadableError(_("Có hai cột “%(label)s”. Hãy giữ một cột.") % {"label": _(LABELS[name])})
        if name:
            found[name] = at
    missing = [_(LABELS[name]) for name in COLUMNS if name not in found and name not in OPTIONAL]
    if missing:
        raise UnreadableError(
            _("Dòng tiêu đề thiếu cột: %(missing)s. Dòng đầu tiên của tệp phải là tên các cột.")
            % {"missing": ", ".join(missing)}
        )
    return found


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if b"\x00" in content[:1000] or content[:5] == b"%PDF-":
        raise UnreadableError(
            _("Tệp không phải CSV hay Excel (.xlsx). Hãy lưu lại danh sách thành một trong hai dạng đó.")
        )
    first = content[: content.find(b"\n") + 1 or None].decode("utf-8", "replace")
    delimiter = max(",;\t", key=first.count)
    # Bytes are decoded as they are read, so a fault can be anywhere in the file.
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [_clean(cell) for cell in cells]
    except UnicodeDecodeError:
        raise UnreadableError(
            _("Tệp CSV không ở bảng mã UTF-8. Trong Excel hãy chọn “CSV UTF-8” khi lưu, hoặc lưu thành .xlsx.")
        ) from None
    except csv.Error as error:
        raise UnreadableError(
            _("Không đọc được dòng %(line)s của tệp CSV: %(error)s.") % {"line": reader.line_num, "error": error}
        ) from None


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        if sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(content)).infolist()) > MOST_BYTES:
            raise UnreadableError(_("Tệp Excel quá lớn khi giải nén. Hãy bỏ hình ảnh, định dạng rồi lưu lại."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # A sheet's own word on its size can be wrong, and then rows are missed.
        sheet.reset_dimensions()
        lines = enumerate(sheet.iter_rows(values_only=True), 1)
        first = next(lines, None)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError):
        raise UnreadableError(_("Tệp Excel bị hỏng hoặc không phải .xlsx. Hãy mở nó và lưu lại.")) from None
    for line, cells in chain([first] if first else [], lines):
        yield line, [_clean("" if cell is None else str(cell)) for cell in cells]


def _clean(text: str) -> str:
    """One cell: composed letters, no doubled spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())
