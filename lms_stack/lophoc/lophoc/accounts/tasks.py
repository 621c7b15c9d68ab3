"""Background jobs of this room."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple
from itertools import chain

from django.core.signing import TimestampSigner
from django.utils import timezone, translation
from django_tasks import task

from lophoc.accounts import mail
from lophoc.accounts.enrol import Batch, batches, classes_of
from lophoc.accounts.models import RosterImport, User
from lophoc.accounts.roster import UnreadableError, faults, rows
from lophoc.catalogue.models import Course

#: As many faults are listed as somebody can mend before the next try.
MOST_FAULTS = 500
JOIN_SALT = "lophoc.accounts.joining"
_LOG = logging.getLogger(__name__)
State = RosterImport.State


@task()
def send_forgotten(email: str, site: str) -> None:
    """Send a password link to whoever has this address; nothing happens where nobody has."""
    mail.queue("password", User.objects.filter(email__iexact=email, is_active=True), site, "high")


@task()
def send_join(slug: str, given: dict[str, str], site: str) -> None:
    """Send the link that makes an account to somebody who asked for one, or tell who has one to sign in."""
    course = Course.objects.get(slug=slug)
    known = list(User.objects.filter(email__iexact=given["email"]))
    token = TimestampSigner(salt=JOIN_SALT).sign_object({**given, "slug": slug})
    context = {"course": course, "token": token, "known": bool(known)}
    mail.queue("join", known or [User(pk=0, **given)], site, "high", **context)


@task()
def check_roster(pk: int) -> None:
    """The dry run: list what is wrong with a roster, row by row, and count what an import would do."""
    _run(pk, _check)


@task()
def import_roster(pk: int, site: str) -> None:
    """Store a roster that has been checked."""
    _run(pk, lambda found: _import(found, site))


def _run(pk: int, job: Callable[[RosterImport], None]) -> None:
    """Do a job on a roster; what is wrong is said in its uploader's language, and what breaks shows on its page."""
    found = RosterImport.objects.select_related("course", "uploaded_by").get(pk=pk)
    reader = found.uploaded_by.language if found.uploaded_by else None
    try:
        with translation.override(reader):
            job(found)
    except UnreadableError as error:
        _say(found, state=State.FAULTY, errors=[[1, "", str(error)]], error_count=1)
    except Exception:
        _say(found, state=State.FAILED)
        _LOG.exception("the job on roster %s broke", pk)
        raise


def _check(found: RosterImport) -> None:
    counts, listed = _looked_through(found, lambda done: _say(found, rows=done, done=done))
    state = State.FAULTY if counts["wrong"] else State.READY
    _say(found, state=state, errors=listed, error_count=counts.pop("wrong"), result=dict(counts))


def _import(found: RosterImport, site: str) -> None:
    """Look once more, for accounts may have changed since, and store only where nothing is wrong."""
    before, listed = _looked_through(found, lambda _done: _say(found))
    if before["wrong"]:
        _say(found, state=State.FAULTY, errors=listed, error_count=before["wrong"])
        return
    classes, counts = classes_of(found.course), Counter[str]()
    for some in batches(rows(bytes(found.content))):
        counts.update(Batch(found.course, some).store(classes, site))
        _say(found, done=counts["rows"])
    found.state, found.content, found.result, found.heard_at = State.DONE, b"", dict(counts), timezone.now()
    found.save(update_fields=("state", "content", "result", "heard_at"))


def _looked_through(found: RosterImport, tell: Callable[[int], None]) -> tuple[Counter[str], list[list[object]]]:
    """How many rows, new accounts and faults there are, and the first faults in the order of their lines."""
    classes, seen, listed = classes_of(found.course), dict[str, int](), list[list[object]]()
    counts = Counter(wrong=0)
    for some in batches(rows(bytes(found.content))):
        batch = Batch(found.course, some)
        wrong = sorted(chain(batch.faults(classes), *(faults(row, seen) for row in some)), key=lambda each: each.line)
        listed += [list(astuple(each)) for each in wrong[: MOST_FAULTS - len(listed)]]
        new = sum(batch.user(row) is None for row in some)
        counts.update(rows=len(some), made=new, wrong=len(wrong))
        tell(counts["rows"])
    return counts, listed


def _say(found: RosterImport, **news: object) -> None:
    """Let the roster's page know, without a line in the audit log."""
    RosterImport.objects.filter(pk=found.pk).update(**news, heard_at=timezone.now())
