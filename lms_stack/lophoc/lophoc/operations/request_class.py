"""The request class of each view: the word that its metric, its log line and its load test share."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest

View = TypeVar("View", bound=Callable[..., Any])

#: The attribute of a request that carries its class, and the response header that tells it to the edge's log.
ATTRIBUTE = "request_class"
HEADER = "X-Request-Class"


def mark(request: HttpRequest, name: str) -> None:
    """Say what a request asks for."""
    setattr(request, ATTRIBUTE, name)


def request_class(name: str) -> Callable[[View], View]:
    """Mark every request of a view."""

    def decorate(view: View) -> View:
        @wraps(view)
        def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            mark(request, name)
            return view(request, *args, **kwargs)

        return marked  # type: ignore[return-value]  # wraps keeps the signature, which mypy can't see

    return decorate
