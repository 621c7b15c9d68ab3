"""Packages that were unpacked, what learners did in them, and lectures that were made ready to be played."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Unit


class Package(models.Model):
    """A SCORM or H5P package. `upload` is the stored file it was made from, which a material names.

    Its files are in the folder goi/`folder`, named by their content. `parts` are what can be launched, in order, each
    with `title`, `entry` (its address in the folder) and `mastery` (the share of 0 to 1 that passes, or null).
    """

    class Kind(models.TextChoices):
        """By which standard it speaks."""

        SCORM12 = "scorm12", "SCORM 1.2"
        SCORM2004 = "scorm2004", "SCORM 2004"
        H5P = "h5p", "H5P"

    upload = models.CharField(_("tệp gốc"), max_length=300, unique=True)
    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices)
    title = models.CharField(_("tên"), max_length=300)
    folder = models.CharField(_("thư mục"), max_length=64)
    parts = models.JSONField(_("các phần"), default=list)
    bytes = models.PositiveBigIntegerField(_("dung lượng"))
    taken_in = models.DateTimeField(_("nhận lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("gói học liệu")
        verbose_name_plural = _("gói học liệu")

    def __str__(self) -> str:
        return self.title


class Result(models.Model):
    """What came of a package: `score` is a share of 0 to 1, times are seconds. Base of what is kept of it."""

    score = models.FloatField(_("điểm"), null=True)
    completed = models.BooleanField(_("đã học hết"), default=False)
    passed = models.BooleanField(_("đạt"), null=True)
    seconds = models.FloatField(_("thời gian học"), default=0)

    class Meta:
        abstract = True


class Record(Result):
    """A learner's latest state in one part of a package: `data` is what it is given back at its next launch."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="package_records")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="package_records")
    part = models.PositiveSmallIntegerField(default=0)
    data = models.JSONField(default=dict)
    began_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("learner", "unit", "part"), name="one_record_a_part"),)


class Outcome(Result):
    """A result that a package reported, kept whenever it differs from the one before. Rows are only ever added."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="outcomes")
    reported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)


class Film(models.Model):
    """A lecture that a builder uploaded, and what became of it: a playlist, or why there is none."""

    upload = models.CharField(_("tệp gốc"), max_length=300, unique=True)
    playlist = models.CharField(_("danh sách phát"), max_length=300, blank=True)
    fault = models.TextField(_("lỗi"), blank=True)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("video")

    def __str__(self) -> str:
        return self.upload


class Place(models.Model):
    """Where a learner left a lecture, in seconds."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    seconds = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("learner", "unit"), name="one_place_a_lecture"),)

    @classmethod
    def of(cls, learner: Any, unit: Unit) -> int:
        """Where somebody left a lecture; 0 where they didn't."""
        return cls.objects.filter(learner=learner, unit=unit).values_list("seconds", flat=True).first() or 0
