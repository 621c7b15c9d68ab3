"""People."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person. Staff have a role on the whole site (rights.py); learners and instructors are so by their classes.

    `unit` is the office that the person's school belongs to: reports are filed by it.
    """

    full_name = models.CharField(_("họ và tên"), max_length=150, blank=True)
    school = models.CharField(_("trường"), max_length=200, blank=True)
    unit = models.CharField(_("đơn vị"), max_length=200, blank=True)
    wants_mail = models.BooleanField(_("nhận thư không bắt buộc"), default=True)
    is_load_test = models.BooleanField(_("tài khoản thử tải"), default=False, db_index=True)

    class Meta:
        verbose_name = _("người dùng")
        verbose_name_plural = _("người dùng")

    def __str__(self) -> str:
        return self.full_name or self.username
