"""The language in which somebody reads the site: the account's own, told to each request by a cookie."""

from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language

from lophoc.accounts.models import User
from lophoc.operations.request_class import request_class

Answer = TypeVar("Answer", bound=HttpResponseBase)


def tell(answer: Answer, language: str) -> Answer:
    """Have the browser ask for pages in this language from now on; no query for those pages."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # a setting is any text
    )
    return answer


@request_class("profile")
@require_http_methods(("GET", "HEAD", "POST"))
def switch(request: HttpRequest) -> HttpResponse:
    """The button at the head of every page. The account of who is signed in keeps the choice, for its mail too."""
    language = request.POST.get("language")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language(request)
