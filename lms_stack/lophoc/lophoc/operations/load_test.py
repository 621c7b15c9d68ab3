"""The load test's own class and accounts, apart from everybody's: made before it, removed after it."""

import time
from typing import Any

from auditlog.context import disable_auditlog
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from lophoc.accounts.models import User
from lophoc.assessment.models import Submission
from lophoc.catalogue.models import Course, Unit
from lophoc.classes.models import Class, Enrolment
from lophoc.forum.models import Post, Topic
from lophoc.surveys.load import for_load_test
from lophoc.surveys.models import Survey

CLASS_NAME = "Lớp thử tải"
LEARNER = "thutai-{:05}"
INSTRUCTOR = "thutai-gv-{:02}"
TOPICS = 5
PURGE_TRIES = 30


@transaction.atomic
def prepare(course: Course, learners: int, instructors: int, password: str) -> dict[str, Any]:
    """Make that many accounts in the load test's classes; tells the load generator what there is to play.

    All accounts share one hash of one random password, computed once: checking it costs as much as any other.
    """
    hashed = make_password(password)
    names = [LEARNER.format(number) for number in range(1, learners + 1)]
    teachers = [INSTRUCTOR.format(number) for number in range(1, instructors + 1)]
    made = _accounts(names + teachers, hashed)
    users = {user.username: user for user in User.objects.filter(is_load_test=True)}
    classes = [_class(course, number, users[name]) for number, name in enumerate(teachers, 1)]
    Enrolment.objects.bulk_create(
        [Enrolment(learner=users[name], klass=classes[n % len(classes)]) for n, name in enumerate(names)],
        ignore_conflicts=True,
        batch_size=1000,
    )
    _topics(course, users[names[0]])
    for_load_test(course)
    return {
        "changed": bool(made),
        "course": course.slug,
        "learners": learners,
        "instructors": instructors,
        "learner_pattern": LEARNER,
        "instructor_pattern": INSTRUCTOR,
        "lessons": _numbers(course, "lesson"),
        "quizzes": _numbers(course, "quiz"),
        "essays": _numbers(course, "essay"),
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


def _topics(course: Course, author: User) -> None:
    there = Topic.objects.filter(course=course, is_load_test=True).count()
    for number in range(there, TOPICS):
        topic = Topic.objects.create(
            course=course, title=f"Chủ đề thử tải {number + 1}", author=author, is_load_test=True, posts_count=1
        )
        Post.objects.create(topic=topic, author=author, body="Bài mở đầu của chủ đề thử tải.")


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
    for submission in Submission.objects.filter(learner__is_load_test=True):
        submission.file.delete(save=False)
    Topic.objects.filter(is_load_test=True).delete()
    Survey.objects.filter(is_load_test=True).delete()
    Class.objects.filter(is_load_test=True).delete()
    users = User.objects.filter(is_load_test=True)
    count = users.count()
    users.delete()
    return count
