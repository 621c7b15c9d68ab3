"""Who may do what with materials in Wagtail's admin, the groups' permissions, and the workflow of all materials."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from wagtail.models import Collection, GroupCollectionPermission, Workflow, WorkflowContentType, WorkflowTask
from wagtail.permission_policies import ModelPermissionPolicy

from lophoc.accounts.rights import Right, Role, site_rights

WORKFLOW = "Thẩm định học liệu"
_ADMIN = "access_admin"
_PERMISSIONS = {
    Role.BUILDER: (_ADMIN, "view_material", "add_material", "change_material", "delete_material"),
    Role.APPRAISER: (_ADMIN, "view_material"),
    Role.ORGANISER: (_ADMIN, "view_material"),
}


class MaterialPolicy(ModelPermissionPolicy):  # type: ignore[misc]  # wagtail has no types
    """Builders make materials and change their own and nobody's; nobody publishes but the workflow, by appraisal."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """On some material."""
        if action in {"publish", "lock", "unlock"}:
            return False
        if action == "view":
            return bool(site_rights(user) & {Right.BUILD, Right.APPRAISE, Right.ORGANISE})
        return Right.BUILD in site_rights(user)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """On some material, one of these."""
        return any(self.user_has_permission(user, action) for action in actions)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        """On this material."""
        if not self.user_has_permission(user, action):
            return False
        own = instance.created_by_id in {None, user.pk}
        unused = action != "delete" or not instance.appraisals.exists()
        return action in {"view", "add"} or (own and unused)

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> Any:
        """Everything is listed to those who see the repository."""
        seen = self.user_has_any_permission(user, actions)
        return self.model.objects.all() if seen else self.model.objects.none()


def prepare(**_kwargs: Any) -> None:
    """Give the groups their permissions and materials their workflow; can be done again (after each migration)."""
    for label in ("content", "wagtailadmin", "wagtailimages"):
        create_permissions(apps.get_app_config(label), verbosity=0)
    for role, names in _PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=role)
        found = Permission.objects.filter(codename__in=names, content_type__app_label__in=("content", "wagtailadmin"))
        group.permissions.add(*found)
    _images()
    _workflow()


def _images() -> None:
    root = Collection.get_first_root_node()
    if root is None:
        return
    group = Group.objects.get(name=Role.BUILDER)
    for permission in Permission.objects.filter(
        codename__in=("add_image", "choose_image"), content_type__app_label="wagtailimages"
    ):
        GroupCollectionPermission.objects.get_or_create(group=group, collection=root, permission=permission)


def _workflow() -> None:
    material, task = apps.get_model("content", "Material"), apps.get_model("content", "AppraisalTask")
    content_type = ContentType.objects.get_for_model(material)
    if WorkflowContentType.objects.filter(content_type=content_type).exists():
        return
    workflow, _ = Workflow.objects.get_or_create(name=WORKFLOW)
    step, _ = task.objects.get_or_create(name=WORKFLOW)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=step)
    WorkflowContentType.objects.create(content_type=content_type, workflow=workflow)
