"""Classes of a course, and who learns in them."""

from typing import Any

from auditlog.registry import auditlog
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course

_PERCENT: dict[str, Any] = {"null": True, "blank": True, "validators": [MaxValueValidator(100)]}
_WEIGHT: dict[str, Any] = {"validators": [MinValueValidator(0.0)]}


class Class(models.Model):
    """One class of a course, with its instructor.

    Two kinds are apart: the load test's classes, which nobody else sees, and the trial class, in which organisers try
    a course before it opens. Dates don't bind either.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="classes")
    name = models.CharField(_("tên lớp"), max_length=150)
    instructor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="teaches",
        verbose_name=_("người dạy"),
    )
    advisers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="advises", verbose_name=_("cố vấn học tập")
    )
    is_load_test = models.BooleanField(_("lớp thử tải"), default=False)
    is_trial = models.BooleanField(_("lớp dùng thử"), default=False)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("course", "name"), name="one_class_a_name"),)
        verbose_name = _("lớp")
        verbose_name_plural = _("lớp")

    def __str__(self) -> str:
        return self.name

    @property
    def ignores_dates(self) -> bool:
        """Whether quizzes, essays and posts are taken whatever the date."""
        return self.is_load_test or self.is_trial


class Enrolment(models.Model):
    """A learner is in a class. `extra_minutes` is what this learner has beyond the limit of quizzes and exams."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrolments")
    klass = models.ForeignKey(Class, models.CASCADE, related_name="enrolments", verbose_name=_("lớp"))
    enrolled_at = models.DateTimeField(_("ghi danh lúc"), default=timezone.now, editable=False)
    extra_minutes = models.PositiveIntegerField(_("số phút làm bài thêm"), default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("learner", "klass"), name="one_enrolment_a_class"),)


class CompletionRule(models.Model):
    """When a learner has completed a course; one without a row asks for all required units.

    Minimum scores are percents of each required part's points. The weights are how often a part of a kind counts in
    the total.
    """

    course = models.OneToOneField(Course, models.CASCADE, primary_key=True, related_name="completion_rule")
    all_units = models.BooleanField(_("xong mọi học phần bắt buộc"), default=True)
    quiz_minimum = models.PositiveIntegerField(_("mỗi bài kiểm tra đạt ít nhất, phần trăm"), **_PERCENT)
    exam_minimum = models.PositiveIntegerField(_("bài thi đạt ít nhất, phần trăm"), **_PERCENT)
    total_minimum = models.PositiveIntegerField(_("tổng kết đạt ít nhất, phần trăm"), **_PERCENT)
    attendance_minimum = models.PositiveIntegerField(_("dự ít nhất số buổi, phần trăm"), **_PERCENT)
    quiz_weight = models.FloatField(_("hệ số bài kiểm tra"), default=1.0, **_WEIGHT)
    exam_weight = models.FloatField(_("hệ số bài thi"), default=2.0, **_WEIGHT)
    essay_weight = models.FloatField(_("hệ số bài luận"), default=1.0, **_WEIGHT)
    package_weight = models.FloatField(_("hệ số gói học liệu"), default=0.0, **_WEIGHT)

    class Meta:
        verbose_name = _("điều kiện hoàn thành")
        verbose_name_plural = _("điều kiện hoàn thành")

    def __str__(self) -> str:
        return str(self.course)


for _model in (Class, Enrolment, CompletionRule):
    auditlog.register(_model)
