"""Tables of questions and grades as files, read and written by tablib."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

import tablib
from django.http import HttpResponse
from django.utils.translation import gettext as _

#: Rows of a table that is taken.
ROWS = 5000
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def as_file(rows: tablib.Dataset, name: str, form: str) -> HttpResponse:
    """A table as an attachment. No cell begins as a formula does: a spreadsheet would run what a learner wrote."""
    guarded = tablib.Dataset(*(_guarded(row) for row in rows), headers=rows.headers)
    content = guarded.export(form)
    if form == "csv":
        content = f"\ufeff{content}".encode()  # without the mark spreadsheets take it for another encoding
    return HttpResponse(
        content,
        headers={"Content-Type": _TYPES[form], "Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


def _guarded(row: Iterable[Any]) -> list[Any]:
    return [f"'{cell}" if isinstance(cell, str) and cell[:1] in set("=+-@\t\r") and cell[:1] else cell for cell in row]


def read(file: Any, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of an uploaded table.

    :raises ValueError: it is no such table; says why.
    """
    form = PurePath(file.name or "").suffix.lower().lstrip(".")
    content = file.read()
    try:
        rows = tablib.Dataset().load(content if form == "xlsx" else content.decode("utf-8-sig"), format=form)
    except Exception as fault:
        raise ValueError(_("Không đọc được tệp: cần một bảng XLSX hoặc CSV (UTF-8).")) from fault
    missing = {"kind", "text", "answer"} - set(rows.headers or ())
    if missing:
        raise ValueError(_("Thiếu cột: %s.") % ", ".join(sorted(missing)))
    if len(rows) > ROWS:
        raise ValueError(_("Bảng có hơn %d dòng.") % ROWS)
    return [{name: _text(row.get(name)) for name in columns} for row in rows.dict]


def _text(cell: Any) -> str:
    """A cell as it would be written in a form; the mark that guards against formulas is taken off."""
    text = "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@") else text
