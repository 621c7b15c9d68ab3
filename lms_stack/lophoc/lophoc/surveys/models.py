"""Surveys of satisfaction (Article 10.9), kept so that nobody can find out who answered what.

No row holds one person's answers: each answer is counted where it belongs (`Tally`) and then forgotten. Words are kept
without person or time, under random keys. Who has answered is kept apart, without a time and under random keys too.
"""

from uuid import uuid4

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course

#: Results are shown from so many answers on, so that a few can't be told from one another.
LEAST_ANSWERS = 5
LIKERT = {
    "1": _("1 – Rất không hài lòng"),
    "2": _("2 – Không hài lòng"),
    "3": _("3 – Bình thường"),
    "4": _("4 – Hài lòng"),
    "5": _("5 – Rất hài lòng"),
}


class Survey(models.Model):
    """The questions to one kind of people of a course. The load test's own survey is apart from everybody's."""

    class Audience(models.TextChoices):
        """Who is asked."""

        LEARNERS = "nguoi-hoc", _("Người học")
        INSTRUCTORS = "nguoi-day", _("Người dạy")

    course = models.ForeignKey(Course, models.CASCADE, related_name="surveys")
    audience = models.CharField(_("hỏi"), max_length=10, choices=Audience.choices)
    opens = models.DateField(_("mở"))
    closes = models.DateField(_("đóng"))
    is_load_test = models.BooleanField(default=False, editable=False)
    answered = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("course", "audience", "is_load_test"), name="one_survey_an_audience"),
        )
        verbose_name = _("khảo sát")
        verbose_name_plural = _("khảo sát")

    def __str__(self) -> str:
        return f"{self.get_audience_display()}: {self.course}"

    @property
    def is_open(self) -> bool:
        """Whether answers are taken today; the load test's always."""
        return self.is_load_test or self.opens <= timezone.localdate() <= self.closes

    @property
    def is_editable(self) -> bool:
        """Whether the questions may still be changed."""
        return timezone.localdate() < self.opens and not self.answered

    @property
    def may_be_read(self) -> bool:
        """Whether so many answered that results can be shown."""
        return self.answered >= LEAST_ANSWERS


class Question(models.Model):
    """One question."""

    class Section(models.TextChoices):
        """What Article 10.9 wants to be asked about."""

        ORGANISATION = "organisation", _("Công tác tổ chức lớp tập huấn")
        CONTENT = "content", _("Nội dung tập huấn")
        SYSTEM = "system", _("Hệ thống công nghệ thông tin")

    class Kind(models.TextChoices):
        """How it is answered."""

        LIKERT = "likert", _("Mức hài lòng 1–5")
        CHOICE = "choice", _("Một lựa chọn")
        TEXT = "text", _("Lời văn")

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    number = models.PositiveIntegerField(_("số thứ tự"))
    section = models.CharField(_("phần"), max_length=20, choices=Section.choices)
    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices)
    text = models.CharField(_("câu hỏi"), max_length=500)
    choices = models.TextField(_("lựa chọn, mỗi dòng một lựa chọn"), blank=True)

    class Meta:
        ordering = ("number", "pk")
        verbose_name = _("câu hỏi khảo sát")
        verbose_name_plural = _("câu hỏi khảo sát")

    def __str__(self) -> str:
        return self.text

    @property
    def options(self) -> dict[str, str]:
        """What can be chosen, and what stands for it in a tally."""
        if self.kind == self.Kind.LIKERT:
            return {value: str(label) for value, label in LIKERT.items()}
        lines = [line.strip() for line in self.choices.splitlines() if line.strip()]
        return {str(number): line for number, line in enumerate(lines, 1)}


class Tally(models.Model):
    """How many gave one answer to a question."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="tallies")
    value = models.CharField(max_length=3)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("question", "value"), name="one_tally_a_value"),)


class Words(models.Model):
    """What somebody wrote; nothing says who or when."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    question = models.ForeignKey(Question, models.CASCADE, related_name="words")
    text = models.TextField()

    class Meta:
        ordering = ("pk",)


class Answered(models.Model):
    """Somebody has answered a survey; nothing says what or when."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("survey", "person"), name="one_answer_a_person"),)


auditlog.register(Survey, exclude_fields=["answered"])
auditlog.register(Question)
