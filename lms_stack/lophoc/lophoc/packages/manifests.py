"""What a package says of itself: imsmanifest.xml of SCORM, h5p.json of H5P."""

import json
import zipfile
from collections.abc import Iterator
from posixpath import normpath
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lophoc.packages.archives import names, read
from lophoc.packages.models import Package

MANIFEST, H5P = "imsmanifest.xml", "h5p.json"
#: The page that plays an H5P package; it is written into the package's folder.
H5P_PAGE = "lophoc-h5p.html"


class Found(NamedTuple):
    """A package's kind and title, and its parts as `Package.parts` has them."""

    kind: Package.Kind
    title: str
    parts: list[dict[str, Any]]


def examine(archive: zipfile.ZipFile) -> Found:
    """What is in a package.

    :raises ValidationError: it is no package, or one with a fault; says which.
    """
    there = names(archive)
    if MANIFEST in there:
        return _scorm(read(archive, MANIFEST), there)
    if H5P in there:
        return _h5p(archive, there)
    inside = sorted(name for name in there if name.endswith((f"/{MANIFEST}", f"/{H5P}")))
    if inside:
        raise ValidationError(
            _("Tệp %s phải nằm ngay trong gói, không nằm trong thư mục con; hãy nén lại.") % inside[0]
        )
    raise ValidationError(_("Gói không có imsmanifest.xml (SCORM) cũng không có h5p.json (H5P)."))


def _scorm(text: bytes, there: frozenset[str]) -> Found:
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ValidationError(_("imsmanifest.xml không đọc được: %s.") % error) from error
    organisation = _organisation(root)
    resources = {_get(each, "identifier"): each for each in _all(root, "resource")}
    parts = [part for item in _all(organisation, "item") if (part := _part(item, resources, _base(root)))]
    if not parts:
        raise ValidationError(_("Gói SCORM không có phần nào chạy được (SCO) trong imsmanifest.xml."))
    for part in parts:
        if urlsplit(part["entry"]).path not in there:
            raise ValidationError(_("imsmanifest.xml nói đến tệp không có trong gói: %s.") % part["entry"])
    return Found(_kind(root), _text(organisation, "title") or parts[0]["title"], parts)


def _kind(root: Element) -> Package.Kind:
    version = _text(next(_all(root, "metadata"), root), "schemaversion").lower()
    newer = "2004" in version or "1.3" in version
    # A namespace of 2004 says it too, where the version is left out.
    newer = newer or (
        not version and any("adlcp_v1p3" in each.tag or "adlcp_v1p3" in str(each.keys()) for each in root.iter())
    )
    return Package.Kind.SCORM2004 if newer else Package.Kind.SCORM12


def _organisation(root: Element) -> Element:
    """The organisation that is the default, or the first."""
    found = list(_all(root, "organization"))
    if not found:
        raise ValidationError(_("imsmanifest.xml không có organization."))
    default = _get(next(_all(root, "organizations")), "default")
    return next((each for each in found if _get(each, "identifier") == default), found[0])


def _part(item: Element, resources: dict[str, Element], base: str) -> dict[str, Any] | None:
    resource = resources.get(_get(item, "identifierref"))
    if resource is None or _get(resource, "scormtype").lower() != "sco" or not _get(resource, "href"):
        return None
    own = base + _get(resource, "base")
    return {
        "title": _text(item, "title") or _("Phần học"),
        "entry": _plain(own + _get(resource, "href")) + _parameters(_get(item, "parameters")),
        "mastery": _mastery(item),
        "launch_data": _text(item, "datafromlms") or _text(item, "dataFromLMS"),
    }


def _plain(path: str) -> str:
    """A path as archives name it: `./index.html` is `index.html`."""
    path, mark, query = path.partition("?")
    return normpath(path) + mark + query


def _parameters(given: str) -> str:
    return given if not given or given[0] in "?#" else f"?{given}"


def _mastery(item: Element) -> float | None:
    """The share that passes: SCORM 1.2 has a score of 100, 2004 a normalised measure."""
    old, new = _text(item, "masteryscore"), next(_all(item, "minNormalizedMeasure"), None)
    try:
        share = float(old) / 100 if old else float((new.text if new is not None else None) or "nan")
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _base(root: Element) -> str:
    resources = next(_all(root, "resources"), None)
    return _get(root, "base") + (_get(resources, "base") if resources is not None else "")


def _all(element: Element, name: str) -> Iterator[Element]:
    """Every element below by its name, of whatever namespace."""
    found: Iterator[Any] = element.iter()  # a comment's tag is a function
    return (each for each in found if isinstance(each.tag, str) and each.tag.rpartition("}")[2] == name)


def _text(element: Element, name: str) -> str:
    """The text of a direct child."""
    found = (child.text or "" for child in element if str(child.tag).rpartition("}")[2] == name)
    return next(found, "").strip()


def _get(element: Element, name: str) -> str:
    """An attribute by its name, of whatever namespace and case."""
    found = (value for key, value in element.attrib.items() if key.rpartition("}")[2].lower() == name)
    return next(found, "").strip()


def _h5p(archive: zipfile.ZipFile, there: frozenset[str]) -> Found:
    told, content = _json(archive, H5P), "content/content.json"
    if content not in there:
        raise ValidationError(_("Gói H5P không có %s.") % content)
    _json(archive, content)
    wanted = [_library(each) for each in told.get("preloadedDependencies") or []]
    if not isinstance(told.get("mainLibrary"), str) or not wanted:
        raise ValidationError(_("h5p.json không nói thư viện chính hoặc các thư viện cần có."))
    missing = [name for name in wanted if f"{name}/library.json" not in there]
    if missing:
        raise ValidationError(
            _("Gói H5P thiếu thư viện: %s. Hãy xuất lại gói kèm các thư viện.") % ", ".join(sorted(missing))
        )
    title = str(told.get("title") or _("Hoạt động H5P"))
    part = {"title": title, "entry": H5P_PAGE, "mastery": None, "launch_data": ""}
    return Found(Package.Kind.H5P, title, [part])


def _library(told: Any) -> str:
    try:
        return f"{told['machineName']}-{told['majorVersion']}.{told['minorVersion']}"
    except (TypeError, KeyError) as error:
        raise ValidationError(_("h5p.json nêu một thư viện không đủ tên và phiên bản.")) from error


def _json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        found = json.loads(read(archive, name, 20 * 2**20))
    except ValueError as error:
        raise ValidationError(_("%(name)s không đọc được: %(why)s.") % {"name": name, "why": error}) from error
    if not isinstance(found, dict):
        raise ValidationError(_("%s không phải là một đối tượng JSON.") % name)
    return found
