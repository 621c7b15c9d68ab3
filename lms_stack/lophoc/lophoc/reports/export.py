"""Tables as files: xlsx and csv."""

from collections.abc import Iterable, Sequence
from typing import Any

import tablib
from django.http import HttpResponse

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
#: What a spreadsheet program takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def download(name: str, kind: str, headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A table as a file of this kind (xlsx or csv); text that looks like a formula stays text."""
    table = tablib.Dataset(*[[_cell(each) for each in row] for row in rows], headers=[_cell(each) for each in headers])
    content = table.export(kind)
    if isinstance(content, str):
        content = content.encode("utf-8-sig")  # Excel needs the mark to read Vietnamese letters in a csv file
    disposition = f'attachment; filename="{name}.{kind}"'
    return HttpResponse(content, content_type=TYPES[kind], headers={"Content-Disposition": disposition})


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
