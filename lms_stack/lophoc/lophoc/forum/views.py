"""Reading and writing in the forum."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.accounts.signed_in import signed_in
from lophoc.catalogue.structure import Structure, structure
from lophoc.classes.access import Access, access
from lophoc.classes.audience import addressed, looks_after, meant_for
from lophoc.classes.models import Class
from lophoc.forum.forms import PostForm, TopicForm
from lophoc.forum.mail import tell_followers
from lophoc.forum.models import Post, PostVersion, Subscription, Topic
from lophoc.forum.reading import mark_new, mark_read
from lophoc.operations.request_class import request_class

PAGE = 20
#: What pages show of topics and posts: twenty whole people on each would cost more than the rest of it.
AUTHOR = ("author__full_name", "author__username")
LISTED = ("title", "is_pinned", "is_closed", "is_hidden", "last_post", "posts_count", "klass__name", *AUTHOR)
SHOWN = ("topic_id", "body", "html", "written", "edited", "is_hidden", *AUTHOR)
#: Shorter words would find nearly everything.
SHORTEST_SEARCH = 3
#: So long may authors change what they wrote.
EDITABLE = timedelta(minutes=15)


@request_class("forum_read")
@require_safe
@login_required
def topics(request: HttpRequest, slug: str) -> HttpResponse:
    """The topics of a course and of one's own classes, those with the newest posts first; or those with some words."""
    found = structure(slug)
    right = access(request.user, found.course)
    words = request.GET.get("tim", "").strip()
    mine = _topics(right, found).select_related("author", "klass").only(*LISTED)
    if len(words) >= SHORTEST_SEARCH:
        said = Post.objects.filter(topic=OuterRef("pk"), body__icontains=words, is_hidden=False)
        mine = mine.filter(Q(title__icontains=words) | Exists(said))
    page = Paginator(mine, PAGE).get_page(request.GET.get("trang"))
    mark_new(request.user.pk or 0, found.course.pk, page)
    form = TopicForm(classes=_writes_for(right, found))
    context = {"course": found.course, "page": page, "form": form, "access": right, "words": words}
    return render(request, "forum/topics.html", context)


def _topics(right: Access, found: Structure) -> QuerySet[Topic]:
    """What somebody may read; what is hidden only where they moderate."""
    mine = Topic.objects.filter(meant_for(right), course=found.course, is_load_test=right.in_load_test)
    if right.organises:
        return mine
    moderated = Q(klass=None) | Q(klass__in=[each.pk for each in right.sees]) if right.may_see_class else Q(pk=None)
    return mine.filter(Q(is_hidden=False) | moderated)


def _writes_for(right: Access, found: Structure) -> list[Class]:
    """The classes in whose part of the forum somebody may open topics."""
    return addressed(right, found.course) + ([right.learns_in] if right.learns_in else [])


@request_class("forum_read")
@require_safe
@login_required
def topic(request: HttpRequest, slug: str, topic_id: int) -> HttpResponse:
    """One topic and its posts; the last page first, where the talk is."""
    found = structure(slug)
    right = access(request.user, found.course)
    one = get_object_or_404(_topics(right, found), pk=topic_id)
    moderates = looks_after(right, one.klass_id)
    paginator = Paginator(one.posts.select_related("author").only(*SHOWN), PAGE)
    page = paginator.get_page(request.GET.get("trang") or paginator.num_pages)
    mark_read(request.user.pk or 0, one)
    context = {
        "course": found.course,
        "topic": one,
        "page": page,
        "form": PostForm(),
        "access": right,
        "moderates": moderates,
        "writes": right.may_post and not one.is_closed,
        "follows": Subscription.objects.filter(topic=one, person=request.user.pk).exists(),
        "editable_since": timezone.now() - EDITABLE,
    }
    return render(request, "forum/topic.html", context)


@request_class("forum_post")
@require_POST
@login_required
@transaction.atomic
def new_topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a topic; its author follows it."""
    found = structure(slug)
    right = _writer(request, found)
    form = TopicForm(request.POST, classes=_writes_for(right, found))
    if not form.is_valid():
        return redirect("forum", slug)
    one = Topic.objects.create(
        course=found.course,
        klass_id=form.cleaned_data["klass"],
        title=form.cleaned_data["title"],
        author=signed_in(request),
        is_load_test=right.in_load_test,
        posts_count=1,
    )
    Post.objects.create(topic=one, author=signed_in(request), body=form.cleaned_data["body"])
    Subscription.objects.create(topic=one, person=signed_in(request))
    return redirect("topic", slug, one.pk)


@request_class("forum_post")
@require_POST
@login_required
@transaction.atomic
def reply(request: HttpRequest, slug: str, topic_id: int) -> HttpResponse:
    """Write in a topic that is not closed."""
    found = structure(slug)
    one = get_object_or_404(_topics(_writer(request, found), found), pk=topic_id)
    if one.is_closed:
        raise PermissionDenied
    form = PostForm(request.POST)
    if form.is_valid():
        post = Post.objects.create(topic=one, author=signed_in(request), body=form.cleaned_data["body"])
        Topic.objects.filter(pk=one.pk).update(last_post=timezone.now(), posts_count=F("posts_count") + 1)
        if one.subscriptions.exclude(person=request.user.pk).exists():
            transaction.on_commit(lambda: tell_followers.enqueue(post.pk))
    return redirect("topic", slug, topic_id)


def _writer(request: HttpRequest, found: Structure) -> Access:
    right = access(request.user, found.course)
    if not right.may_post:
        raise PermissionDenied
    return right


@request_class("forum_post")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@transaction.atomic
def edit_post(request: HttpRequest, slug: str, post_id: int) -> HttpResponse:
    """Change what one wrote, for a quarter of an hour; what it said before is kept."""
    found = structure(slug)
    right = _writer(request, found)
    post = get_object_or_404(Post.objects.select_related("topic"), pk=post_id, topic__in=_topics(right, found))
    if post.author_id != request.user.pk or post.is_hidden or post.topic.is_closed:
        raise PermissionDenied
    if post.written < timezone.now() - EDITABLE:
        raise PermissionDenied
    form = PostForm(request.POST or None, initial={"body": post.body})
    if form.is_valid():
        PostVersion.objects.create(post=post, body=post.body)
        post.body, post.edited = form.cleaned_data["body"], timezone.now()
        post.save(update_fields=("body", "html", "edited"))
        return redirect("topic", slug, post.topic_id)
    context: dict[str, Any] = {"course": found.course, "access": right, "post": post, "form": form}
    return render(request, "forum/edit.html", context)


@request_class("forum_post")
@require_POST
@login_required
def follow(request: HttpRequest, slug: str, topic_id: int) -> HttpResponse:
    """Follow a topic by mail, or no longer."""
    found = structure(slug)
    one = get_object_or_404(_topics(access(request.user, found.course), found), pk=topic_id)
    there = Subscription.objects.filter(topic=one, person=request.user.pk)
    if not there.delete()[0]:
        Subscription.objects.get_or_create(topic=one, person=signed_in(request))
    return redirect("topic", slug, topic_id)
