"""Materials from a content bundle: they come approved, under the responsibility of the course's organiser."""

from collections.abc import Mapping
from typing import Any

from lophoc.content.models import Appraisal, Material

COMMENT = "Có sẵn trong tệp khoá học; đơn vị chủ trì chịu trách nhiệm về nội dung và bản quyền."
_FILES = {"video": "video", "slides": "document", "package": "package"}
_TEXTS = ("licence_evidence", "source", "subject", "level")


def load(there: Material | None, given: Mapping[str, Any], organiser: str) -> Material:
    """The material of one unit of a bundle: `there`, brought up to date by a new version, or a new one.

    :raises ValueError: the licence isn't one that is known.
    """
    wanted = _wanted(given, organiser)
    material = there if there is not None and there.kind == wanted["kind"] else Material(live=False)
    markdown = given.get("markdown", "")
    body = [("markdown", markdown)] if markdown else []
    if material.pk and _same(material, wanted, body):
        return material  # also one that was withdrawn: only another version brings it back
    for name, value in {**wanted, "body": body}.items():
        setattr(material, name, value)
    material.save()
    approve(material, COMMENT)
    material.refresh_from_db()
    return material


def approve(material: Material, comment: str) -> None:
    """Put a material on show as it is, with an appraisal that names nobody."""
    revision = material.save_revision()
    Appraisal.objects.create(material=material, revision=revision, decision=Appraisal.Decision.APPROVE, comment=comment)
    revision.publish(skip_permission_checks=True)


def _wanted(given: Mapping[str, Any], organiser: str) -> dict[str, Any]:
    licence = given.get("licence") or Material.Licence.OWN
    if licence not in Material.Licence.values:
        raise ValueError(f"units: licence of {given['title']!r} is {licence!r}, not one of {Material.Licence.values}")
    return {
        "kind": given["kind"],
        "title": given["title"],
        "minutes": given.get("minutes", 0),
        "author": given.get("author") or organiser,
        "licence": str(licence),
        **{name: given.get(name) or "" for name in _TEXTS},
        **{field: given.get(name) or "" for name, field in _FILES.items()},
    }


def _same(material: Material, wanted: Mapping[str, Any], body: list[tuple[str, str]]) -> bool:
    held = [(block.block_type, block.value) for block in material.body]
    return held == body and all(getattr(material, name) == value for name, value in wanted.items())
