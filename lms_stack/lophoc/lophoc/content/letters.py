"""Letters about appraisals: to those who may appraise what was submitted, and to its builder what came of it."""

from collections.abc import Iterable
from typing import Any

from lophoc.accounts.models import User
from lophoc.accounts.rights import Role
from lophoc.notices.mail import absolute, queue_mail


def tell_appraisers(state: Any) -> None:
    """Something waits: everybody who may appraise it is told, but for what the load test submits."""
    material, by = state.workflow_state.content_object, state.workflow_state.requested_by
    if by is not None and by.is_load_test:
        return
    step = state.task.specific
    people = [each for each in User.objects.filter(groups__name=Role.APPRAISER) if step.may_appraise(material, each)]
    context = {"title": state.revision.object_str, "by": by, "link": absolute("appraise", state.pk)}
    queue_mail("content/mail/submitted.txt", people, context, mandatory=True)


def tell(said: Any, people: Iterable[User]) -> None:
    """What was said of a version is told to those whom it concerns: its builder above all."""
    context = {"said": said, "link": absolute("material", said.material_id)}
    queue_mail("content/mail/appraised.txt", people, context, mandatory=True)
