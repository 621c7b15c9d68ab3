"""Packages of a course: packed the same each time, named by their content, shipped beside course.json."""

import tarfile
import zipfile
from pathlib import Path

import pytest

from lms_stack.course import Course, Package
from lms_stack.course_file import read_course
from playbooks.packages import package_files, package_name

COURSE = read_course(Path(__file__).parent / "good_course.yaml")


def packages(*files: str) -> Course:
    """A course of nothing but packages, as far as packing looks at it."""
    units = tuple(Package(kind="package", title=name, file=name) for name in files)
    return COURSE.model_copy(update={"content": units})


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A folder with a package in it."""
    (tmp_path / "goi-a" / "anh").mkdir(parents=True)
    (tmp_path / "goi-a" / "imsmanifest.xml").write_text("<manifest/>")
    (tmp_path / "goi-a" / "anh" / "1.png").write_bytes(b"png")
    return tmp_path


def test_a_folder_is_packed_with_its_manifest_at_the_top(unpacked: Path, tmp_path: Path) -> None:
    ((name, path),) = package_files(packages("goi-a/imsmanifest.xml"), unpacked, tmp_path / "cache")
    assert name.startswith("goi/goi-a-")
    assert name.endswith(".zip")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["anh/1.png", "imsmanifest.xml"]


def test_the_same_folder_gives_the_same_bytes_and_a_changed_one_another_name(unpacked: Path, tmp_path: Path) -> None:
    course = packages("goi-a/imsmanifest.xml")
    ((name, one),), ((same, two),) = (package_files(course, unpacked, tmp_path / home) for home in ("x", "y"))
    assert (name, one.read_bytes()) == (same, two.read_bytes())
    (unpacked / "goi-a" / "anh" / "1.png").write_bytes(b"other")
    assert package_name(unpacked / "goi-a" / "imsmanifest.xml") != name


def test_a_packed_file_is_shipped_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bai.H5P").write_bytes(b"archive")
    ((name, path),) = package_files(packages("bai.H5P"), tmp_path, tmp_path / "cache")
    assert path == tmp_path / "bai.H5P"
    assert name.endswith(".h5p")


def test_the_content_of_the_demo_holds_its_packages(tmp_path: Path) -> None:
    from lms_stack.course_file import read_course
    from playbooks.artifacts import _content
    from playbooks.content import bundle

    courses = Path(__file__).parents[2] / "courses"
    course = read_course(courses / "demo.yaml")
    named = {unit["file"] for unit in bundle(course, courses)["units"] if unit["kind"] == "package"}
    with tarfile.open(_content(course, courses, tmp_path).archive) as tar:
        assert {name for name in tar.getnames() if name.startswith("goi/")} == named
    assert len(named) == 2
