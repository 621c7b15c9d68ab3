"""Announcements of a course; messages and questions; who wants no more mail; the state of the mail queue."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from post_office.models import STATUS, Email, Log

from lophoc.accounts.rights import Right, requires
from lophoc.catalogue.structure import structure
from lophoc.classes.access import access
from lophoc.classes.audience import addressed, meant_for
from lophoc.notices.announcements import forget, mail_out
from lophoc.notices.conversations import conversations_of, read, write
from lophoc.notices.forms import AnnouncementForm, MessageForm, QuestionForm, ToLearnerForm, ToStaffForm
from lophoc.notices.mail import who_unsubscribes
from lophoc.notices.models import Announcement, Conversation
from lophoc.operations.request_class import mark, request_class

PAGE = 20
READ_WRITE = ("GET", "HEAD", "POST")


@require_http_methods(READ_WRITE)
@login_required
def announcements(request: HttpRequest, slug: str) -> HttpResponse:
    """What a course and one's own classes are told; those who may, tell them more."""
    mark(request, "announcement_post" if request.method == "POST" else "announcements")
    course = structure(slug).course
    right = access(request.user, course)
    may = Right.ANNOUNCE in right.rights
    classes = addressed(right, course) if may else []
    form = AnnouncementForm(request.POST or None, classes=classes, organises=right.organises) if may else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            form.instance.course, form.instance.author_id = course, request.user.pk
            form.instance.klass_id = form.cleaned_data["klass"]
            mail_out.enqueue(form.save().pk)
            forget(course.pk)
            return redirect("announcements", slug)
    shown = Announcement.objects.filter(meant_for(right), course=course).select_related("author", "klass")
    page = Paginator(shown if may else shown.filter(is_withdrawn=False), PAGE).get_page(request.GET.get("trang"))
    own = {each.pk for each in classes}
    context = {"course": course, "access": right, "page": page, "form": form, "own": own}
    return render(request, "notices/announcements.html", context)


@request_class("staff_page")
@require_POST
@login_required
def change_announcement(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Pin an announcement, or withdraw it; or undo it."""
    course = structure(slug).course
    right = access(request.user, course)
    one = get_object_or_404(Announcement, meant_for(right), pk=number, course=course)
    if not (right.organises or one.klass_id in {each.pk for each in right.sees}):
        raise PermissionDenied
    field = {"ghim": "is_pinned", "rut": "is_withdrawn"}.get(request.POST.get("viec", ""))
    if field is None:
        raise Http404
    setattr(one, field, not getattr(one, field))
    one.save(update_fields=(field,))
    forget(course.pk)
    return redirect("announcements", slug)


@request_class("inbox")
@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """The conversations that somebody takes part in, those with the newest messages first."""
    mine = conversations_of(request.user)
    open_only = request.GET.get("cau-hoi") == "mo"
    if open_only:
        mine = mine.filter(to_organisers=True, is_answered=False)
    page = Paginator(mine, PAGE).get_page(request.GET.get("trang"))
    return render(request, "notices/inbox.html", {"page": page, "open_only": open_only})


@request_class("inbox")
@require_http_methods(READ_WRITE)
@login_required
def conversation(request: HttpRequest, number: int) -> HttpResponse:
    """One conversation, and writing in it as long as the course can be read."""
    one = get_object_or_404(conversations_of(request.user), pk=number)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        access(request.user, one.course)
        write(one, request.user, form.cleaned_data["body"])
        return redirect("conversation", one.pk)
    paginator = Paginator(one.messages.select_related("author"), PAGE)
    page = paginator.get_page(request.GET.get("trang") or paginator.num_pages)
    read(one, request.user)
    return render(request, "notices/conversation.html", {"conversation": one, "page": page, "form": form})


@require_http_methods(READ_WRITE)
@login_required
def new_message(request: HttpRequest, slug: str) -> HttpResponse:
    """A learner writes to an own instructor or adviser; these and organisers write to a learner of theirs."""
    mark(request, "message_post" if request.method == "POST" else "message_form")
    course = structure(slug).course
    right = access(request.user, course)
    form: QuestionForm
    if right.may_see_class:
        start = {"to": request.GET.get("toi", "")}
        form = ToLearnerForm(request.POST or None, initial=start, classes=addressed(right, course))
    else:
        form = ToStaffForm(request.POST or None, right=right)
    if form.is_valid():
        other = form.cleaned_data["to"]
        learner, staff = (other, request.user) if right.may_see_class else (request.user, other)
        return _begun(request, form, course=course, learner=learner, staff=staff)
    return render(request, "notices/new.html", {"course": course, "access": right, "form": form, "asks": False})


@require_http_methods(READ_WRITE)
@login_required
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """A question to the organisers, from anybody who takes part; it lies in their common inbox."""
    mark(request, "message_post" if request.method == "POST" else "message_form")
    course = structure(slug).course
    right = access(request.user, course)
    form = QuestionForm(request.POST or None)
    if form.is_valid():
        return _begun(request, form, course=course, learner=request.user, to_organisers=True)
    return render(request, "notices/new.html", {"course": course, "access": right, "form": form, "asks": True})


@transaction.atomic
def _begun(request: HttpRequest, form: QuestionForm, **between: Any) -> HttpResponse:
    one = Conversation.objects.create(subject=form.cleaned_data["subject"], **between)
    write(one, request.user, form.cleaned_data["body"])
    return redirect("conversation", one.pk)


@csrf_exempt  # mail programs send it on a person's one click (RFC 8058); the signed address says whose it is
@request_class("unsubscribe")
@require_http_methods(READ_WRITE)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more optional mail for whom the address was signed, or mail again."""
    person = who_unsubscribes(token)
    if person is None:
        raise Http404
    if request.method == "POST":
        person.wants_mail = "nhan-lai" in request.POST
        person.save(update_fields=("wants_mail",))
    return render(request, "notices/unsubscribe.html", {"person": person})


@request_class("staff_page")
@requires(Right.ADMINISTER)
@require_safe
def mail_status(request: HttpRequest) -> HttpResponse:
    """What lies in the mail queue, since when, and what failed last."""
    waiting = Email.objects.filter(status__in=(STATUS.queued, STATUS.requeued))
    counted = Email.objects.order_by().values_list("status").annotate(count=Count("pk"))
    names = {value: str(label) for value, label in Email.STATUS_CHOICES}
    context = {
        "counts": [(names.get(status, "–"), count) for status, count in counted],
        "oldest": waiting.aggregate(oldest=Min("created"))["oldest"],
        "failures": Log.objects.filter(status=STATUS.failed).select_related("email").order_by("-date")[:PAGE],
        "server": settings.EMAIL_HOST,
    }
    return render(request, "notices/mail_status.html", context)
