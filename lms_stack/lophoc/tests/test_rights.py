"""Who may see what: every address as each kind of person."""

from typing import Any

import pytest
from conftest import bundle, signed_in
from django.test import Client

PAGES = (
    "/",
    "/khoa-hoc/mau/",
    "/khoa-hoc/mau/bai-hoc/1/",
    "/khoa-hoc/mau/bai-kiem-tra/2/",
    "/khoa-hoc/mau/bai-luan/3/",
    "/khoa-hoc/mau/dien-dan/",
    "/khoa-hoc/mau/so-diem/",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_the_sign_in(course: Any, page: str) -> None:
    answer = Client().get(page)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/dang-nhap/")


@pytest.mark.parametrize("page", PAGES[1:])
def test_somebody_outside_the_course_is_refused(course: Any, page: str) -> None:
    from lophoc.accounts.models import User

    User.objects.create(username="ngoai")
    assert signed_in("ngoai").get(page).status_code == 403


def test_a_learner_sees_no_grade_book(course: Any) -> None:
    assert signed_in("hv-1").get("/khoa-hoc/mau/so-diem/").status_code == 403


def test_an_instructor_sees_only_the_own_class(course: Any) -> None:
    from lophoc.classes.models import Class

    page = signed_in("gv-1").get("/khoa-hoc/mau/so-diem/").content.decode()
    assert "Học viên 2" in page
    assert "Học viên 1<" not in page
    other = Class.objects.get(name="Lớp 2")
    assert signed_in("gv-1").get(f"/khoa-hoc/mau/so-diem/?lop={other.pk}").status_code == 404


def test_an_organiser_sees_every_class_but_the_load_tests(course: Any) -> None:
    from lophoc.operations.load_test import prepare

    prepare(course, 5, 1, "mat-khau-thu-tai")
    page = signed_in("quantri").get("/khoa-hoc/mau/so-diem/").content.decode()
    assert "Lớp 1" in page
    assert "Lớp 2" in page
    assert "thử tải" not in page


def test_the_grade_book_of_a_large_class_asks_no_more_than_a_small_one(folder: Any) -> None:
    import json

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from lophoc.operations.bundle import load

    counts = []
    for learners in (4, 400):
        (folder / "course.json").write_text(json.dumps(bundle(learners)), "utf-8")
        load(folder)
        client = signed_in("gv-1")
        client.get("/khoa-hoc/mau/so-diem/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/khoa-hoc/mau/so-diem/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_every_page_has_a_strict_content_security_policy(course: Any) -> None:
    policy = signed_in("hv-1").get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_after_closing_content_is_read_and_nothing_is_taken(folder: Any) -> None:
    import json
    from datetime import date, timedelta

    from lophoc.operations.bundle import load

    today = date.today()
    past = bundle(opens=str(today - timedelta(days=60)), closes=str(today - timedelta(days=30)))
    (folder / "course.json").write_text(json.dumps(past), "utf-8")
    load(folder)
    client = signed_in("hv-1")
    assert client.get("/khoa-hoc/mau/bai-hoc/1/").status_code == 200
    assert client.post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/").status_code == 403
    assert client.post("/khoa-hoc/mau/dien-dan/moi/", {"title": "x", "body": "y"}).status_code == 403


def test_the_page_on_the_lms_shows_the_table_of_rights_as_it_is() -> None:
    from pathlib import Path

    from lophoc.accounts.rights import TABLE, Right, Role

    page = (Path(__file__).parents[3] / "docs" / "lms.md").read_text("utf-8")
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in cells] for cells in lines]
    begins = next(number for number, row in enumerate(rows) if row[:2] == ["role", "in"])
    assert rows[begins][2:] == [right.value.replace("_", " ") for right in Right]
    for role, row in zip(Role, rows[begins + 1 :], strict=False):
        assert {right for right, cell in zip(Right, row[2:], strict=True) if cell} == TABLE[role], role
