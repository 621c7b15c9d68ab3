"""Certificates (Article 10.7). A certificate keeps what it says; what changes later in the course doesn't change it."""

import secrets
from typing import Any

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course

#: Letters and digits that can't be taken for one another when a code is read from paper.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16


def new_code() -> str:
    """A code that nobody guesses: 30 to the power of 16."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


class Wording(models.Model):
    """What a certificate says beside who took part in what: chosen for a course, copied onto each certificate."""

    heading = models.CharField(_("tên văn bản"), max_length=60, default="Giấy chứng nhận")
    parent_body = models.CharField(_("cơ quan chủ quản"), max_length=200, blank=True)
    organiser = models.CharField(_("đơn vị cấp"), max_length=300)
    number_suffix = models.CharField(_("ký hiệu sau số"), max_length=40, default="GCN", help_text=_("Ví dụ: GCN-SGDĐT"))
    place = models.CharField(_("nơi cấp"), max_length=100, blank=True, help_text=_("Ví dụ: Hà Nội"))
    issued_on = models.DateField(_("ngày cấp"), default=timezone.localdate)
    signer_title = models.CharField(_("chức vụ người ký"), max_length=150, default="Giám đốc")
    signer_name = models.CharField(_("họ và tên người ký"), max_length=150, blank=True)
    hours = models.PositiveIntegerField(_("thời lượng (giờ)"), null=True, blank=True)

    class Meta:
        abstract = True

    def wording(self) -> dict[str, Any]:
        """The wording's fields and what they hold."""
        return {field.name: getattr(self, field.name) for field in Wording._meta.get_fields()}


class Issuing(Wording):
    """How the certificates of one course are worded."""

    course = models.OneToOneField(Course, models.CASCADE, primary_key=True, related_name="issuing")
    with_result = models.BooleanField(_("ghi xếp loại kết quả"), default=True)

    class Meta:
        verbose_name = _("mẫu giấy chứng nhận")
        verbose_name_plural = _("mẫu giấy chứng nhận")

    def __str__(self) -> str:
        return f"{self.heading}: {self.course}"


class Series(models.Model):
    """The last number that an organiser gave in a year; whoever issues holds this row until it has numbered all."""

    organiser = models.CharField(max_length=300)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organiser", "year"), name="one_series_a_year"),)


class Certificate(Wording):
    """One certificate. It outlives course and account, and is never deleted: it can only be revoked."""

    code = models.CharField(_("mã xác minh"), max_length=CODE_LENGTH, unique=True, default=new_code, editable=False)
    year = models.PositiveIntegerField(_("năm"))
    sequence = models.PositiveIntegerField(_("số thứ tự"))
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="certificates", verbose_name=_("người học")
    )
    course = models.ForeignKey(
        Course, models.SET_NULL, null=True, related_name="certificates", verbose_name=_("khoá học")
    )
    name = models.CharField(_("họ và tên"), max_length=150)
    school = models.CharField(_("trường"), max_length=200, blank=True)
    unit = models.CharField(_("đơn vị"), max_length=200, blank=True)
    course_title = models.CharField(_("tên khoá học"), max_length=300)
    opens = models.DateField(_("từ ngày"))
    closes = models.DateField(_("đến ngày"))
    grade = models.FloatField(_("điểm"), null=True, blank=True)
    result = models.CharField(_("xếp loại"), max_length=30, blank=True)
    made_at = models.DateTimeField(_("lập lúc"), default=timezone.now, editable=False)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    revoked_at = models.DateTimeField(_("thu hồi lúc"), null=True, blank=True)
    revoked_because = models.CharField(_("lý do thu hồi"), max_length=500, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-year", "-sequence")
        constraints = (
            models.UniqueConstraint(fields=("organiser", "year", "sequence"), name="one_certificate_a_number"),
            models.UniqueConstraint(
                fields=("course", "learner"),
                condition=models.Q(revoked_at=None),
                name="one_valid_certificate_a_learner",
            ),
        )
        verbose_name = _("giấy chứng nhận")
        verbose_name_plural = _("giấy chứng nhận")

    def __str__(self) -> str:
        return f"{self.number}: {self.name}"

    @property
    def number(self) -> str:
        """The number as it is written on the certificate."""
        return f"{self.sequence:04}/{self.year}/{self.number_suffix}"

    @property
    def is_valid(self) -> bool:
        """Whether it has not been revoked."""
        return self.revoked_at is None


auditlog.register(Issuing)
auditlog.register(Certificate)
