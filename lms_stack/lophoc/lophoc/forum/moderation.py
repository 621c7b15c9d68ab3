"""Keeping order in the forum: those who look after a class pin, close and hide; nothing is deleted."""

from typing import TypeVar

from auditlog.models import LogEntry
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from lophoc.catalogue.structure import structure
from lophoc.classes.access import access
from lophoc.classes.audience import looks_after, meant_for
from lophoc.forum.models import Post, Topic
from lophoc.operations.request_class import request_class

#: What can be turned on and off, by the word in the form.
SWITCHES = {"ghim": "is_pinned", "dong": "is_closed", "an": "is_hidden"}
One = TypeVar("One", Topic, Post)


@request_class("staff_page")
@require_POST
@login_required
def moderate_topic(request: HttpRequest, slug: str, topic_id: int) -> HttpResponse:
    """Pin, close or hide a topic, or undo it."""
    one = _moderated(request, slug, topic_id)
    field = SWITCHES.get(request.POST.get("viec", ""))
    if field is None:
        raise Http404
    _turn(one, field)
    return redirect("topic", slug, one.pk)


@request_class("staff_page")
@require_POST
@login_required
def hide_post(request: HttpRequest, slug: str, post_id: int) -> HttpResponse:
    """Hide a post, or show it again."""
    post = get_object_or_404(Post, pk=post_id, topic__course__slug=slug)
    _moderated(request, slug, post.topic_id)
    _turn(post, "is_hidden")
    return redirect("topic", slug, post.topic_id)


@request_class("staff_page")
@require_safe
@login_required
def post_versions(request: HttpRequest, slug: str, post_id: int) -> HttpResponse:
    """What a post said before it was changed."""
    post = get_object_or_404(Post.objects.select_related("author", "topic"), pk=post_id, topic__course__slug=slug)
    _moderated(request, slug, post.topic_id)
    return render(request, "forum/versions.html", {"course": structure(slug).course, "post": post})


def _moderated(request: HttpRequest, slug: str, topic_id: int) -> Topic:
    """A topic that this person looks after.

    :raises PermissionDenied: they read it, but don't look after it.
    """
    course = structure(slug).course
    right = access(request.user, course)
    mine = Topic.objects.filter(meant_for(right), course=course, is_load_test=right.in_load_test)
    one = get_object_or_404(mine, pk=topic_id)
    if not looks_after(right, one.klass_id):
        raise PermissionDenied
    return one


@transaction.atomic
def _turn(one: One, field: str) -> None:
    """Change a mark, and record it as an administrative act; only this, not each post, is worth an entry."""
    before = bool(getattr(one, field))
    setattr(one, field, not before)
    type(one)._default_manager.filter(pk=one.pk).update(**{field: not before})
    changes = {field: [str(before), str(not before)]}
    LogEntry.objects.log_create(one, action=LogEntry.Action.UPDATE, changes=changes)
