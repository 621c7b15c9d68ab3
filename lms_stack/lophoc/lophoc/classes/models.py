"""Classes of a course, and who learns in them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course


class Class(models.Model):
    """One class of a course, with its instructor.

    Two kinds are apart: the load test's classes, which nobody else sees, and the trial class, in which organisers try
    a course before it opens. Dates don't bind either.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="classes")
    name = models.CharField("tên lớp", max_length=150)
    instructor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="teaches",
        verbose_name="người dạy",
    )
    advisers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="advises", verbose_name=_("cố vấn học tập")
    )
    is_load_test = models.BooleanField("lớp thử tải", default=False)
    is_trial = models.BooleanField("lớp dùng thử", default=False)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("course", "name"), name="one_class_a_name"),)
        verbose_name = "lớp"
        verbose_name_plural = "lớp"

    def __str__(self) -> str:
        return self.name

    @property
    def ignores_dates(self) -> bool:
        """Whether quizzes, essays and posts are taken whatever the date."""
        return self.is_load_test or self.is_trial


class Enrolment(models.Model):
    """A learner is in a class. `extra_minutes` is what this learner has beyond the limit of quizzes and exams."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrolments")
    klass = models.ForeignKey(Class, models.CASCADE, related_name="enrolments", verbose_name="lớp")
    enrolled_at = models.DateTimeField(_("ghi danh lúc"), default=timezone.now, editable=False)
    extra_minutes = models.PositiveIntegerField(_("số phút làm bài thêm"), default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("learner", "klass"), name="one_enrolment_a_class"),)
