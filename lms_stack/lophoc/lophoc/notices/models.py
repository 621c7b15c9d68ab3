"""Announcements to a course or class; conversations between a learner and those who teach, advise or organise."""

from typing import Any

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class
from lophoc.forum.text import as_html


class Announcement(models.Model):
    """What a course or one class is told. One that was withdrawn is kept, and shown only to its writers."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="announcements")
    klass = models.ForeignKey(Class, models.CASCADE, null=True, blank=True, verbose_name=_("lớp"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)
    title = models.CharField(_("tiêu đề"), max_length=200)
    body = models.TextField(_("nội dung"), max_length=20_000)
    html = models.TextField(editable=False)
    written = models.DateTimeField(_("ngày gửi"), default=timezone.now, editable=False)
    is_pinned = models.BooleanField(_("ghim trên trang khoá học"), default=False)
    is_mandatory = models.BooleanField(_("bắt buộc: gửi cả cho người không nhận thư"), default=False)
    is_withdrawn = models.BooleanField(_("đã rút"), default=False)

    class Meta:
        ordering = ("-is_pinned", "-written")
        indexes = (models.Index(fields=("course", "-is_pinned", "-written"), name="announcement_order"),)
        verbose_name = _("thông báo")
        verbose_name_plural = _("thông báo")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Make the HTML of the text."""
        self.html = as_html(self.body)
        super().save(*args, **kwargs)


class Conversation(models.Model):
    """One learner with one other person, or with all organisers (`to_organisers`: a question, open until answered)."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="conversations")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="conversations_as_staff"
    )
    to_organisers = models.BooleanField(default=False)
    is_answered = models.BooleanField(_("đã trả lời"), default=False)
    subject = models.CharField(_("chủ đề"), max_length=200)
    last_message = models.DateTimeField(default=timezone.now)
    unread_by_learner = models.PositiveIntegerField(default=0)
    unread_by_staff = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-last_message",)
        indexes = (
            models.Index(fields=("learner", "-last_message"), name="conversation_of_learner"),
            models.Index(fields=("staff", "-last_message"), name="conversation_of_staff"),
            models.Index(fields=("to_organisers", "is_answered", "-last_message"), name="conversation_questions"),
        )

    def __str__(self) -> str:
        return self.subject


class Message(models.Model):
    """What one of the two wrote."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    body = models.TextField(_("nội dung"))
    html = models.TextField(editable=False)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("written",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Make the HTML of the text."""
        self.html = as_html(self.body)
        super().save(*args, **kwargs)


auditlog.register(Announcement, exclude_fields=("html",))
