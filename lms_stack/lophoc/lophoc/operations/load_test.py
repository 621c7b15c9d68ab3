"""The load test's own class and accounts, apart from everybody's: made before it, removed after it."""

import time
from typing import Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from wagtail.models import ModelLogEntry

from lophoc.accounts.models import User
from lophoc.assessment.models import Submission
from lophoc.catalogue.models import Course, Unit
from lophoc.certificates.models import Certificate
from lophoc.classes.models import Class, Enrolment
from lophoc.content.models import Material
from lophoc.forum.models import Topic
from lophoc.operations import load_test_course, load_test_staff
from lophoc.surveys.models import Survey

CLASS_NAME = "Lớp thử tải"
LEARNER = "thutai-{:05}"
INSTRUCTOR = "thutai-gv-{:02}"
PURGE_TRIES = 30


@transaction.atomic
def prepare(course: Course, learners: int, instructors: int, password: str) -> dict[str, Any]:
    """Make that many accounts in the load test's classes; tells the load generator what there is to play.

    All accounts share one hash of one random password, computed once: checking it costs as much as any other.
    """
    with disable_auditlog():  # that a load test was made ready is no act of anybody's
        return _prepared(course, learners, instructors, password)


def _prepared(course: Course, learners: int, instructors: int, password: str) -> dict[str, Any]:
    names = [LEARNER.format(number) for number in range(1, learners + 1)]
    teachers = [INSTRUCTOR.format(number) for number in range(1, instructors + 1)]
    made = _accounts(names + teachers + load_test_staff.names(), make_password(password))
    users = {user.username: user for user in User.objects.filter(is_load_test=True)}
    classes = [_class(course, number, users[name]) for number, name in enumerate(teachers, 1)]
    places = {each: [users[name] for name in names[n :: len(classes)]] for n, each in enumerate(classes)}
    Enrolment.objects.bulk_create(
        [Enrolment(learner=learner, klass=klass) for klass, there in places.items() for learner in there],
        ignore_conflicts=True,
        batch_size=1000,
    )
    load_test_staff.equip(users, classes, password)
    load_test_course.fill(course, classes, places)
    return {
        "changed": bool(made),
        "course": course.slug,
        "learners": learners,
        "instructors": instructors,
        "learner_pattern": LEARNER,
        "instructor_pattern": INSTRUCTOR,
        **load_test_staff.told(),
        **{f"{kind}s": _numbers(course, kind) for kind in ("lesson", "package", "essay")},
        "quizzes": _numbers(course, "quiz"),
    }


def _accounts(names: list[str], hashed: str) -> int:
    held = set(User.objects.filter(is_load_test=True).values_list("username", flat=True))
    User.objects.filter(is_load_test=True).update(password=hashed, is_active=True)
    new = [
        User(username=name, full_name=f"Thử tải {name}", password=hashed, is_load_test=True)
        for name in names
        if name not in held
    ]
    User.objects.bulk_create(new, batch_size=1000)
    return len(new)


def _class(course: Course, number: int, instructor: User) -> Class:
    made, _ = Class.objects.get_or_create(
        course=course, name=f"{CLASS_NAME} {number}", defaults={"instructor": instructor, "is_load_test": True}
    )
    return made


def _numbers(course: Course, kind: str) -> list[int]:
    return list(Unit.objects.filter(course=course, kind=kind).values_list("number", flat=True))


def purge() -> int:
    """Remove everything that a load test made; gives back how many accounts there were.

    A site that was overloaded may still be at work on requests of accounts that are being removed: these accounts are
    shut out first, and what such a request leaves behind is removed with the next try.

    :raises IntegrityError: requests of the load test were still coming in at the last try.
    """
    User.objects.filter(is_load_test=True).update(is_active=False)
    for _ in range(PURGE_TRIES - 1):
        try:
            return _removed()
        except IntegrityError:
            time.sleep(1)
    return _removed()


@transaction.atomic
def _removed() -> int:
    with disable_auditlog():  # a line for each of thousands of accounts would bury what people did
        return _remove()


def _remove() -> int:
    for submission in Submission.objects.filter(learner__is_load_test=True).exclude(file=""):
        submission.file.delete(save=False)
    Topic.objects.filter(is_load_test=True).delete()
    Survey.objects.filter(is_load_test=True).delete()
    Certificate.objects.filter(learner__is_load_test=True).delete()
    _materials_removed()
    Class.objects.filter(is_load_test=True).delete()
    for entries in (
        ModelLogEntry.objects.filter(user__is_load_test=True),
        LogEntry.objects.filter(actor__is_load_test=True),
    ):
        entries.delete()
    users = User.objects.filter(is_load_test=True)
    count = users.count()
    users.delete()
    return count


def _materials_removed() -> None:
    """What its builders made in the repository, with files and all versions."""
    for material in Material.objects.filter(created_by__is_load_test=True):
        for file in (material.document, material.video, material.package):
            if file:
                file.delete(save=False)
        material.delete()
