"""People, and the rosters by which they are made."""

from datetime import timedelta

from auditlog.registry import auditlog
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person. Staff have a role on the whole site (rights.py); learners and instructors are so by their classes.

    `unit` is the office that the person's school belongs to: reports are filed by it.
    """

    full_name = models.CharField(_("họ và tên"), max_length=150, blank=True)
    school = models.CharField(_("trường"), max_length=200, blank=True)
    unit = models.CharField(_("đơn vị"), max_length=200, blank=True)
    language = models.CharField(_("ngôn ngữ"), max_length=5, choices=settings.LANGUAGES, default="vi")
    wants_mail = models.BooleanField(_("nhận thư không bắt buộc"), default=True)
    is_load_test = models.BooleanField(_("tài khoản thử tải"), default=False, db_index=True)

    class Meta:
        verbose_name = _("người dùng")
        verbose_name_plural = _("người dùng")
        # People are found by address when they forget a password and when a roster names them.
        indexes = (models.Index(Upper("email"), name="person_by_email"),)

    def __str__(self) -> str:
        return self.full_name or self.username


class RosterImport(models.Model):
    """One roster file that an organiser uploaded, and how far its check or its import is.

    The file is here, not on a disk, because the background worker may run on another host; it is dropped when it has
    been imported. `errors` are rows of line, column and what is wrong; `result` counts what was, or would be, done.
    """

    class State(models.TextChoices):
        """How far it is."""

        CHECKING = "checking", _("đang kiểm tra")
        FAULTY = "faulty", _("có lỗi, chưa nhập gì")
        READY = "ready", _("kiểm tra xong, có thể nhập")
        IMPORTING = "importing", _("đang nhập")
        DONE = "done", _("đã nhập xong")
        FAILED = "failed", _("bị ngắt giữa chừng")

    #: A job that has said nothing for so long is dead.
    SILENCE = timedelta(minutes=5)

    course = models.ForeignKey("catalogue.Course", models.CASCADE, verbose_name=_("khoá học"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    name = models.CharField(_("tệp"), max_length=200)
    content = models.BinaryField()
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices, default=State.CHECKING)
    heard_at = models.DateTimeField(default=timezone.now, editable=False)
    rows = models.PositiveIntegerField(_("số dòng"), default=0)
    done = models.PositiveIntegerField(_("số dòng đã xong"), default=0)
    errors = models.JSONField(default=list)
    error_count = models.PositiveIntegerField(_("số lỗi"), default=0)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ("-uploaded_at",)
        verbose_name = _("lần nhập danh sách")

    def __str__(self) -> str:
        return self.name

    @property
    def working(self) -> bool:
        """Whether a background job is at it."""
        busy = self.state in {self.State.CHECKING, self.State.IMPORTING}
        return busy and timezone.now() - self.heard_at < self.SILENCE

    @property
    def may_import(self) -> bool:
        """Whether its import can begin, or begin again after it was cut off: what is there already stays as it is."""
        if self.state == self.State.IMPORTING:
            return not self.working
        return self.state in {self.State.READY, self.State.FAILED}


# A sign-in isn't an administrative act, and a password's hash is nobody's business.
auditlog.register(User, exclude_fields=["password", "last_login"], m2m_fields={"groups"})
auditlog.register(RosterImport, include_fields=["course", "name", "state", "rows", "result"])
