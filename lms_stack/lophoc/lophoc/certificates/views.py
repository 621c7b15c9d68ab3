"""Certificates for organisers, for their owners, and for anybody who wants to verify one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lophoc.accounts.lockout import client_address
from lophoc.accounts.rights import Right, real_rights, requires
from lophoc.accounts.signed_in import signed_in
from lophoc.certificates.forms import IssuingForm, RevocationForm
from lophoc.certificates.issuing import issue_all, issuing_of, reissue, revoke
from lophoc.certificates.models import ALPHABET, Certificate
from lophoc.certificates.pdf import render as pdf_of
from lophoc.classes.access import organised
from lophoc.classes.completion import completion
from lophoc.notices.mail import absolute
from lophoc.operations.request_class import request_class
from lophoc.reports.people import learners_of

PAGE = 50
#: How many codes one address may have looked up in a minute.
LOOKUPS = 30


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def certificates(request: HttpRequest, slug: str) -> HttpResponse:
    """How a course's certificates are worded, who is to have one, who has; saving and issuing."""
    course, right = organised(request, slug)
    form = IssuingForm(request.POST or None, instance=issuing_of(course))
    if request.method == "POST" and form.is_valid():
        form.save()
        if "issue" in request.POST:
            issue_all.enqueue(course.pk, signed_in(request).pk)
            messages.success(request, _("Giấy chứng nhận đang được cấp; hãy tải lại trang để xem."))
        return redirect("certificates", slug)
    people = list(learners_of(course).order_by("full_name", "username"))
    given = _newest(course)
    done = completion(course, [each.pk for each in people])
    page = Paginator(people, PAGE).get_page(request.GET.get("trang"))
    context = {
        "course": course,
        "access": right,
        "form": form,
        "page": page,
        "rows": [(each, done[each.pk], given.get(each.pk)) for each in page],
        "issued": (issued := sum(each.is_valid for each in given.values())),
        "files": range(1, -(-issued // PAGE) + 1),
        "eligible": sum(each.complete and pk not in given for pk, each in done.items()),
    }
    return render(request, "certificates/course.html", context, status=400 if form.errors else 200)


def _newest(course: Any) -> dict[int | None, Certificate]:
    """Each learner's last certificate of a course."""
    return {each.learner_id: each for each in Certificate.objects.filter(course=course).order_by("pk")}


@request_class("certificate_pdf")
@require_safe
@login_required
def certificates_print(request: HttpRequest, slug: str) -> HttpResponse:
    """Fifty of a course's certificates in one file, to print and sign."""
    course, _right = organised(request, slug)
    valid = Certificate.objects.filter(course=course, revoked_at=None).order_by("year", "sequence")
    return _file(list(Paginator(valid, PAGE).get_page(request.GET.get("trang"))), slug)


@request_class("certificate_pdf")
@require_safe
@login_required
def certificate_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """One certificate, for its owner and for organisers."""
    found = get_object_or_404(Certificate, code=code)
    person = signed_in(request)
    if found.learner_id != person.pk and Right.ORGANISE not in real_rights(person):
        raise Http404
    return _file([found], code)


def _file(given: list[Certificate], name: str) -> HttpResponse:
    content = pdf_of(given, lambda one: absolute("certificate_verify", one.code))
    headers = {"Content-Disposition": f'inline; filename="chung-nhan-{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@request_class("certificates")
@require_safe
@login_required
def my_certificates(request: HttpRequest) -> HttpResponse:
    """A person's own certificates, those of courses that are gone too."""
    mine = Certificate.objects.filter(learner=request.user.pk)
    return render(request, "certificates/mine.html", {"certificates": mine})


@request_class("staff_page")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.ORGANISE)
def certificate_revoke(request: HttpRequest, code: str) -> HttpResponse:
    """Take a certificate back, with the reason."""
    found = get_object_or_404(Certificate.objects.select_related("course", "revoked_by"), code=code)
    form = RevocationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        revoke(found.pk, form.cleaned_data["because"], request.user)  # type: ignore[arg-type]  # signed in: a User
        return redirect("certificate_revoke", code)
    return render(request, "certificates/revoke.html", {"certificate": found, "form": form, "course": found.course})


@request_class("staff_page")
@require_POST
@requires(Right.ORGANISE)
def certificate_reissue(request: HttpRequest, code: str) -> HttpResponse:
    """A new certificate in place of one that was taken back."""
    try:
        made = reissue(get_object_or_404(Certificate, code=code).pk)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("certificate_revoke", code)
    messages.success(request, _("Đã cấp lại giấy chứng nhận số %s.") % made.number)
    return redirect("certificate_revoke", made.code)


@request_class("certificate_verify")
@require_safe
def certificate_lookup(request: HttpRequest) -> HttpResponse:
    """Where a code is typed in."""
    code = "".join(letter for letter in request.GET.get("ma", "").upper() if letter in ALPHABET)
    return redirect("certificate_verify", code) if code else _public(request, {})


@request_class("certificate_verify")
@require_safe
def certificate_verify(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a certificate is genuine and valid; for anybody, so it tells no more than the paper's reader needs."""
    key = f"verify:{client_address(request)}"
    cache.add(key, 0, 60)
    if cache.incr(key) > LOOKUPS:
        return _public(request, {"too_many": True}, 429)
    found = Certificate.objects.filter(code=code.upper()).first()
    return _public(request, {"certificate": found, "code": code}, 200 if found else 404)


def _public(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = render(request, "certificates/verify.html", context, status=status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer
