"""What the load test finds in a course and nobody else sees: topics, a survey, live sessions, essays, certificates."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from lophoc.accounts.models import User
from lophoc.assessment.models import Submission
from lophoc.catalogue.models import Course, Unit
from lophoc.certificates.models import Certificate
from lophoc.classes.models import Class
from lophoc.forum.models import Post, Topic
from lophoc.schedule.events import forget
from lophoc.schedule.models import Session
from lophoc.surveys.load import for_load_test

TOPICS = 5
#: How long its live sessions can be entered: longer than any load test.
SESSION = timedelta(hours=3)
#: Where they are said to be. Nobody goes there: the load generator follows no link away from the site.
ROOM = "https://phong-hop.invalid/thu-tai"
#: How many essays of a class wait to be marked, in how many classes; the instructors who mark teach the first ones.
ESSAYS, CLASSES = 60, 60
ESSAY = "Bài luận thử tải. " * 60
#: Its certificates are numbered apart, so that no number of a real organiser is used up.
ISSUER = "Thử tải"


def fill(course: Course, classes: Sequence[Class], learners: Mapping[Class, Sequence[User]]) -> None:
    """Make what is missing of it.

    :param learners: those of each class.
    """
    everybody = [each for klass in classes for each in learners[klass]]
    _topics(course, everybody[0])
    for_load_test(course)
    _sessions(course, classes)
    _essays(course, [each for klass in classes[:CLASSES] for each in learners[klass][:ESSAYS]])
    _certificates(course, everybody)


def _topics(course: Course, author: User) -> None:
    there = Topic.objects.filter(course=course, is_load_test=True).count()
    for number in range(there, TOPICS):
        topic = Topic.objects.create(
            course=course, title=f"Chủ đề thử tải {number + 1}", author=author, is_load_test=True, posts_count=1
        )
        Post.objects.create(topic=topic, author=author, body="Bài mở đầu của chủ đề thử tải.")


def _sessions(course: Course, classes: Sequence[Class]) -> None:
    """A live session of each class that has begun; one of an earlier load test begins anew."""
    now = timezone.now()
    times = {"starts": now, "ends": now + SESSION}
    Session.objects.filter(klass__in=classes).update(**times)
    held = set(Session.objects.filter(klass__in=classes).values_list("klass_id", flat=True))
    about = {"title": "Buổi học thử tải", "join_link": ROOM, "counts": False, **times}
    Session.objects.bulk_create(
        [Session(course=course, klass=each, **about) for each in classes if each.pk not in held]
    )
    forget(course.pk)


def _essays(course: Course, learners: Sequence[User]) -> None:
    """Essays that wait to be marked."""
    unit = Unit.objects.filter(course=course, kind=Unit.Kind.ESSAY).first()
    if unit is None:
        return
    held = set(Submission.objects.filter(unit=unit, learner__in=learners).values_list("learner_id", flat=True))
    rows = [Submission(unit=unit, learner=each, text=ESSAY) for each in learners if each.pk not in held]
    Submission.objects.bulk_create(rows, batch_size=1000)


def _certificates(course: Course, learners: Sequence[User]) -> None:
    """A certificate for each learner, of no course of the site: so it stands in no list and counts in no report."""
    Certificate.objects.filter(learner__is_load_test=True).delete()
    today = timezone.localdate()
    about = {"organiser": ISSUER, "number_suffix": "THU-TAI", "year": today.year, "course_title": course.title}
    dates = {"opens": course.opens, "closes": course.closes}
    Certificate.objects.bulk_create(
        [
            Certificate(sequence=number, learner=each, name=str(each), **about, **dates)
            for number, each in enumerate(learners, 1)
        ],
        batch_size=1000,
    )
