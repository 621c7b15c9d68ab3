"""People."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person: organisers are staff; instructors and learners are so by their classes."""

    full_name = models.CharField("họ và tên", max_length=150, blank=True)
    is_load_test = models.BooleanField("tài khoản thử tải", default=False, db_index=True)

    class Meta:
        verbose_name = "người dùng"
        verbose_name_plural = "người dùng"

    def __str__(self) -> str:
        return self.full_name or self.username
