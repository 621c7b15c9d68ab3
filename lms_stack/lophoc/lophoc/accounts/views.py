"""Signing in."""

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponseBase

from lophoc.operations.request_class import mark


class Login(LoginView):
    """The sign-in form, and signing in: two request classes at one address."""

    template_name = "login.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Tell the form from the sign-in, for a sign-in costs a password hash."""
        mark(request, "login" if request.method == "POST" else "login_form")
        return super().dispatch(request, *args, **kwargs)
