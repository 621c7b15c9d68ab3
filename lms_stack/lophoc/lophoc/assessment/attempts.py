"""The life of an attempt: begun, saved as the learner goes, ended by the learner or by the clock, scored."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lophoc.assessment.asking import Paper, asked, draw, paper
from lophoc.assessment.grades import done, improve
from lophoc.assessment.models import Attempt, Grade, Quiz
from lophoc.classes.access import Access
from lophoc.classes.models import Enrolment

#: Answers that were under way when time ran out are still taken for this long.
GRACE = timedelta(seconds=30)


def closed_because(quiz: Quiz, right: Access, used: int) -> str:
    """Why a quiz can't be started now, or nothing. The server's clock decides."""
    if right.ignores_dates:
        return ""
    if not right.may_submit:
        return _("Khoá học không nhận bài vào lúc này.")
    now = timezone.now()
    if quiz.opens and now < quiz.opens:
        return _("Bài thi mở lúc %s.") % f"{timezone.localtime(quiz.opens):%H:%M, %d/%m/%Y}"
    if quiz.closes and now > quiz.closes:
        return _("Bài thi đã đóng.")
    return _("Bạn đã dùng hết số lượt làm bài.") if used >= quiz.attempts else ""


def begin(learner: int, found: Paper, right: Access) -> Attempt:
    """A new attempt, or the open one where two were begun at once."""
    now = timezone.now()
    try:
        with transaction.atomic():
            return Attempt.objects.create(
                quiz=found.quiz, learner_id=learner, shown=draw(found), ends=_ends(learner, found.quiz, right, now)
            )
    except IntegrityError:
        return Attempt.objects.get(quiz=found.quiz, learner=learner, submitted=None)


def _ends(learner: int, quiz: Quiz, right: Access, now: datetime) -> datetime:
    """The limit, or the window's end where that comes first; extra minutes are added to either."""
    end = now + timedelta(minutes=quiz.time_limit)
    if quiz.closes and not right.ignores_dates:
        end = min(end, quiz.closes)
    extra = Enrolment.objects.filter(learner=learner, klass=right.learns_in).values_list("extra_minutes", flat=True)
    return end + timedelta(minutes=extra.first() or 0)


def ends(attempt: Attempt, quiz: Quiz) -> datetime:
    """When an attempt's time is over; one without a moment of its own was begun by an older release."""
    return attempt.ends or attempt.started + timedelta(minutes=quiz.time_limit)


def is_over(attempt: Attempt, quiz: Quiz) -> bool:
    """Whether nothing more is taken for an attempt."""
    return bool(timezone.now() > ends(attempt, quiz) + GRACE)


def save(attempt_id: int, learner: int | None, answers: dict[str, list[str]]) -> bool:
    """Keep answers of an open attempt, by one query; false where it is over or not this learner's."""
    now = timezone.now()
    mine = Attempt.objects.filter(pk=attempt_id, learner=learner, submitted=None, ends__gte=now - GRACE)
    return bool(mine.update(answers=answers, saved=now))


def finish(attempt: Attempt, found: Paper, answers: dict[str, list[str]] | None) -> None:
    """End an attempt, score it and add what it gives to the learner's grades; without answers, by those saved."""
    if answers is not None:
        attempt.answers = answers
    attempt.submitted = timezone.now() if answers is not None else min(ends(attempt, found.quiz), timezone.now())
    questions = asked(attempt, found)
    attempt.marks = [each.earned for each in questions]
    attempt.score, attempt.points = sum(attempt.marks), sum(each.question.points for each in questions)
    attempt.save(update_fields=("answers", "marks", "points", "score", "submitted"))
    if attempt.points:
        improve(attempt.learner_id, found.quiz.unit, attempt.score, attempt.points, Grade.Source.QUIZ, attempt=attempt)
    else:
        done(attempt.learner_id, found.quiz.unit)


def close_expired(**chosen: Any) -> int:
    """End the attempts whose time ran out, by what was saved in time; gives back how many."""
    now = timezone.now()
    over = Q(ends__lt=now - GRACE) | Q(ends=None, started__lt=now - timedelta(days=1))
    expired = Attempt.objects.filter(over, submitted=None, **chosen)
    closed = 0
    for attempt_id in list(expired.values_list("pk", flat=True)):
        with transaction.atomic():
            attempt = expired.select_for_update().filter(pk=attempt_id).first()
            if attempt:
                finish(attempt, paper(attempt.quiz_id), None)
                closed += 1
    return closed
