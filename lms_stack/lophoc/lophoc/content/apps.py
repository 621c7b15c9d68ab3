"""What this room does when the site starts."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class Content(AppConfig):
    """The content repository."""

    name = "lophoc.content"

    def ready(self) -> None:
        """Prepare the repository after migrations; show a new version in running courses."""
        from wagtail.signals import published, unpublished  # noqa: PLC0415 - models aren't ready before

        from lophoc.content.models import Material  # noqa: PLC0415
        from lophoc.content.policy import prepare  # noqa: PLC0415

        post_migrate.connect(prepare, sender=self, dispatch_uid="content.prepare")
        for signal in (published, unpublished):
            signal.connect(_shown, sender=Material, dispatch_uid="content.shown")


def _shown(instance: Any, **_kwargs: Any) -> None:
    """Courses read a material anew when another version of it is on show."""
    from lophoc.catalogue.structure import forget  # noqa: PLC0415

    for slug in instance.units.values_list("course__slug", flat=True).distinct():
        forget(slug)
