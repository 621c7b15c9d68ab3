"""Putting a roster's rows into the database, a thousand at a time; a second import of the same rows changes nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from lophoc.accounts import mail
from lophoc.accounts.models import User
from lophoc.accounts.roster import Fault, Row
from lophoc.catalogue.models import Course
from lophoc.classes.models import Class, Enrolment

BATCH = 1000
#: What a roster may change of an account that is there: never its name or address, for they open it.
CHANGEABLE = ("full_name", "school", "unit")


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows, a batch at a time."""
    each = iter(rows)
    while batch := list(islice(each, BATCH)):
        yield batch


def classes_of(course: Course) -> dict[str, Class]:
    """The classes that a roster can name, by their names in small letters."""
    return {each.name.casefold(): each for each in Class.objects.filter(course=course, is_load_test=False)}


@dataclass
class Batch:
    """Some rows beside what the database has of them; three queries."""

    course: Course
    rows: list[Row]
    by_name: dict[str, User] = field(init=False)
    by_email: dict[str, User] = field(init=False)
    enrolments: dict[int, Enrolment] = field(init=False)

    def __post_init__(self) -> None:
        # Two queries, for each has an index; with OR between them PostgreSQL may read the whole table.
        named = User.objects.filter(username__in=[row.username for row in self.rows])
        emails = [row.email.upper() for row in self.rows if row.email]
        addressed = User.objects.annotate(upper_email=Upper("email")).filter(upper_email__in=emails)
        users = list({user.pk: user for user in (*named, *addressed)}.values())
        self.by_name = {user.username: user for user in users}
        self.by_email = {user.email.lower(): user for user in users if user.email}
        enrolments = Enrolment.objects.filter(
            learner__in=users, klass__course=self.course, klass__is_load_test=False, klass__is_trial=False
        )
        self.enrolments = {each.learner_id: each for each in enrolments}

    def user(self, row: Row) -> User | None:
        """The account that a row is about, where there is one."""
        return self.by_email.get(row.email) or self.by_name.get(row.username)

    def faults(self, classes: dict[str, Class]) -> Iterator[Fault]:
        """What in these rows doesn't fit what is there."""
        for row in self.rows:
            if row.klass and row.klass.casefold() not in classes:
                known = ", ".join(sorted(each.name for each in classes.values())) or _("khoá học chưa có lớp nào")
                yield Fault(
                    row.line,
                    "klass",
                    _("không có lớp “%(name)s”; các lớp: %(known)s") % {"name": row.klass, "known": known[:300]},
                )
            yield from self._wrong_account(row)

    def _wrong_account(self, row: Row) -> Iterator[Fault]:
        user = self.user(row)
        if user is None:
            return
        if user.email.lower() != row.email:
            text = _("tài khoản “%(name)s” đã có với email khác; quản trị kỹ thuật mới đổi được email")
            yield Fault(row.line, "username", text % {"name": row.username})
        elif user.username.lower() != row.username and row.username != row.email:
            text = _("email này đã thuộc về tài khoản “%(name)s”")
            yield Fault(row.line, "email", text % {"name": user.username})
        elif not user.is_active or user.is_load_test:
            yield Fault(row.line, "email", _("tài khoản của email này đã ngừng hoạt động"))

    @transaction.atomic
    def store(self, classes: dict[str, Class], site: str) -> Counter[str]:
        """Make, change and enrol; letters go to those who are new to the course. Counts what was done."""
        made = self._make()
        changed = self._change()
        new, moved = self._enrol(classes)
        context = {"course": self.course}
        mail.queue("first_password", made, site, "low", **context)
        known = {user.pk for user in made}
        mail.queue("enrolled", [each for each in new if each.pk not in known], site, "low", **context)
        return Counter(rows=len(self.rows), made=len(made), changed=changed, enrolled=len(new), moved=moved)

    def _make(self) -> list[User]:
        made = [
            User(
                username=row.username,
                email=row.email,
                password=make_password(None),
                **{name: getattr(row, name) for name in CHANGEABLE},
            )
            for row in self.rows
            if self.user(row) is None
        ]
        User.objects.bulk_create(made)
        self.by_name.update({user.username: user for user in made})
        self.by_email.update({user.email: user for user in made})
        return made

    def _change(self) -> int:
        changed = []
        for row in self.rows:
            user, given = self.by_email[row.email], {name: getattr(row, name) for name in CHANGEABLE}
            if given != {name: getattr(user, name) for name in CHANGEABLE}:
                user.__dict__.update(given)
                changed.append(user)
        User.objects.bulk_update(changed, CHANGEABLE, batch_size=500)
        return len(changed)

    def _enrol(self, classes: dict[str, Class]) -> tuple[list[User], int]:
        """Who is new to the course, and how many went to another class."""
        new, moved = [], []
        for row in self.rows:
            learner, klass = self.by_email[row.email], classes[row.klass.casefold()]
            there = self.enrolments.get(learner.pk)
            if there is None:
                new.append(Enrolment(learner=learner, klass=klass))
            elif there.klass_id != klass.pk:
                there.klass = klass
                moved.append(there)
        Enrolment.objects.bulk_create(new)
        Enrolment.objects.bulk_update(moved, ("klass",), batch_size=500)
        return [each.learner for each in new], len(moved)
