"""Taking back what was approved: from then on nobody is shown it, and no course that has it opens."""

from auditlog.models import LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.actions.unpublish import UnpublishAction

from lophoc.accounts.models import User
from lophoc.accounts.rights import Role
from lophoc.catalogue.models import Course
from lophoc.content.letters import tell
from lophoc.content.models import Appraisal, Material


def shown_in(material: Material) -> QuerySet[Course]:
    """The open courses that have a material."""
    return Course.objects.filter(units__material=material, is_open=True).distinct()


@transaction.atomic
def withdraw(pk: int, by: User, because: str) -> Appraisal | None:
    """What is now said of the material; None where there is no approved one of this number (any more).

    It is recorded with what appraisers said and in the log of acts; its builder is told, and organisers where an open
    course has it.
    """
    material = Material.objects.approved().select_for_update().filter(pk=pk).first()
    if material is None:
        return None
    told = {"revision": material.live_revision, "appraiser": by, "comment": because}
    said = Appraisal.objects.create(material=material, decision=Appraisal.Decision.WITHDRAW, **told)
    builder = material.live_revision.user or material.created_by
    people: set[User] = {builder} if builder else set()
    if shown_in(material).exists():
        people |= set(User.objects.filter(groups__name=Role.ORGANISER))
    changes = {_("rút học liệu"): ["", because]}
    LogEntry.objects.log_create(material, force_log=True, action=LogEntry.Action.UPDATE, changes=changes, actor=by)
    UnpublishAction(material, user=by).execute(skip_permission_checks=True)
    tell(said, people)
    return said
