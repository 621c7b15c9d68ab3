"""Materials in Wagtail's admin."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import DeleteView, EditView, SnippetViewSet

from lophoc.accounts.rights import Right, site_rights
from lophoc.content.models import Material
from lophoc.content.policy import MaterialPolicy

register_permission_policy(Material, MaterialPolicy(Material))


class _OfThisMaterial:
    """Ask the policy about this material, where Wagtail asks about any."""

    def user_has_permission(self: Any, permission: str) -> bool:
        return bool(self.permission_policy.user_has_permission_for_instance(self.request.user, permission, self.object))


class Edit(_OfThisMaterial, EditView):  # type: ignore[misc]  # wagtail has no types
    """The editor."""


class Delete(_OfThisMaterial, DeleteView):  # type: ignore[misc]
    """Removing a draft that nobody ever appraised."""


class Materials(SnippetViewSet):  # type: ignore[misc]  # wagtail has no types
    """The list, the editor, the history and the comparison of versions."""

    def get_queryset(self, request: Any) -> Any:
        """What the list shows."""
        return Material.objects.seen_by(request.user)

    model = Material
    edit_view_class, delete_view_class = Edit, Delete
    icon = "doc-full-inverse"
    menu_label = _("Học liệu")
    menu_name = "materials"
    add_to_admin_menu = True
    inspect_view_enabled = True
    list_display = ("title", "kind", "licence", "subject", "level", "status_string")
    list_filter = ("kind", "licence", "live", "subject", "level")
    search_fields = ("title", "author", "subject")
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("title"),
                    FieldRowPanel([FieldPanel("kind"), FieldPanel("minutes")]),
                    FieldPanel("body"),
                    MultiFieldPanel(
                        [FieldPanel("video"), FieldPanel("document"), FieldPanel("package")], heading=_("Tệp")
                    ),
                ],
                heading=_("Nội dung"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [
                            FieldPanel("author"),
                            FieldPanel("licence"),
                            FieldPanel("licence_evidence"),
                            FieldPanel("source"),
                        ],
                        heading=_("Bản quyền"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("subject"), FieldPanel("level"), FieldPanel("language")], heading=_("Phân loại")
                    ),
                ],
                heading=_("Thông tin"),
            ),
        ]
    )


register_snippet(Materials)


class AppraisalItem(MenuItem):  # type: ignore[misc]  # wagtail has no types
    """The way to what waits for an appraiser."""

    def is_shown(self, request: Any) -> bool:
        """To appraisers only."""
        return Right.APPRAISE in site_rights(request.user)


@hooks.register("register_admin_menu_item")  # type: ignore[untyped-decorator]
def appraisal_item() -> MenuItem:
    """In the menu at the side."""
    return AppraisalItem(_("Chờ thẩm định"), reverse_lazy("appraisals"), name="appraisals", icon_name="tick-inverse")
