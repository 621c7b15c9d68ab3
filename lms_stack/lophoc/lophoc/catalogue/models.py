"""Courses, what they are made of, and how far each learner is."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Course(models.Model):
    """One course run, with its training plan (Article 9.1). Texts are HTML that was cleaned when it was stored.

    After `access_until` nobody but organisers reads it, and it is deleted (Article 10.8 asks for six months at least).
    """

    class Form(models.TextChoices):
        """How it is held."""

        ONLINE = "online", _("qua mạng")
        BLENDED = "blended", _("kết hợp qua mạng và tập trung")

    slug = models.SlugField("mã", unique=True)
    title = models.CharField("tên", max_length=300)
    organiser = models.CharField("đơn vị chủ trì", max_length=300)
    summary = models.TextField("giới thiệu", blank=True)
    opens = models.DateField("mở")
    closes = models.DateField("đóng")
    access_until = models.DateField("đọc được đến")
    form = models.CharField(_("hình thức"), max_length=10, choices=Form.choices, default=Form.ONLINE)
    plan = models.TextField(_("kế hoạch tập huấn"), blank=True)
    information_system = models.TextField(_("hệ thống thông tin phục vụ"), blank=True)
    how_to_take_part = models.TextField(_("cách tham gia"), blank=True)
    self_registration = models.BooleanField(_("cho tự ghi danh"), default=False)
    is_open = models.BooleanField(_("đã mở lớp"), default=True)
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, editable=False)
    bundle_hash = models.CharField(max_length=64, editable=False, default="")

    class Meta:
        verbose_name = "khoá học"
        verbose_name_plural = "khoá học"

    def __str__(self) -> str:
        return self.title


class Unit(models.Model):
    """A material's place in a course. The text, video and slides of its own are those of a unit without a material.

    `online` says of a test whether it is taken here or in a room (Article 9.1)."""

    class Kind(models.TextChoices):
        """What a unit is."""

        LESSON = "lesson", "Bài học"
        QUIZ = "quiz", "Bài kiểm tra"
        ESSAY = "essay", "Bài luận"
        PACKAGE = "package", "Gói học liệu"

    course = models.ForeignKey(Course, models.CASCADE, related_name="units")
    number = models.PositiveIntegerField("số thứ tự")
    material = models.ForeignKey(
        "content.Material", models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("học liệu")
    )
    kind = models.CharField("loại", max_length=10, choices=Kind.choices)
    title = models.CharField("tên", max_length=300)
    html = models.TextField("nội dung", blank=True)
    video = models.CharField("video", max_length=300, blank=True)
    slides = models.CharField("trang chiếu", max_length=300, blank=True)
    minutes = models.PositiveIntegerField("số phút", default=0)
    due = models.DateField("hạn nộp", null=True, blank=True)
    required = models.BooleanField(_("bắt buộc để hoàn thành"), default=True)
    online = models.BooleanField(_("kiểm tra qua mạng"), default=True)

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
