"""Joining a course that lets people enrol themselves.

A stranger gives an address and gets a letter with a signed link; the account is made when the link is opened and a
password is set. So an account always has an address that was proven, and nobody learns which addresses have one.
"""

from typing import Any

from allauth.core import ratelimit
from django.contrib.auth import login
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from lophoc.accounts import tasks
from lophoc.accounts.forms import AskToJoinForm, FirstPasswordForm
from lophoc.accounts.models import User
from lophoc.catalogue.models import Course
from lophoc.classes.models import Class, Enrolment
from lophoc.operations.request_class import request_class

DAYS = 7


def course_to_join(slug: str) -> Course:
    """A course that people can enrol themselves in today.

    :raises Http404: there is none of that name.
    """
    today = timezone.localdate()
    return get_object_or_404(Course, slug=slug, self_registration=True, is_open=True, closes__gte=today)


def enrol(user: Any, course: Course) -> None:
    """Put somebody into the course's class with the fewest learners; who is in one already stays there.

    :raises Http404: the course has no class yet.
    """
    classes = Class.objects.filter(course=course, is_load_test=False, is_trial=False)
    if Enrolment.objects.filter(learner=user, klass__in=classes).exists():
        return
    smallest = classes.annotate(learners=Count("enrolments")).order_by("learners", "name").first()
    if smallest is None:
        raise Http404
    Enrolment.objects.get_or_create(learner=user, klass=smallest)


@request_class("join")
@require_http_methods(("GET", "HEAD", "POST"))
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Join a course: at once for who is signed in, by a letter for others."""
    course = course_to_join(slug)
    if request.user.is_authenticated:
        if request.method != "POST":
            return render(request, "accounts/join.html", {"joining": course})
        enrol(request.user, course)
        return redirect("course", slug)
    form = AskToJoinForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/join.html", {"joining": course, "form": form})
    refused: HttpResponse | None = ratelimit.consume_or_429(request, action="signup", key=form.cleaned_data["email"])
    if refused:
        return refused
    tasks.send_join.enqueue(slug, form.cleaned_data, request.build_absolute_uri("/"))
    return render(request, "accounts/join_sent.html", {"joining": course})


@request_class("join")
@require_http_methods(("GET", "HEAD", "POST"))
def join_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Make the account of somebody who followed the link of such a letter, and enrol them."""
    try:
        given = TimestampSigner(salt=tasks.JOIN_SALT).unsign_object(token, max_age=DAYS * 86400)
    except BadSignature:
        return render(request, "accounts/join_confirm.html", {"form": None}, status=404)
    course = course_to_join(given.pop("slug"))
    if User.objects.filter(username=given["email"]).exists():
        return redirect("login")
    user = User(username=given["email"], **given)
    form = FirstPasswordForm(user, request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/join_confirm.html", {"joining": course, "form": form, "person": user})
    form.set_password_and_save(user)
    enrol(user, course)
    login(request, user, "lophoc.accounts.backends.PeopleBackend")
    return redirect("course", course.slug)
