"""The figures of a course that stay when the course itself is deleted; no personal data is in them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CourseSummary(models.Model):
    """A course's figures as they were counted at `counted_at`: for the whole site's reports and for good.

    `figures` holds {"total": Figures, "by": {grouping: {name: Figures}}, "satisfaction": {audience: {section: mean}}};
    see figures.py.
    """

    slug = models.SlugField(_("mã"), unique=True)
    title = models.CharField(_("tên"), max_length=300)
    organiser = models.CharField(_("đơn vị chủ trì"), max_length=300)
    form = models.CharField(_("hình thức"), max_length=10)
    opens = models.DateField(_("mở"))
    closes = models.DateField(_("đóng"))
    instructors = models.PositiveIntegerField(_("người dạy"), default=0)
    figures = models.JSONField(default=dict)
    counted_at = models.DateTimeField(_("tính lúc"), default=timezone.now)

    class Meta:
        ordering = ("-opens", "slug")
        verbose_name = _("số liệu khoá học")
        verbose_name_plural = _("số liệu khoá học")

    def __str__(self) -> str:
        return self.title
