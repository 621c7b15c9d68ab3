"""Questions, quizzes and exams, attempts at them, essays with their rubric, and grades."""

from typing import Any

from auditlog.registry import auditlog
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lophoc.assessment import wording
from lophoc.catalogue.models import Unit
from lophoc.content.models import Material


class Quiz(models.Model):
    """How a quiz is taken. With a window it is an exam: it can be started only inside it, by the server's clock.

    Its questions are its own and its material's. `draws` adds or picks some at random: `{"label": "...", "count": 5}`
    takes five approved questions of the bank with that label, `{"count": 5}` takes five of the quiz's own questions,
    of which otherwise all are asked.
    """

    class Shows(models.TextChoices):
        """When a learner is told which answers were right."""

        SUBMITTED = "submitted", _("sau khi nộp bài")
        CLOSED = "closed", _("sau khi bài kiểm tra đóng")

    unit = models.OneToOneField(Unit, models.CASCADE, primary_key=True)
    time_limit = models.PositiveIntegerField(_("số phút làm bài"))
    attempts = models.PositiveIntegerField(_("số lượt"), default=3)
    opens = models.DateTimeField(_("mở"), null=True, blank=True)
    closes = models.DateTimeField(_("đóng"), null=True, blank=True)
    passing = models.PositiveIntegerField(
        _("điểm đạt, phần trăm"), default=0, validators=[MaxValueValidator(100)], db_default=0
    )
    shows = models.CharField(
        _("cho xem đáp án"), max_length=10, choices=Shows.choices, default=Shows.SUBMITTED, db_default="submitted"
    )
    shuffle_questions = models.BooleanField(_("xáo trộn câu hỏi"), default=False, db_default=False)
    shuffle_choices = models.BooleanField(_("xáo trộn lựa chọn"), default=False, db_default=False)
    draws = models.JSONField(_("rút ngẫu nhiên"), default=list, blank=True, db_default=[])

    class Meta:
        verbose_name = _("bài kiểm tra")
        verbose_name_plural = _("bài kiểm tra")

    def __str__(self) -> str:
        return str(self.unit)


class Question(models.Model):
    """One question, of a quiz, of a material or of the bank alone, where `subject` and `label` are its place.

    `answer` is an index, a list of indexes, accepted texts, a number with a tolerance, or what matches each choice.
    """

    class Kind(models.TextChoices):
        """How it is answered."""

        SINGLE = "single", _("Một lựa chọn")
        MULTIPLE = "multiple", _("Nhiều lựa chọn")
        MATCHING = "matching", _("Ghép đôi")
        SHORT = "short", _("Trả lời ngắn")
        NUMBER = "number", _("Số")

    quiz = models.ForeignKey(Quiz, models.CASCADE, null=True, blank=True, related_name="questions")
    material = models.ForeignKey(
        Material, models.PROTECT, null=True, blank=True, related_name="questions", verbose_name=_("học liệu")
    )
    subject = models.CharField(_("môn hoặc lĩnh vực"), max_length=100, blank=True, db_default="")
    label = models.CharField(_("nhãn"), max_length=100, blank=True, db_default="", db_index=True)
    number = models.PositiveIntegerField(_("số thứ tự"), default=1)
    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices)
    text = models.TextField(_("câu hỏi"))
    image = models.ImageField(_("hình"), upload_to="cau-hoi", blank=True, max_length=200, db_default="")
    choices = models.JSONField(_("lựa chọn"), default=list, blank=True)
    answer = models.JSONField(_("đáp án"))
    points = models.FloatField(_("điểm"), default=1.0)
    feedback = models.TextField(_("giải thích"), blank=True, db_default="")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    approved_at = models.DateTimeField(_("duyệt lúc"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ("number", "pk")
        constraints = (models.UniqueConstraint(fields=("quiz", "number"), name="one_question_a_number"),)
        verbose_name = _("câu hỏi")
        verbose_name_plural = _("câu hỏi")

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_draft(self) -> bool:
        """Whether all of it may still be changed; of the others only the key and its explanation are corrected."""
        shown = self.quiz_id is not None or (self.material is not None and self.material.live)
        return self.approved_at is None and not shown

    @property
    def written_key(self) -> str:
        """The key as it is written in forms and tables."""
        return wording.written_key(self.kind, self.answer)


class Attempt(models.Model):
    """One learner's go at a quiz.

    `shown` is what the learner was asked, in order: each question's id and the order of its choices. What was answered
    is kept as it was sent, by the question's place; `marks` is what each place was given. Nothing is taken after
    `ends`.
    """

    quiz = models.ForeignKey(Quiz, models.CASCADE)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    started = models.DateTimeField(auto_now_add=True)
    ends = models.DateTimeField(null=True)
    saved = models.DateTimeField(null=True)
    submitted = models.DateTimeField(null=True)
    shown = models.JSONField(default=list, db_default=[])
    answers = models.JSONField(default=dict)
    marks = models.JSONField(default=list, db_default=[])
    score = models.FloatField(null=True)
    points = models.FloatField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("learner", "quiz")),
            models.Index(fields=("ends",), condition=models.Q(submitted=None), name="attempts_under_way"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("quiz", "learner"), condition=models.Q(submitted=None), name="one_attempt_at_a_time"
            ),
        )


class EssayRules(models.Model):
    """How an essay is taken and marked; a unit without a row takes nothing late and is marked out of ten."""

    unit = models.OneToOneField(Unit, models.CASCADE, primary_key=True, related_name="essay_rules")
    points = models.FloatField(_("thang điểm khi không có bảng tiêu chí"), default=10.0)
    late_until = models.DateField(_("nhận bài muộn đến hết ngày"), null=True, blank=True)
    late_penalty = models.PositiveIntegerField(
        _("trừ khi nộp muộn, phần trăm"), default=0, validators=[MaxValueValidator(100)]
    )

    class Meta:
        verbose_name = _("quy định nộp bài luận")
        verbose_name_plural = _("quy định nộp bài luận")


class Criterion(models.Model):
    """One line of an essay's rubric; `levels` are its grades: `{"title": "...", "points": 2}`, the best first."""

    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="criteria")
    material = models.ForeignKey(Material, models.CASCADE, null=True, blank=True, related_name="criteria")
    number = models.PositiveIntegerField(_("số thứ tự"), default=1)
    title = models.CharField(_("tiêu chí"), max_length=300)
    points = models.FloatField(_("điểm tối đa"))
    levels = models.JSONField(_("các mức"), default=list, blank=True)

    class Meta:
        ordering = ("number", "pk")
        verbose_name = _("tiêu chí")
        verbose_name_plural = _("tiêu chí")

    def __str__(self) -> str:
        return self.title


def _place(submission: "Submission", name: str) -> str:
    return f"bai-nop/{submission.unit_id}/{submission.learner_id}-{name}"


class Submission(models.Model):
    """An essay handed in, as a file or as text. A later one is kept beside the earlier ones; nothing is overwritten."""

    unit = models.ForeignKey(Unit, models.CASCADE)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    file = models.FileField(_("tệp"), upload_to=_place, max_length=300, blank=True)
    name = models.CharField(_("tên tệp"), max_length=200)
    text = models.TextField(_("bài viết"), blank=True, db_default="")
    late = models.BooleanField(_("nộp muộn"), default=False, db_default=False)
    handed_in = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=("learner", "unit")), models.Index(fields=("unit", "handed_in")))


class Grade(models.Model):
    """What a learner was given for a unit. The latest row holds; rows are only ever added."""

    class Source(models.TextChoices):
        """What it rests on."""

        QUIZ = "quiz", _("bài kiểm tra")
        ESSAY = "essay", _("bài luận")
        PACKAGE = "package", _("gói học liệu")
        MANUAL = "manual", _("nhập tay")

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="grades")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="grades")
    points = models.FloatField(_("điểm"))
    of = models.FloatField(_("trên"))
    source = models.CharField(_("nguồn"), max_length=10, choices=Source.choices)
    attempt = models.ForeignKey(Attempt, models.SET_NULL, null=True)
    submission = models.ForeignKey(Submission, models.SET_NULL, null=True, related_name="marks")
    detail = models.JSONField(_("theo tiêu chí"), default=list)
    comment = models.TextField(_("nhận xét"), blank=True)
    reason = models.CharField(_("lý do"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="given_grades")
    when = models.DateTimeField(_("lúc"), auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("learner", "unit")),
            models.Index(fields=("by", "when"), condition=models.Q(by__isnull=False), name="grades_by_people"),
        )
        constraints = (models.CheckConstraint(condition=models.Q(points__gte=0, of__gt=0), name="grade_is_a_share"),)

    @property
    def share(self) -> float:
        """What part of the points was given, 0 to 1 and more."""
        return self.points / self.of

    def __str__(self) -> str:
        return f"{self.points:g}/{self.of:g}"


def pool(unit: Unit, **chosen: Any) -> "models.QuerySet[Question]":
    """The questions that are a quiz's own or its material's."""
    own = models.Q(quiz=unit.pk)
    if unit.material_id:
        own |= models.Q(material=unit.material_id)
    return Question.objects.filter(own, **chosen)


for _model in (Quiz, Question, EssayRules, Criterion):
    auditlog.register(_model)
