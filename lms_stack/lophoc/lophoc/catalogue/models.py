"""Courses, what they are made of, and how far each learner is."""

from django.conf import settings
from django.db import models


class Course(models.Model):
    """One course run."""

    slug = models.SlugField("mã", unique=True)
    title = models.CharField("tên", max_length=300)
    organiser = models.CharField("đơn vị chủ trì", max_length=300)
    summary = models.TextField("giới thiệu", blank=True)
    opens = models.DateField("mở")
    closes = models.DateField("đóng")
    access_until = models.DateField("đọc được đến")
    bundle_hash = models.CharField(max_length=64, editable=False, default="")

    class Meta:
        verbose_name = "khoá học"
        verbose_name_plural = "khoá học"

    def __str__(self) -> str:
        return self.title


class Unit(models.Model):
    """One part of a course: a lesson, a quiz, an exam or an essay, in order."""

    class Kind(models.TextChoices):
        """What a unit is."""

        LESSON = "lesson", "Bài học"
        QUIZ = "quiz", "Bài kiểm tra"
        ESSAY = "essay", "Bài luận"

    course = models.ForeignKey(Course, models.CASCADE, related_name="units")
    number = models.PositiveIntegerField("số thứ tự")
    kind = models.CharField("loại", max_length=10, choices=Kind.choices)
    title = models.CharField("tên", max_length=300)
    html = models.TextField("nội dung", blank=True)
    video = models.CharField("video", max_length=300, blank=True)
    slides = models.CharField("trang chiếu", max_length=300, blank=True)
    minutes = models.PositiveIntegerField("số phút", default=0)
    due = models.DateField("hạn nộp", null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("course", "number"), name="one_unit_a_number"),)
        verbose_name = "học phần"
        verbose_name_plural = "học phần"

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Progress(models.Model):
    """A learner has done a unit."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    unit = models.ForeignKey(Unit, models.CASCADE)
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("learner", "unit"), name="one_progress_a_unit"),)
