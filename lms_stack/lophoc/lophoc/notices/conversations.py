"""Writing and reading in conversations: who may, and whom it concerns."""

from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from lophoc.accounts.rights import Right, real_rights
from lophoc.notices.mail import absolute, queue_mail
from lophoc.notices.models import Conversation, Message
from lophoc.notices.unread import recount, recount_questions


def conversations_of(user: Any) -> QuerySet[Conversation]:
    """Those that somebody takes part in; organisers in every question, but none of the load test's."""
    mine = Q(learner=user.pk) | Q(staff=user.pk)
    if Right.ORGANISE in real_rights(user):
        mine |= Q(to_organisers=True, learner__is_load_test=False)
    return Conversation.objects.filter(mine).select_related("course", "learner", "staff")


@transaction.atomic
def write(conversation: Conversation, author: Any, body: str) -> Message:
    """Add a message; the other is told by mail if they had read everything before."""
    message = Message.objects.create(conversation=conversation, author=author, body=body)
    by_learner = author.pk == conversation.learner_id
    counted = "unread_by_staff" if by_learner else "unread_by_learner"
    had_read = not getattr(conversation, counted)
    changes = {counted: F(counted) + 1, "last_message": timezone.now(), "is_answered": not by_learner}
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    other = conversation.staff if by_learner else conversation.learner
    if other is not None and had_read:
        link = absolute("conversation", conversation.pk)
        queue_mail("notices/mail/message.txt", [other], {"conversation": conversation, "link": link})
    transaction.on_commit(lambda: _count(conversation))
    return message


def read(conversation: Conversation, reader: Any) -> None:
    """Somebody has read all of it; no query where nothing was new."""
    counted = "unread_by_learner" if reader.pk == conversation.learner_id else "unread_by_staff"
    if getattr(conversation, counted):
        Conversation.objects.filter(pk=conversation.pk).update(**{counted: 0})
        recount(reader.pk)


def _count(conversation: Conversation) -> None:
    recount(conversation.learner_id, conversation.staff_id)
    if conversation.to_organisers:
        recount_questions()
