"""The load test's own people do all that a course asks of people, see nobody else, and leave nothing behind."""

import hashlib
import hmac
import json
import re
import struct
import time
from base64 import b32decode
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from conftest import bundle, signed_in
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client

PASSWORD = "mat-khau-thu-tai"
COURSE = "/khoa-hoc/mau/"
MATERIALS = "/kho-hoc-lieu/soan/snippets/content/material/"
#: What a load test may change for good: queues of done jobs, counters of keys, sign-ins.
PASSING = {"django_tasks_database.DBTaskResult", "sessions.Session"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    """What is handed in and uploaded goes to a folder of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def prepared(course: Any) -> dict[str, Any]:
    """The load test's accounts and all that they need."""
    from lophoc.operations.load_test import prepare

    return prepare(course, 8, 2, PASSWORD)


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.label not in PASSING and issubclass(model, Model)
    }


def files(root: Any) -> set[str]:
    """Every file below the media root."""
    return {str(path) for path in Path(root).rglob("*") if path.is_file()}


def in_page(pattern: str, client: Client, address: str) -> str:
    """The first thing of a kind that a page shows."""
    page = client.get(address).content.decode()
    found = re.search(pattern, page)
    assert found, page[:3000]
    return unescape(found.group(1))


def code(secret: str) -> str:
    """What an authenticator shows now (RFC 6238)."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def everything(course: Any) -> None:
    """What each journey of the load test writes."""
    learner, teacher = signed_in("thutai-00001"), signed_in("thutai-gv-01")
    organiser, builder = signed_in("thutai-tc-01"), signed_in("thutai-xd-01")
    joined = in_page(r'href="([^"]+/vao/)"', learner, f"{COURSE}lich/")
    answers = [
        learner.get(joined),
        learner.post(f"{COURSE}hoi-ban-to-chuc/", {"subject": "Hỏi", "body": "Ở đâu?"}),
        learner.post(
            f"{COURSE}tin-nhan-moi/",
            {"to": in_page(r'<option value="(\d+)"', learner, f"{COURSE}tin-nhan-moi/"), "subject": "a", "body": "b"},
        ),
        learner.post(f"{COURSE}bai-luan/3/", {"file": SimpleUploadedFile("bai.pdf", b"%PDF-1.4\nx\n%%EOF")}),
        learner.post(f"{COURSE}dien-dan/moi/", {"title": "Chủ đề", "body": "Nội dung"}),
        organiser.post(
            f"{COURSE}thong-bao/",
            {"klass": in_page(r'<option value="(\d+)"', organiser, f"{COURSE}thong-bao/"), "title": "a", "body": "b"},
        ),
    ]
    attendance = in_page(r'href="([^"]+/diem-danh/)"', teacher, f"{COURSE}lich/")
    there = re.findall(r'name="tren-trang" value="(\d+)"', teacher.get(attendance).content.decode())
    marked = in_page(r'href="([^"]+/cham-bai/\d+/)"', teacher, f"{COURSE}cham-bai/")
    answers += [
        teacher.post(attendance, {"tren-trang": there, "co-mat": there}),
        teacher.post(marked, {"points-1": "1", "comment": "Tốt"}),
        builder.post(
            f"{MATERIALS}add/",
            {
                "title": "Trang chiếu",
                "kind": "document",
                "minutes": "0",
                "body-count": "0",
                "licence": "own",
                "author": "Thử tải",
                "language": "vi",
                "action-submit": "1",
                "document": SimpleUploadedFile("bai.pdf", b"%PDF-1.4\nx\n%%EOF"),
            },
        ),
    ]
    assert [answer.status_code for answer in answers] == [302] * len(answers)


def test_everything_that_the_load_test_writes_is_purged(course: Any, settings: Any) -> None:
    from lophoc.operations.load_test import prepare, purge

    before, stored = rows(), files(settings.MEDIA_ROOT)
    prepare(course, 8, 2, PASSWORD)
    everything(course)
    assert files(settings.MEDIA_ROOT) > stored
    purge()
    after = rows()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {}
    assert files(settings.MEDIA_ROOT) == stored


def test_what_the_load_test_writes_is_shown_to_nobody_else(prepared: dict[str, Any], course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    everything(course)
    assign(User.objects.get(username="quantri"), [Role.ORGANISER, Role.BUILDER, Role.APPRAISER])
    organiser, learner = signed_in("quantri"), signed_in("hv-1")
    for client, address in (
        *((organiser, f"{COURSE}{page}/") for page in ("so-diem", "lich", "bao-cao", "cham-bai", "khao-sat")),
        *((organiser, page) for page in (MATERIALS, "/kho-hoc-lieu/tham-dinh/", "/tin-nhan/", "/nhat-ky/?tep=csv")),
        *((learner, f"{COURSE}{page}/") for page in ("lich", "thong-bao", "dien-dan")),
        (learner, "/tin-nhan/"),
    ):
        page = client.get(address)
        assert page.status_code == 200, address
        text = page.content.decode().lower().replace("thử tải: false", "")
        found = re.search(r".{80}(thử tải|thutai|trang chiếu).{80}", text, re.DOTALL)
        assert found is None, (address, found.group())


def test_its_organisers_and_instructors_see_no_real_person(prepared: dict[str, Any], course: Any) -> None:
    organiser = signed_in("thutai-tc-01")
    for page in ("so-diem/", "so-diem/?dang=csv", "bao-cao/?theo=lop", "cham-bai/", "thong-bao/"):
        answer = organiser.get(f"{COURSE}{page}")
        assert answer.status_code == 200, page
        found = re.search(r"hv-\d|Học viên \d|Lớp \d", answer.content.decode())
        assert found is None, (page, found)
    for page in ("/tai-khoan/", "/danh-sach/", "/bao-cao/", "/bao-cao/nguoi-hoc/", "/nhat-ky/"):
        assert organiser.get(page).status_code == 403, page
    told = organiser.get(f"{COURSE}bao-cao/?tep=csv").content.decode()
    assert str(prepared["learners"]) in told


def test_its_organisers_have_no_right_in_a_course_that_is_not_tested(prepared: dict[str, Any], folder: Path) -> None:
    from lophoc.operations.bundle import load

    (folder / "course.json").write_text(json.dumps(bundle(slug="khac", title="Khoá khác")), "utf-8")
    load(folder)
    organiser = signed_in("thutai-tc-01")
    for page in ("", "so-diem/", "so-diem/?dang=csv", "bao-cao/", "thong-bao/", "quan-ly/", "dien-dan/"):
        assert organiser.get(f"/khoa-hoc/khac/{page}").status_code in {403, 404}, page
        assert signed_in("quantri").get(f"/khoa-hoc/khac/{page}").status_code == 200, page
    assert "Khoá khác" not in organiser.get("/").content.decode()


def test_its_organisers_announce_nothing_to_the_whole_course(prepared: dict[str, Any]) -> None:
    answer = signed_in("thutai-tc-01").post(f"{COURSE}thong-bao/", {"klass": "", "title": "a", "body": "b"})
    assert answer.status_code == 200
    from lophoc.notices.models import Announcement

    assert not Announcement.objects.exists()


def test_its_staff_sign_in_with_a_second_factor_made_from_the_password(prepared: dict[str, Any], settings: Any) -> None:
    from lophoc.operations.load_test_staff import secret_of

    settings.REQUIRE_MFA = True
    client = Client(headers={"X-Forwarded-Proto": "https"})
    sent = client.post("/dang-nhap/", {"username": "thutai-xd-01", "password": PASSWORD})
    assert sent.headers["Location"] == "/dang-nhap/ma/"
    assert client.get(MATERIALS).status_code == 302
    assert client.post("/dang-nhap/ma/", {"code": code(secret_of("thutai-xd-01", PASSWORD))}).status_code == 302
    assert client.get(MATERIALS).status_code == 200


def test_its_certificates_use_up_no_number_and_stand_in_no_list(prepared: dict[str, Any], course: Any) -> None:
    from lophoc.certificates.models import Certificate, Series

    assert Certificate.objects.count() == prepared["learners"]
    assert not Series.objects.exists()
    assert "Thử tải" not in signed_in("quantri").get(f"{COURSE}giay-chung-nhan/").content.decode()
    client = signed_in("thutai-00002")
    pdf = in_page(r'href="([^"]+/pdf/)"', client, "/giay-chung-nhan/")
    assert client.get(pdf).content.startswith(b"%PDF")


def test_made_again_it_is_the_same(prepared: dict[str, Any], course: Any) -> None:
    from lophoc.operations.load_test import prepare

    before = rows()
    assert prepare(course, 8, 2, PASSWORD) == {**prepared, "changed": False}
    assert rows() == before


def test_a_course_without_essays_and_packages_is_prepared_too(folder: Path) -> None:
    from lophoc.catalogue.models import Course
    from lophoc.operations.bundle import load
    from lophoc.operations.load_test import prepare, purge

    (folder / "course.json").write_text(json.dumps(bundle(units=bundle()["units"][:1])), "utf-8")
    load(folder)
    made = prepare(Course.objects.get(), 3, 1, PASSWORD)
    assert (made["essays"], made["packages"], made["quizzes"]) == ([], [], [])
    assert purge() == 3 + 1 + made["organisers"] + made["builders"]
