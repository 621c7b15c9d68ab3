"""What this room does when the site starts."""

from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import post_save


class Packages(AppConfig):
    """Packages and lectures."""

    name = "lophoc.packages"

    def ready(self) -> None:
        """Make the files of materials ready as they are saved, in any version; record what is taken in."""
        from auditlog.registry import auditlog  # noqa: PLC0415 - models aren't ready before
        from wagtail.models import Revision  # noqa: PLC0415

        from lophoc.content.models import Material  # noqa: PLC0415
        from lophoc.packages.models import Film, Package  # noqa: PLC0415

        for model in (Film, Package):
            auditlog.register(model)
        post_save.connect(_saved, sender=Material, dispatch_uid="packages.material")
        post_save.connect(_drafted, sender=Revision, dispatch_uid="packages.revision")


def _saved(instance: Any, raw: bool = False, **_kwargs: Any) -> None:
    """A material's files, once the change is stored."""
    if not raw:
        _make_ready(instance.package.name or "", instance.video.name or "")


def _drafted(instance: Any, raw: bool = False, **_kwargs: Any) -> None:
    """A draft's files: its appraiser plays them before it is on show."""
    content = instance.content if isinstance(instance.content, dict) else {}
    if not raw and "licence_evidence" in content:
        _make_ready(str(content.get("package") or ""), str(content.get("video") or ""))


def _make_ready(package: str, video: str) -> None:
    from lophoc.packages.models import Film, Package  # noqa: PLC0415
    from lophoc.packages.tasks import make_film, unpack  # noqa: PLC0415

    if package and not Package.objects.filter(upload=package).exists():
        transaction.on_commit(lambda: unpack.enqueue(package))
    # What a course file brings is in segments already.
    if video.startswith("hoc-lieu/") and not Film.objects.filter(upload=video).exists():
        transaction.on_commit(lambda: make_film.enqueue(video))
