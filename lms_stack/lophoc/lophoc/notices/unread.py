"""How many messages wait for somebody: counted when they sign in and when something is written, then kept in the cache.

Sessions lie in the same cache, so whoever has a session has a count: no page costs a query for it.
"""

from functools import cache as once
from typing import Any

from django.core.cache import cache
from django.db.models import Sum
from django.http import HttpRequest

from lophoc.accounts.rights import Right, site_rights
from lophoc.notices.models import Conversation

QUESTIONS = "unread-questions"


def _key(person: int) -> str:
    return f"unread:{person}"


def recount(*people: int | None) -> None:
    """Count again what waits for these people, for it has changed."""
    for person in filter(None, people):
        mine = Conversation.objects.filter(learner=person).aggregate(count=Sum("unread_by_learner"))
        staff = Conversation.objects.filter(staff=person).aggregate(count=Sum("unread_by_staff"))
        cache.set(_key(person), (mine["count"] or 0) + (staff["count"] or 0), None)


def recount_questions() -> None:
    """Count again the questions that wait for the organisers."""
    cache.set(QUESTIONS, open_questions().count(), None)


def open_questions() -> Any:
    """The questions that no organiser has answered yet; none of the load test's."""
    return Conversation.objects.filter(to_organisers=True, is_answered=False, learner__is_load_test=False)


def on_sign_in(user: Any, **_: Any) -> None:
    """Count what waits for somebody who signs in."""
    recount(user.pk)
    if Right.ORGANISE in site_rights(user):
        recount_questions()


def unread(request: HttpRequest) -> dict[str, Any]:
    """For every page: `unread`, how many messages wait; looked up in the cache only where a template shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread": once(lambda: _kept(user))}


def _kept(user: Any) -> int:
    keys = [_key(user.pk)] + [QUESTIONS] * (Right.ORGANISE in site_rights(user))
    return sum(cache.get_many(keys).values())
