"""Reading and writing in the forum."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from lophoc.catalogue.structure import structure
from lophoc.classes.access import Access, access
from lophoc.forum.models import Post, Topic
from lophoc.operations.request_class import request_class

PAGE = 20


class PostForm(forms.Form):
    """A reply."""

    body = forms.CharField(label="Nội dung", max_length=10_000, widget=forms.Textarea(attrs={"rows": 5}))


class TopicForm(PostForm):
    """A new topic and its first post."""

    title = forms.CharField(label="Chủ đề", max_length=200)
    field_order = ("title", "body")


@request_class("forum_read")
@require_safe
@login_required
def topics(request: HttpRequest, slug: str) -> HttpResponse:
    """The topics of a course, those with the newest posts first."""
    found = structure(slug)
    right = access(request.user, found.course)
    mine = Topic.objects.filter(course=found.course, is_load_test=right.in_load_test).select_related("author")
    page = Paginator(mine, PAGE).get_page(request.GET.get("trang"))
    return render(request, "forum.html", {"course": found.course, "page": page, "form": TopicForm(), "access": right})


@request_class("forum_read")
@require_safe
@login_required
def topic(request: HttpRequest, slug: str, topic_id: int) -> HttpResponse:
    """One topic and its posts; the last page first, where the talk is."""
    found = structure(slug)
    right = access(request.user, found.course)
    one = _topic(right, found.course.pk, topic_id)
    paginator = Paginator(one.posts.select_related("author"), PAGE)
    page = paginator.get_page(request.GET.get("trang") or paginator.num_pages)
    context = {"course": found.course, "topic": one, "page": page, "form": PostForm(), "access": right}
    return render(request, "topic.html", context)


def _topic(right: Access, course: int, topic_id: int) -> Topic:
    return get_object_or_404(Topic, pk=topic_id, course=course, is_load_test=right.in_load_test)


@request_class("forum_post")
@require_POST
@login_required
@transaction.atomic
def new_topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a topic."""
    found = structure(slug)
    right = _writer(request, slug)
    form = TopicForm(request.POST)
    if not form.is_valid():
        return redirect("forum", slug)
    one = Topic.objects.create(
        course=found.course,
        title=form.cleaned_data["title"],
        author_id=request.user.pk,
        is_load_test=right.in_load_test,
        posts_count=1,
    )
    Post.objects.create(topic=one, author_id=request.user.pk, body=form.cleaned_data["body"])
    return redirect("topic", slug, one.pk)


@request_class("forum_post")
@require_POST
@login_required
@transaction.atomic
def reply(request: HttpRequest, slug: str, topic_id: int) -> HttpResponse:
    """Write in a topic."""
    right = _writer(request, slug)
    one = _topic(right, structure(slug).course.pk, topic_id)
    form = PostForm(request.POST)
    if form.is_valid():
        Post.objects.create(topic=one, author_id=request.user.pk, body=form.cleaned_data["body"])
        Topic.objects.filter(pk=one.pk).update(last_post=timezone.now(), posts_count=F("posts_count") + 1)
    return redirect("topic", slug, topic_id)


def _writer(request: HttpRequest, slug: str) -> Access:
    right = access(request.user, structure(slug).course)
    if not right.may_post:
        raise PermissionDenied
    return right
