"""Courses, what they are made of, and how far each learner is."""

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Course(models.Model):
    """One course run, with its training plan (Article 9.1), whose texts are Markdown.

    After `access_until` nobody but organisers reads it, and it is deleted (Article 10.8 asks for six months at least).
    """

    class Form(models.TextChoices):
        """How it is held."""

        ONLINE = "online", _("qua mạng")
        BLENDED = "blended", _("kết hợp qua mạng và tập trung")

    slug = models.SlugField(_("mã"), unique=True)
    title = models.CharField(_("tên"), max_length=300)
    organiser = models.CharField(_("đơn vị chủ trì"), max_length=300)
    summary = models.TextField(_("giới thiệu"), blank=True)
    opens = models.DateField(_("mở"))
    closes = models.DateField(_("đóng"))
    access_until = models.DateField(_("đọc được đến"))
    form = models.CharField(_("hình thức"), max_length=10, choices=Form.choices, default=Form.ONLINE)
    plan = models.TextField(_("kế hoạch tập huấn"), blank=True)
    information_system = models.TextField(_("hệ thống thông tin phục vụ"), blank=True)
    how_to_take_part = models.TextField(_("cách tham gia"), blank=True)
    self_registration = models.BooleanField(_("cho tự ghi danh"), default=False)
    is_open = models.BooleanField(_("đã mở lớp"), default=True)
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, editable=False)
    deletion_told = models.DateField(_("đã báo sẽ xoá"), null=True, editable=False)
    bundle_hash = models.CharField(max_length=64, editable=False, default="")

    class Meta:
        verbose_name = _("khoá học")
        verbose_name_plural = _("khoá học")

    def __str__(self) -> str:
        return self.title


class Unit(models.Model):
    """A material's place in a course. The text, video and slides of its own are those of a unit without a material.

    `online` says of a test whether it is taken here or in a room (Article 9.1)."""

    class Kind(models.TextChoices):
        """What a unit is."""

        LESSON = "lesson", _("Bài học")
        QUIZ = "quiz", _("Bài kiểm tra")
        ESSAY = "essay", _("Bài luận")
        PACKAGE = "package", _("Gói học liệu")

    course = models.ForeignKey(Course, models.CASCADE, related_name="units")
    number = models.PositiveIntegerField(_("số thứ tự"))
    material = models.ForeignKey(
        "content.Material", models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("học liệu")
    )
    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices)
    title = models.CharField(_("tên"), max_length=300)
    html = models.TextField(_("nội dung"), blank=True)
    video = models.CharField(_("video"), max_length=300, blank=True)
    slides = models.CharField(_("trang chiếu"), max_length=300, blank=True)
    minutes = models.PositiveIntegerField(_("số phút"), default=0)
    due = models.DateField(_("hạn nộp"), null=True, blank=True)
    required = models.BooleanField(_("bắt buộc để hoàn thành"), default=True)
    online = models.BooleanField(_("kiểm tra qua mạng"), default=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("course", "number"), name="one_unit_a_number"),)
        verbose_name = _("học phần")
        verbose_name_plural = _("học phần")

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether it has a material that was withdrawn, or not approved yet."""
        return self.material is not None and not self.material.live


class Progress(models.Model):
    """A learner has done a unit."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    unit = models.ForeignKey(Unit, models.CASCADE)
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("learner", "unit"), name="one_progress_a_unit"),)


for _model in (Course, Unit):
    auditlog.register(_model)
