"""The SCORM and H5P packages of a course, as files beside its content: those that lie in a folder are packed here."""

import zipfile
from pathlib import Path

from lms_stack.course import Course, Package
from playbooks.cached import ensure, files_below, key

#: A file that stands for the folder it is in, and the suffix of that folder once it is packed.
UNPACKED = {"imsmanifest.xml": ".zip", "h5p.json": ".h5p"}
#: The oldest time that an archive can have: the same files give the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def package_name(file: Path) -> str:
    """The name of a package beside course.json; it holds the hash of its content."""
    stem = file.parent.name if file.name in UNPACKED else file.stem
    return f"goi/{stem}-{_hash(file)}{UNPACKED.get(file.name, file.suffix.lower())}"


def package_files(course: Course, folder: Path, home: Path) -> list[tuple[str, Path]]:
    """Every package of a course: its name in the archive of the content, and its place here."""
    files = [folder / unit.file for unit in course.content if isinstance(unit, Package)]
    return [(package_name(file), _packed(file, home)) for file in files]


def _hash(file: Path) -> str:
    if file.name not in UNPACKED:
        return key(file.read_bytes())[:8]
    return key(
        *(
            piece
            for path in files_below(file.parent)
            for piece in (str(path.relative_to(file.parent)), path.read_bytes())
        )
    )[:8]


def _packed(file: Path, home: Path) -> Path:
    if file.name not in UNPACKED:
        return file
    return ensure(home / package_name(file), lambda part: pack(file.parent, part))


def pack(folder: Path, target: Path) -> None:
    """Write a folder into an archive; the same files give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files_below(folder):
            member = zipfile.ZipInfo(str(path.relative_to(folder)), _NO_TIME)
            archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
