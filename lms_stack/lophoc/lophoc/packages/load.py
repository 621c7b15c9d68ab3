"""A bundle's packages: `{"kind": "package", "title": "…", "file": "goi/….zip"}`, the file beside course.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lophoc.packages.intake import store, take
from lophoc.packages.models import Package


def load(folder: Path, given: Mapping[str, Any]) -> Package:
    """Take in the package of a unit of a bundle. Its `upload` is what the unit's material has as `package`.

    :param folder: where the bundle is.
    :raises ValidationError: it can't be taken in; says why.
    """
    return take(store(folder / given["file"]))


def with_uploads(folder: Path, units: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The units of a bundle, with the packages among them taken in and named as their materials name them."""
    return [
        {**unit, "package": load(folder, unit).upload} if unit["kind"] == "package" and unit.get("file") else unit
        for unit in units
    ]
