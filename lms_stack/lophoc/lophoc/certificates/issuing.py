"""Issuing certificates, taking them back and giving new ones; what the organiser's form and the job call."""

from typing import Any

from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from lophoc.accounts.models import User
from lophoc.catalogue.models import Course
from lophoc.certificates.models import Certificate, Issuing, Series
from lophoc.classes.completion import Completion, completion
from lophoc.notices.mail import queue_mail
from lophoc.reports.people import learners_of

#: The least grade, out of ten, of each class of results; below the last there is none.
RESULTS = ((9.0, "Xuất sắc"), (8.0, "Giỏi"), (6.5, "Khá"), (5.0, "Đạt"))


def result_of(grade: float | None) -> str:
    """A grade out of ten in words, as certificates have it."""
    return next((words for least, words in RESULTS if grade is not None and grade >= least), "")


def issuing_of(course: Course) -> Issuing:
    """How a course's certificates are worded; from the organiser's last course where nobody has said it yet."""
    found = Issuing.objects.filter(course=course).first()
    if found:
        return found
    last = Issuing.objects.filter(organiser=course.organiser).order_by("-issued_on").first()
    wording = {**last.wording(), "issued_on": timezone.localdate()} if last else {"organiser": course.organiser}
    hours = round(sum(course.units.values_list("minutes", flat=True)) / 60) or None
    return Issuing(course=course, **{**wording, "hours": hours})


def eligible(course: Course) -> dict[int, Completion]:
    """Those who completed the course and never had a certificate of it: one that was revoked isn't given again here."""
    people = list(learners_of(course).exclude(certificates__course=course).values_list("pk", flat=True))
    return {pk: done for pk, done in completion(course, people).items() if done.complete}


@task()
def issue_all(course_id: int, by: int) -> int:
    """Certificates for all who are eligible; gives back how many. Again: none but for those who completed since."""
    issuing = Issuing.objects.select_related("course").get(course=course_id)
    with set_actor(User.objects.get(pk=by)), transaction.atomic():
        series = _series(issuing)
        done = eligible(issuing.course)
        people = User.objects.filter(pk__in=done).order_by("username")
        made = [_certificate(issuing, series, person, done[person.pk]) for person in people]
        Certificate.objects.bulk_create(made, batch_size=500)
        series.save(update_fields=("last",))
        if made:
            changes = {_("giấy chứng nhận"): ["", f"{made[0].number} … {made[-1].number} ({len(made)})"]}
            LogEntry.objects.log_create(issuing, action=LogEntry.Action.UPDATE, changes=changes)
        queue_mail("certificates/mail/issued.txt", people, {"course": issuing.course}, mandatory=True)
    return len(made)


def _series(issuing: Issuing) -> Series:
    """The row that numbers are counted in, locked: two who issue at once wait for one another."""
    year = issuing.issued_on.year
    Series.objects.get_or_create(organiser=issuing.organiser, year=year)
    return Series.objects.select_for_update().get(organiser=issuing.organiser, year=year)


def _certificate(issuing: Issuing, series: Series, person: User, done: Completion, **more: Any) -> Certificate:
    course, series.last = issuing.course, series.last + 1
    return Certificate(
        **issuing.wording(),
        year=series.year,
        sequence=series.last,
        learner=person,
        course=course,
        name=str(person),
        school=person.school,
        unit=person.unit,
        course_title=course.title,
        opens=course.opens,
        closes=course.closes,
        grade=done.grade,
        result=result_of(done.grade) if issuing.with_result else "",
        **more,
    )


@transaction.atomic
def revoke(certificate_id: int, because: str, by: User) -> Certificate:
    """Take a certificate back; one that was taken back already stays as it is."""
    found = Certificate.objects.select_for_update().get(pk=certificate_id)
    if found.is_valid:
        found.revoked_at, found.revoked_because, found.revoked_by = timezone.now(), because, by
        found.save(update_fields=("revoked_at", "revoked_because", "revoked_by"))
    return found


@transaction.atomic
def reissue(certificate_id: int) -> Certificate:
    """A new certificate in place of one that was taken back, with the learner's name and results as they are now.

    :raises ValidationError: the old one is valid or was replaced before, its learner or course is gone, or the course
        isn't completed.
    """
    old = Certificate.objects.select_for_update().get(pk=certificate_id)
    course, person = old.course, old.learner
    if old.is_valid or course is None or person is None or Certificate.objects.filter(replaces=old).exists():
        raise ValidationError(_("Chỉ cấp lại được giấy đã thu hồi và chưa cấp lại, khi khoá học và tài khoản còn."))
    done = completion(course, [person.pk])[person.pk]
    if not done.complete:
        raise ValidationError(_("Người học chưa hoàn thành khoá học: %s") % "; ".join(done.missing))
    issuing = issuing_of(course)
    series = _series(issuing)
    made = _certificate(issuing, series, person, done, replaces=old)
    series.save(update_fields=("last",))
    made.save()
    return made
