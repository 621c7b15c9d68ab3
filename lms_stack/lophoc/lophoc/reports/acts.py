"""Entries of the log of administrative acts, as people read them."""

from collections.abc import Iterator
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

_CREATE, _UPDATE, _DELETE, _ACCESS = (choice for choice, _label in LogEntry.Action.choices)
ACTIONS = {_CREATE: _("tạo"), _UPDATE: _("sửa"), _DELETE: _("xoá"), _ACCESS: _("xem hoặc tải")}
#: Never shown, whoever logged it.
_SECRET = frozenset({"password"})


def changes_of(entry: LogEntry) -> Iterator[str]:
    """What an act changed: field by field, old and new; of what was made only what it holds."""
    for name, change in (entry.changes_dict or {}).items():
        if name not in _SECRET and (said := _change(change)):
            yield f"{_label(entry, name)}: {said}"


def _label(entry: LogEntry, name: str) -> str:
    model = entry.content_type.model_class()
    try:
        field: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        field = None
    return str(getattr(field, "verbose_name", name))


def _change(change: Any) -> str:
    """Old and new value of a field; of a list what was added or removed. A mere relation of a new row says nothing."""
    if isinstance(change, dict):
        return ", ".join(map(str, change.get("objects", ())))
    old, new = change if isinstance(change, list) and len(change) == 2 else ("", change)
    if str(new).endswith(".None") or str(old).endswith(".None"):
        return ""
    if old in (None, "None", ""):
        return "" if new in (None, "None", "") else str(new)
    return f"{old} → {new}"
