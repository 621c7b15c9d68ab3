"""Quizzes and exams, attempts at them, and essays handed in."""

from django.conf import settings
from django.db import models

from lophoc.catalogue.models import Unit


class Quiz(models.Model):
    """How a quiz is taken. With a window it is an exam: it can be started only inside it, by the server's clock."""

    unit = models.OneToOneField(Unit, models.CASCADE, primary_key=True)
    time_limit = models.PositiveIntegerField("số phút làm bài")
    attempts = models.PositiveIntegerField("số lượt", default=3)
    opens = models.DateTimeField("mở", null=True, blank=True)
    closes = models.DateTimeField("đóng", null=True, blank=True)

    class Meta:
        verbose_name = "bài kiểm tra"
        verbose_name_plural = "bài kiểm tra"

    def __str__(self) -> str:
        return str(self.unit)


class Question(models.Model):
    """One question: `answer` is an index, a list of indexes, accepted texts, or a number with a tolerance."""

    class Kind(models.TextChoices):
        """How it is answered."""

        SINGLE = "single", "Một lựa chọn"
        MULTIPLE = "multiple", "Nhiều lựa chọn"
        SHORT = "short", "Trả lời ngắn"
        NUMBER = "number", "Số"

    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="questions")
    number = models.PositiveIntegerField("số thứ tự")
    kind = models.CharField("loại", max_length=10, choices=Kind.choices)
    text = models.TextField("câu hỏi")
    choices = models.JSONField("lựa chọn", default=list, blank=True)
    answer = models.JSONField("đáp án")
    points = models.FloatField("điểm", default=1.0)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("quiz", "number"), name="one_question_a_number"),)

    def __str__(self) -> str:
        return self.text[:60]


class Attempt(models.Model):
    """One learner's go at a quiz; what was answered is kept as it was sent."""

    quiz = models.ForeignKey(Quiz, models.CASCADE)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    started = models.DateTimeField(auto_now_add=True)
    submitted = models.DateTimeField(null=True)
    answers = models.JSONField(default=dict)
    score = models.FloatField(null=True)
    points = models.FloatField(null=True)

    class Meta:
        indexes = (models.Index(fields=("learner", "quiz")),)


def _place(submission: "Submission", name: str) -> str:
    return f"bai-nop/{submission.unit_id}/{submission.learner_id}-{name}"


class Submission(models.Model):
    """An essay handed in. A later one is kept beside the earlier ones; nothing is overwritten."""

    unit = models.ForeignKey(Unit, models.CASCADE)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    file = models.FileField("tệp", upload_to=_place, max_length=300)
    name = models.CharField("tên tệp", max_length=200)
    handed_in = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=("learner", "unit")),)
