"""The forum of a course; the load test writes in a part of its own."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from lophoc.catalogue.models import Course


class Topic(models.Model):
    """One question or subject."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="topics")
    title = models.CharField("chủ đề", max_length=200)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    is_load_test = models.BooleanField(default=False)
    last_post = models.DateTimeField(default=timezone.now)
    posts_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-last_post",)
        indexes = (models.Index(fields=("course", "is_load_test", "-last_post")),)

    def __str__(self) -> str:
        return self.title


class Post(models.Model):
    """What one person wrote in a topic."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="posts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    body = models.TextField("nội dung")
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("written",)
        indexes = (models.Index(fields=("topic", "written")),)
