"""Who asks for a page that only people with an account get."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from lophoc.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The person who is signed in.

    :raises PermissionDenied: nobody is; the views that ask this let nobody else in.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
