"""Everything that is kept about one person, as a file: complete by construction.

Every model is walked: rows that point to the person, and rows that belong to these. What is left out is named here with
its reason; a test fails when a model points to people and is neither exported nor named.
"""

import json
import shutil
from collections.abc import Iterator
from itertools import count
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from auditlog.models import LogEntry
from axes.models import AccessAttempt, AccessLog
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import CASCADE, Field, FileField, ForeignKey, Model, QuerySet
from django.utils.translation import gettext as _

from lophoc.accounts.models import User
from lophoc.reports.acts import ACTIONS, changes_of

_STAFF = "staff's work on materials, which the content repository and its history keep; nothing of a private life"
_ACT = "who did what to other people's data; the log of administrative acts keeps it"
_ACCESS = "gives access to the account"
#: The fields that point to a person and are left out, and why.
EXCLUDED: dict[str, str] = {
    "accounts.RosterImport.uploaded_by": "a list of other people",
    "assessment.Grade.by": _ACT,
    "assessment.Question.approved_by": _STAFF,
    "assessment.Question.written_by": _STAFF,
    "auditlog.LogEntry.actor": _ACT,
    "certificates.Certificate.revoked_by": _ACT,
    "content.Appraisal.appraiser": _STAFF,
    "content.Material.created_by": _STAFF,
    "content.Material.locked_by": _STAFF,
    "notices.Conversation.staff": "a conversation is about the learner; what staff wrote in it is exported",
    "schedule.Mark.by": _ACT,
    "wagtailadmin.EditingSession.user": _STAFF,
    "wagtailadmin.FormState.user": _STAFF,
    "wagtailcore.APIToken.user": _ACCESS,
    "wagtailcore.Comment.resolved_by": _STAFF,
    "wagtailcore.ModelLogEntry.user": _ACT,
    "wagtailcore.Page.locked_by": _STAFF,
    "wagtailcore.Page.owner": _STAFF,
    "wagtailcore.PageLogEntry.user": _ACT,
    "wagtailcore.Revision.user": _STAFF,
    "wagtailcore.TaskState.finished_by": _STAFF,
    "wagtailcore.UploadedFile.uploaded_by_user": _STAFF,
    "wagtailcore.WorkflowState.requested_by": _STAFF,
    "wagtaildocs.Document.uploaded_by_user": _STAFF,
    "wagtailimages.Image.uploaded_by_user": _STAFF,
}
#: What gives access to the account, or can be turned into it.
SECRET = frozenset({"accounts.User.password", "mfa.Authenticator.data", "axes.AccessLog.session_hash"})
#: What is found by the person's name alone.
BY_NAME: tuple[type[Model], ...] = (AccessAttempt, AccessLog)

Rows = dict[type[Model], dict[Any, Model]]


def fields_to_people() -> Iterator[Field[Any, Any]]:
    """Every field of every model that points to a person, those of tables between two models too."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey) and field.related_model is User:
                yield field


def name_of(field: Any) -> str:
    """A field as `EXCLUDED` and `SECRET` name it."""
    return f"{field.model._meta.label}.{field.name}"


def exported() -> list[Field[Any, Any]]:
    """The fields whose rows are part of the file."""
    return [field for field in fields_to_people() if name_of(field) not in EXCLUDED]


def rows_of(person: User) -> Rows:
    """All rows about a person, by model: the account, what points to it, and what belongs to the latter."""
    found: Rows = {User: {person.pk: person}}
    for field in exported():
        relation: Any = field.remote_field
        rows = field.model._base_manager.filter(**{field.name: person})
        _add(found, rows, follow=relation.on_delete is CASCADE)
    for model in BY_NAME:
        _add(found, model._base_manager.filter(username=person.username), follow=False)
    return found


def _add(found: Rows, rows: QuerySet[Any], *, follow: bool) -> None:
    """Add rows, and those that would be deleted with them: they are parts of them."""
    there = found.setdefault(rows.model, {})
    new = [row for row in rows if row.pk not in there]
    there.update((row.pk, row) for row in new)
    if not new or not follow:
        return
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if relation.auto_created and (relation.one_to_many or relation.one_to_one):
            field: Any = relation.field
            if field.remote_field.on_delete is CASCADE and name_of(field) not in EXCLUDED:
                _add(found, field.model._base_manager.filter(**{f"{field.name}__in": new}), follow=True)


def archive(person: User) -> IO[bytes]:
    """The rows as JSON, and the files that they name, in one zip file that is open for reading."""
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    numbers = count(1)
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        tables = {
            f"{model._meta.verbose_name} ({model._meta.label})": [_row(row, made, numbers) for row in rows.values()]
            for model, rows in rows_of(person).items()
            if rows
        }
        about = LogEntry.objects.get_for_object(person).order_by("timestamp")
        tables[_("lịch sử tài khoản")] = [_history(entry) for entry in about]
        text = json.dumps(tables, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        made.writestr("du-lieu.json", text)
    file.seek(0)
    return file


def _row(row: Model, made: ZipFile, numbers: Iterator[int]) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if name_of(field) not in SECRET]
    return {f"{field.verbose_name} ({field.name})": _value(row, field, made, numbers) for field in fields}


def _value(row: Model, field: Any, made: ZipFile, numbers: Iterator[int]) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, FileField):
        return _file(value, made, next(numbers)) if value else ""
    if isinstance(field, ForeignKey) and value is not None:
        # Other people are numbers here: this file is about one person.
        return value if field.related_model is User else str(getattr(row, field.name))
    return value if isinstance(value, dict | list | int | float | bool | None) else field.value_to_string(row)


def _file(stored: Any, made: ZipFile, number: int) -> str:
    name = f"tep/{number:03}-{stored.name.rpartition('/')[2]}"
    try:
        with stored.open("rb") as source, made.open(name, "w") as target:
            shutil.copyfileobj(source, target)
    except FileNotFoundError:
        gone = _("không còn tệp")
        return f"{stored.name} ({gone})"
    return name


def _history(entry: LogEntry) -> dict[str, Any]:
    return {_("lúc"): entry.timestamp, _("việc"): str(ACTIONS[entry.action]), _("thay đổi"): list(changes_of(entry))}
