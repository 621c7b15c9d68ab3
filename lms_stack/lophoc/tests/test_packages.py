"""SCORM and H5P packages: what is taken in and what is refused, who plays them, and what is kept of their results."""

import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import signed_in
from django.core.exceptions import ValidationError
from django.test import Client

PAGE = "/khoa-hoc/mau/goi-hoc-lieu/4/"
REPORT = f"{PAGE}0/ket-qua/"
_ITEM = '<item identifier="i{n}" identifierref="r{n}"><title>Phần {n}</title>{more}</item>'
_RESOURCE = '<resource identifier="r{n}" type="webcontent" adlcp:scormtype="{kind}" href="{href}"/>'
PASSED = {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "80", "cmi.suspend_data": "trang=3"}


def manifest(entries: list[str], *, version: str = "1.2", more: str = "", kind: str = "sco") -> str:
    """A manifest with a part for each entry."""
    items = "".join(_ITEM.format(n=n, more=more) for n, _ in enumerate(entries, 1))
    resources = "".join(_RESOURCE.format(n=n, href=href, kind=kind) for n, href in enumerate(entries, 1))
    return (
        '<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" '
        'xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2" '
        'xmlns:imsss="http://www.imsglobal.org/xsd/imsss">'
        f"<metadata><schema>ADL SCORM</schema><schemaversion>{version}</schemaversion></metadata>"
        f'<organizations default="o"><organization identifier="o"><title>Gói mẫu</title>{items}</organization>'
        f"</organizations><resources>{resources}</resources></manifest>"
    )


def packed(files: dict[str, str | bytes], change: Any = None) -> io.BytesIO:
    """An archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            if change:
                change(member)
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    target.seek(0)
    return target


def scorm(entries: list[str] | None = None, **how: Any) -> dict[str, str | bytes]:
    """The files of a SCORM package."""
    entries = entries or ["index.html"]
    page = "<html><head><title>x</title></head><body>x</body></html>"
    return {"imsmanifest.xml": manifest(entries, **how), **{name.partition("?")[0]: page for name in entries}}


H5P: dict[str, str | bytes] = {
    "h5p.json": json.dumps(
        {
            "title": "Câu hỏi",
            "mainLibrary": "H5P.Mau",
            "preloadedDependencies": [{"machineName": "H5P.Mau", "majorVersion": "1", "minorVersion": "0"}],
        }
    ),
    "content/content.json": "{}",
    "H5P.Mau-1.0/library.json": "{}",
}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """A media root of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


def check(files: dict[str, str | bytes], change: Any = None) -> Any:
    """What is found in an archive of these files."""
    from lophoc.packages.intake import check as checked

    return checked(packed(files, change))


def placed(course: Any, files: dict[str, str | bytes], suffix: str = ".zip") -> Any:
    """A package as the fourth unit of the course."""
    from django.core.files.storage import default_storage

    from lophoc.catalogue.models import Unit
    from lophoc.catalogue.structure import forget
    from lophoc.content.models import Material
    from lophoc.packages.intake import take

    package = take(default_storage.save(f"hoc-lieu/goi/mau{suffix}", packed(files)))
    material = Material.objects.create(kind="package", title="Gói", package=package.upload, live=True)
    Unit.objects.create(course=course, number=4, kind="package", title="Gói", material=material)
    forget(course.slug)
    return package


def told(client: Client, data: dict[str, Any], path: str = REPORT, seconds: float = 60) -> Any:
    """A report, as the page sends it."""
    return client.post(path, json.dumps({"data": data, "seconds": seconds}), content_type="application/json")


def test_a_package_of_several_parts_lists_them_in_order_with_title_and_mastery_score() -> None:
    mastery = "<adlcp:masteryscore>70</adlcp:masteryscore>"
    found = check(scorm(["b/1.html", "a/2.html?trang=2"], more=mastery))
    assert (found.kind, found.title) == ("scorm12", "Gói mẫu")
    assert [(part["title"], part["entry"], part["mastery"]) for part in found.parts] == [
        ("Phần 1", "b/1.html", 0.7),
        ("Phần 2", "a/2.html?trang=2", 0.7),
    ]


def test_an_entry_is_found_however_the_manifest_writes_its_path() -> None:
    files = scorm(["a/index.html"])
    found = check(files | {"imsmanifest.xml": manifest(["./a/../a/index.html?x=./y"])})
    assert found.parts[0]["entry"] == "a/index.html?x=./y"


@pytest.mark.parametrize("version", ["2004 3rd Edition", "2004 4th Edition", "CAM 1.3"])
def test_a_manifest_of_2004_is_known_by_its_version(version: str) -> None:
    measure = "<imsss:sequencing><imsss:minNormalizedMeasure>0.6</imsss:minNormalizedMeasure></imsss:sequencing>"
    found = check(scorm(version=version, more=measure))
    assert (found.kind, found.parts[0]["mastery"]) == ("scorm2004", 0.6)


def _link(member: zipfile.ZipInfo) -> None:
    if member.filename.endswith("html"):
        member.external_attr = 0o120777 << 16


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (scorm() | {"../ngoai.html": "x"}, "không an toàn"),
        (scorm() | {"/etc/passwd": "x"}, "không an toàn"),
        (scorm() | {"a\\..\\b.html": "x"}, "không an toàn"),
        (scorm() | {"c:/x.html": "x"}, "không an toàn"),
        (scorm() | {"cong-cu/chay.php": "x"}, "không được phép"),
        (scorm() | {"chay.EXE": "x"}, "không được phép"),
        (scorm() | {".htaccess": "x"}, "không được phép"),
        (scorm() | {"bom.bin": bytes(60 * 2**20)}, "bom nén"),
        ({"imsmanifest.xml": manifest(["thieu.html"])}, "thieu.html"),
        ({"imsmanifest.xml": manifest([]), "index.html": "x"}, "SCO"),
        (scorm(kind="asset"), "SCO"),
        ({"imsmanifest.xml": "<manifest"}, "imsmanifest.xml không đọc được"),
        ({"imsmanifest.xml": '<!DOCTYPE m [<!ENTITY a "b">]><m>&a;</m>'}, "imsmanifest.xml không đọc được"),
        ({"imsmanifest.xml": "<manifest/>"}, "organization"),
        ({"goi/imsmanifest.xml": "x"}, "thư mục con"),
        ({"index.html": "x"}, "imsmanifest.xml"),
        ({"h5p.json": "[]"}, "đối tượng JSON"),
        ({"h5p.json": "{", "content/content.json": "{}"}, "không đọc được"),
        ({"h5p.json": "{}", "content/content.json": "{}"}, "thư viện chính"),
        ({"h5p.json": "{}"}, "content/content.json"),
        ({name: text for name, text in H5P.items() if "library" not in name}, "H5P.Mau-1.0"),
        ({"imsmanifest.xml": " " * (2**20 + 1)}, "quá lớn"),
    ],
)
def test_what_is_refused_says_why(files: dict[str, str | bytes], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        check(files)


def test_a_link_in_an_archive_is_refused() -> None:
    with pytest.raises(ValidationError, match="liên kết"):
        check(scorm(), _link)


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lophoc.packages.archives.FILES", 1)
    with pytest.raises(ValidationError, match="2 tệp"):
        check(scorm())


def test_what_is_no_archive_or_is_broken_is_refused_and_leaves_nothing(media: Path) -> None:
    from django.core.files.storage import default_storage

    from lophoc.packages.intake import check as checked
    from lophoc.packages.intake import take

    with pytest.raises(ValidationError, match="không phải"):
        checked(io.BytesIO(b"PK no archive"))
    whole = packed(scorm() | {"z.bin": bytes(range(256)) * 64}).getvalue()
    at = whole.index(b"z.bin") + 40
    broken = whole[:at] + bytes(20) + whole[at + 20 :]
    with pytest.raises(ValidationError, match="hỏng"):
        take(default_storage.save("hoc-lieu/goi/hong.zip", io.BytesIO(broken)))
    assert not list(media.glob("goi/*"))


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html lang='vi'><head profile='x'><script>own()</script></head></html>",
        b"<HTML><HEAD>\n<script>own()</script></HEAD></HTML>",
        b"<script>own()</script>",
        "<html><head><script>own()</script></head></html>".encode("utf-16"),
    ],
)
def test_every_page_of_a_package_loads_our_part_before_its_own_scripts(page: bytes) -> None:
    from lophoc.packages.intake import with_bridge

    changed = with_bridge(page, "scorm12")  # type: ignore[arg-type]  # a string of the enumeration
    assert 0 <= changed.index(b"scorm12.min.js") < changed.index(b"package-frame.js") < changed.index(b"own()")


def test_the_same_file_is_unpacked_once_and_under_the_hash_of_its_content(course: Any, media: Path) -> None:
    from django.core.files.storage import default_storage

    from lophoc.packages.intake import take

    first, second = (take(default_storage.save(f"{name}.zip", packed(scorm()))) for name in ("mot", "hai"))
    other = take(default_storage.save("ba.zip", packed(scorm(["b.html"]))))
    assert first.folder == second.folder != other.folder
    assert {path.name for path in (media / "goi").iterdir()} == {first.folder, other.folder}
    assert b"package-frame.js" in (media / "goi" / first.folder / "index.html").read_bytes()


def test_a_package_is_played_in_a_sandbox_by_a_signed_address(course: Any) -> None:
    package = placed(course, scorm())
    answer = signed_in("hv-1").get(PAGE)
    page = answer.content.decode()
    assert 'sandbox="allow-scripts allow-forms allow-popups allow-modals"' in page
    assert "allow-same-origin" not in page
    assert f"/goi/{package.folder}/index.html" in page
    assert f'data-report="{REPORT}"' in page
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    assert signed_in("hv-1").get("/khoa-hoc/mau/").content.decode().count(PAGE) == 1


def test_an_h5p_package_is_played_on_a_page_of_ours_in_its_folder(course: Any, media: Path) -> None:
    package = placed(course, H5P, ".h5p")
    assert f"/goi/{package.folder}/lophoc-h5p.html" in signed_in("hv-1").get(PAGE).content.decode()
    assert "h5p-standalone" in (media / "goi" / package.folder / "lophoc-h5p.html").read_text("utf-8")


def test_a_result_is_kept_given_back_at_the_next_launch_and_lands_in_the_grade_book(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.packages.results import results

    placed(course, scorm())
    client = signed_in("hv-1")
    answer = told(client, PASSED)
    assert (answer.status_code, answer.json()) == (200, {"score": 80, "completed": True})
    assert "trang=3" in client.get(PAGE).content.decode()
    assert "trang=3" not in signed_in("hv-2").get(PAGE).content.decode()
    found = results([User.objects.get(username=name).pk for name in ("hv-1", "hv-2")], course)
    assert [(result.points, result.completed) for result in found.values()] == [("80/100", True)]
    # hv-1 is in the second class, which gv-2 teaches.
    assert "80/100" in signed_in("gv-2").get("/khoa-hoc/mau/so-diem/").content.decode()


def test_a_worse_result_later_takes_nothing_away_and_every_result_stays(course: Any) -> None:
    from lophoc.assessment.models import Grade
    from lophoc.packages.models import Outcome
    from lophoc.packages.results import results

    placed(course, scorm())
    client = signed_in("hv-1")
    for raw, status in (("80", "passed"), ("80", "passed"), ("20", "incomplete")):
        told(client, {"cmi.core.score.raw": raw, "cmi.core.lesson_status": status})
    assert list(Outcome.objects.values_list("score", "completed")) == [(0.8, True), (0.2, True)]
    assert [(grade.points, grade.of, grade.source) for grade in Grade.objects.all()] == [(80, 100, "package")]
    (result,) = results(list(Outcome.objects.values_list("record__learner", flat=True)), course).values()
    assert (result.points, result.completed) == ("80/100", True)


def test_a_package_is_done_and_graded_when_all_its_parts_are(course: Any) -> None:
    from lophoc.assessment.models import Grade
    from lophoc.catalogue.models import Progress

    placed(course, scorm(["1.html", "2.html"]))
    client = signed_in("hv-1")
    told(client, PASSED)
    assert not Progress.objects.exists()
    assert not Grade.objects.exists()
    told(client, PASSED, f"{PAGE}1/ket-qua/")
    assert Progress.objects.filter(unit__number=4, learner__username="hv-1").count() == 1
    assert Grade.objects.get().points == 80
    assert told(client, PASSED, f"{PAGE}2/ket-qua/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "data", "mastery", "result"),
    [
        ("scorm12", {"cmi.core.score.raw": "7", "cmi.core.score.max": "10"}, None, (0.7, False, None)),
        ("scorm12", {"cmi.core.lesson_status": "failed", "cmi.core.score.raw": "300"}, None, (1.0, True, False)),
        ("scorm12", {"cmi.core.lesson_status": "completed", "cmi.core.score.raw": "60"}, 0.7, (0.6, True, False)),
        ("scorm12", {"cmi.core.score.raw": "nan"}, None, (None, False, None)),
        ("scorm12", {"cmi.core.score.raw": "5", "cmi.core.score.max": "0"}, None, (None, False, None)),
        ("scorm2004", {"cmi.score.scaled": "0.25", "cmi.completion_status": "completed"}, None, (0.25, True, None)),
        ("scorm2004", {"cmi.success_status": "passed", "cmi.score.raw": "9"}, None, (0.09, False, True)),
        ("h5p", {"verb": "completed", "raw": "2", "max": "4", "success": "false"}, None, (0.5, True, False)),
        ("h5p", {"verb": "completed"}, None, (None, True, None)),
    ],
)
def test_what_a_package_says_is_read_as_its_standard_means_it(
    kind: str, data: dict[str, str], mastery: float | None, result: tuple[Any, ...]
) -> None:
    from lophoc.packages.reported import understood

    assert understood(kind, {"data": data, "seconds": 5}, mastery)[:3] == pytest.approx(result)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"data": []}',
        b"\xff",
        b"[" * 5000,
        json.dumps({"data": {"cmi.suspend_data": "x" * 70_000}}),
    ],
)
def test_a_report_that_is_none_is_refused(course: Any, body: Any) -> None:
    from lophoc.packages.models import Record

    placed(course, scorm())
    answer = signed_in("hv-1").post(REPORT, body, content_type="application/json")
    assert answer.status_code == 400
    assert not Record.objects.exists()


def test_a_report_that_is_too_large_is_not_read(course: Any) -> None:
    placed(course, scorm())
    assert signed_in("hv-1").post(REPORT, b"x" * 500_000, content_type="application/json").status_code == 413


def test_nothing_but_the_known_elements_is_kept(course: Any) -> None:
    from lophoc.packages.models import Record

    placed(course, scorm())
    told(signed_in("hv-1"), PASSED | {"cmi.comments": "x", "la": "y", "cmi.core.lesson_location": 5})
    assert Record.objects.get().data == PASSED


def test_only_learners_of_the_course_record_and_only_while_it_is_open(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.catalogue.models import Course
    from lophoc.catalogue.structure import forget

    placed(course, scorm())
    User.objects.create(username="ngoai")
    strangers = Client(headers={"X-Forwarded-Proto": "https"})
    assert (strangers.get(PAGE).status_code, told(strangers, PASSED).status_code) == (302, 302)
    assert (signed_in("ngoai").get(PAGE).status_code, told(signed_in("ngoai"), PASSED).status_code) == (403, 403)
    assert (signed_in("gv-1").get(PAGE).status_code, told(signed_in("gv-1"), PASSED).status_code) == (200, 403)
    Course.objects.update(closes=date.today() - timedelta(days=1))
    forget("mau")
    page = signed_in("hv-1").get(PAGE).content.decode()
    assert 'data-report=""' in page
    assert told(signed_in("hv-1"), PASSED).status_code == 403


@pytest.mark.parametrize("learners", [1, 30])
def test_queries_are_bounded_whatever_the_number_of_learners(
    course: Any, learners: int, django_assert_max_num_queries: Any
) -> None:
    from lophoc.accounts.models import User
    from lophoc.packages.models import Record
    from lophoc.packages.results import results

    placed(course, scorm(["1.html", "2.html", "3.html"]))
    unit = course.units.get(number=4)
    people = User.objects.bulk_create([User(username=f"them-{n}") for n in range(learners)])
    Record.objects.bulk_create(
        [Record(learner=person, unit=unit, part=part, score=1) for person in people for part in range(3)]
    )
    with django_assert_max_num_queries(2):
        assert len(results([person.pk for person in people], course)) == learners
    client = signed_in("hv-1")
    client.get(PAGE)
    with django_assert_max_num_queries(8):
        client.get(PAGE)
    with django_assert_max_num_queries(14):
        told(client, PASSED)


def test_a_bundle_s_package_is_taken_in_once(course: Any, tmp_path: Path) -> None:
    from lophoc.packages.load import load
    from lophoc.packages.models import Package

    (tmp_path / "an-toan.zip").write_bytes(packed(scorm()).getvalue())
    first, second = (load(tmp_path, {"file": "an-toan.zip"}) for _ in range(2))
    assert first == second
    assert Package.objects.count() == 1
