"""The forum of a course and of its classes; the load test writes in a part of its own."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lophoc.catalogue.models import Course
from lophoc.classes.models import Class
from lophoc.forum.text import as_html


class Topic(models.Model):
    """One question or subject, for the whole course or for one class. A hidden one is kept, for those who moderate."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="topics")
    klass = models.ForeignKey(
        Class, models.CASCADE, null=True, blank=True, related_name="topics", verbose_name=_("lớp")
    )
    title = models.CharField(_("chủ đề"), max_length=200)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    is_load_test = models.BooleanField(default=False)
    is_pinned = models.BooleanField(_("ghim"), default=False, db_default=False)
    is_closed = models.BooleanField(_("đã đóng"), default=False, db_default=False)
    is_hidden = models.BooleanField(_("đã ẩn"), default=False, db_default=False)
    last_post = models.DateTimeField(default=timezone.now)
    posts_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-is_pinned", "-last_post")
        indexes = (
            models.Index(fields=("course", "is_load_test", "-is_pinned", "-last_post"), name="forum_topic_order"),
        )

    def __str__(self) -> str:
        return self.title


class Post(models.Model):
    """What one person wrote in a topic; `html` is made of it when it is saved. A hidden one is kept."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="posts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    body = models.TextField(_("nội dung"))
    html = models.TextField(editable=False, default="", db_default="")
    written = models.DateTimeField(auto_now_add=True)
    edited = models.DateTimeField(null=True, editable=False)
    is_hidden = models.BooleanField(_("đã ẩn"), default=False, db_default=False)

    class Meta:
        ordering = ("written",)
        indexes = (models.Index(fields=("topic", "written")),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Make the HTML of the text."""
        self.html = as_html(self.body)
        super().save(*args, **kwargs)

    @property
    def shown(self) -> str:
        """The HTML; made now of a text from before it was stored."""
        return self.html or as_html(self.body)


class PostVersion(models.Model):
    """What a post said before its author changed it."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="versions")
    body = models.TextField()
    replaced = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("replaced",)


class Subscription(models.Model):
    """Somebody wants a mail when a topic goes on; at `mail_due` the one goes out that tells of all until then."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="subscriptions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    mail_due = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("topic", "person"), name="one_subscription_a_topic"),)
