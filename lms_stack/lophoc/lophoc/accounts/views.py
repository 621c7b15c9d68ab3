"""Signing in, passwords, and one's own profile."""

from typing import Any

from allauth.account.views import LoginView
from allauth.core import ratelimit
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView, PasswordResetView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lophoc.accounts.forms import ForgottenPasswordForm, ProfileForm, SignInForm
from lophoc.accounts.language import tell
from lophoc.accounts.models import User
from lophoc.accounts.signed_in import signed_in
from lophoc.operations.request_class import mark, request_class


class Login(LoginView):  # type: ignore[misc]  # the library has no types
    """The sign-in form, and signing in: two request classes at one address."""

    form_class = SignInForm
    template_name = "accounts/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Tell the form from the sign-in, for a sign-in costs a password hash."""
        mark(request, "login" if request.method == "POST" else "login_form")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer


class ForgottenPassword(PasswordResetView):
    """Ask for a password link; the answer is the same whether an account has the address or not."""

    form_class = ForgottenPasswordForm
    template_name = "accounts/password_forgotten.html"
    success_url = reverse_lazy("password_sent")

    def form_valid(self, form: Any) -> HttpResponse:
        """Queue the letter, unless this address or client asks too often."""
        refused = ratelimit.consume_or_429(
            self.request, action="reset_password", key=form.cleaned_data["email"].lower()
        )
        return refused or super().form_valid(form)


class SetPassword(PasswordResetConfirmView):
    """Set the password to which a link leads: the first one, or a new one."""

    template_name = "accounts/password_set.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it."""
        messages.success(self.request, _("Đã đặt mật khẩu. Bạn có thể đăng nhập."))
        return super().form_valid(form)


class ChangePassword(PasswordChangeView):
    """Change one's own password."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("profile")

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it; every other session of this account ends."""
        messages.success(self.request, _("Đã đổi mật khẩu."))
        return super().form_valid(form)


@request_class("profile")
@require_http_methods(("GET", "HEAD", "POST"))
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """What the site knows of a person and they may change."""
    person = User.objects.get(pk=signed_in(request).pk)
    form = ProfileForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        messages.success(request, _("Đã lưu hồ sơ."))
        return tell(redirect("profile"), person.language)
    return render(request, "accounts/profile.html", {"form": form, "has_second_factor": is_mfa_enabled(person)})
