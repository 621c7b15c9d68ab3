"""What we change in django-allauth: who counts failures, which stages a sign-in has, and words in Vietnamese."""

import time
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lophoc.accounts.language import tell
from lophoc.accounts.lockout import client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Sign-in by name and password, then by code where the account has one."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": _("Mật khẩu không đúng."),
        "username_password_mismatch": _("Tên đăng nhập hoặc mật khẩu không đúng."),
        "too_many_login_attempts": _("Bạn đã thử quá nhiều lần. Hãy đợi vài phút rồi thử lại."),
        "rate_limited": _("Bạn đã thử quá nhiều lần. Hãy đợi vài phút rồi thử lại."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the edge saw."""
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: django-axes counts failures, for each name and address together."""

    def get_login_stages(self) -> list[str]:
        """The code alone; e-mail addresses are proven by the links that are sent to them."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Go on in the account's own language."""
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        return tell(answer, user.language)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who signed in a moment ago; the library alone would ask them for the password twice."""
        records = get_authentication_records(context.request, context.request.user)
        fresh = bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        return not fresh and bool(super().is_reauthentication_required(app=app, **kwargs))

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing: our pages say what happened."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """The second factor."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("Mã không đúng. Hãy nhập mã đang hiện trong ứng dụng."),
    }

    def get_totp_label(self, user: Any) -> str:
        """What the app shows for this account."""
        return str(user.get_username())

    def get_totp_issuer(self) -> str:
        """What the app shows for this site."""
        return "Lớp học"
