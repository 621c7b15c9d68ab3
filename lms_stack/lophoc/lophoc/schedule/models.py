"""Sessions, live or in a room, and who attended them."""

from datetime import timedelta

from auditlog.registry import auditlog
from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class

#: So long before its beginning a live session can be entered, so long after its end latecomers' clicks still count.
EARLY, LATE = timedelta(minutes=20), timedelta(minutes=10)
_HTTPS = URLValidator(schemes=("https", "http"))


class Session(models.Model):
    """People meet: on the web (Article 10.4) or in a room (10.6, 10.10); for the whole course or one class."""

    class Kind(models.TextChoices):
        """Where."""

        LIVE = "live", _("trực tuyến")
        ROOM = "room", _("tập trung")

    course = models.ForeignKey(Course, models.CASCADE, related_name="sessions")
    klass = models.ForeignKey(Class, models.CASCADE, null=True, blank=True, verbose_name=_("lớp"))
    kind = models.CharField(_("hình thức"), max_length=10, choices=Kind.choices, default=Kind.LIVE)
    title = models.CharField(_("tên buổi học"), max_length=200)
    starts = models.DateTimeField(_("bắt đầu"))
    ends = models.DateTimeField(_("kết thúc"))
    join_link = models.CharField(_("liên kết vào phòng họp"), max_length=500, blank=True, validators=(_HTTPS,))
    recording_link = models.CharField(_("liên kết bản ghi"), max_length=500, blank=True, validators=(_HTTPS,))
    place = models.CharField(_("địa điểm"), max_length=200, blank=True)
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    counts = models.BooleanField(_("tính vào điều kiện hoàn thành"), default=True)
    is_cancelled = models.BooleanField(_("đã huỷ"), default=False)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("starts",)
        indexes = (models.Index(fields=("course", "starts"), name="session_order"),)
        verbose_name = _("buổi học")
        verbose_name_plural = _("buổi học")

    def __str__(self) -> str:
        return self.title

    @property
    def can_be_entered(self) -> bool:
        """Whether a click on the link counts now, by the server's clock."""
        return not self.is_cancelled and self.starts - EARLY <= timezone.now() <= self.ends + LATE


class Attendance(models.Model):
    """Whether a learner attended. `joined` is the first click on the link; what a person decided goes before it."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="attendance")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    present = models.BooleanField()
    joined = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("session", "learner"), name="one_attendance_a_session"),)


class Mark(models.Model):
    """Each time somebody said whether a learner was there: the history of attendance."""

    session = models.ForeignKey(Session, models.CASCADE)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    present = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


auditlog.register(Session, exclude_fields=("changed",))
