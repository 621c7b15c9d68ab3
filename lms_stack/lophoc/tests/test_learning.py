"""What a learner does, from signing in to the result of a quiz."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from conftest import signed_in
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

LIMITS = {
    "/khoa-hoc/mau/": 8,
    "/khoa-hoc/mau/bai-hoc/1/": 8,
    "/khoa-hoc/mau/bai-kiem-tra/2/": 8,
    "/khoa-hoc/mau/dien-dan/": 8,
}
RIGHT = {"cau-1": "1", "cau-2": ["0", "2"], "cau-3": " diễn  đàn ", "cau-4": "6,2"}


def office(part: str) -> bytes:
    """An office file that holds just this part."""
    with BytesIO() as file:
        with ZipFile(file, "w") as archive:
            archive.writestr(part, "<x/>")
        return file.getvalue()


def _queries(client: Client, method: str, path: str, **data: Any) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(path, **data)
    return len(captured), response


def test_the_first_learner_signs_in_with_the_first_password(course: Any) -> None:
    client = Client(headers={"X-Forwarded-Proto": "https"})
    answer = client.post("/dang-nhap/", {"username": "hocvien", "password": "mat-khau-hv"})
    assert answer.status_code == 302
    assert answer["X-Request-Class"] == "login"
    assert b'data-page="course_list"' in client.get("/").content


def test_a_wrong_password_stays_on_the_form(course: Any) -> None:
    answer = Client().post("/dang-nhap/", {"username": "hocvien", "password": "sai"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(("path", "limit"), LIMITS.items())
def test_a_page_asks_the_database_a_bounded_number_of_times(course: Any, path: str, limit: int) -> None:
    count, answer = _queries(signed_in("hv-1"), "get", path)
    assert answer.status_code == 200
    assert count <= limit


def test_a_lesson_has_a_signed_video_and_no_script_of_the_author(course: Any) -> None:
    page = signed_in("hv-1").get("/khoa-hoc/mau/bai-hoc/1/").content.decode()
    assert "/media/mau/1.mp4?e=" in page
    assert "<script>x" not in page
    assert 'data-page="lesson_page"' in page


def test_marking_a_lesson_done_shows_in_the_progress(course: Any) -> None:
    client = signed_in("hv-1")
    assert client.post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/").status_code == 302
    client.post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/")
    assert "33 %" in client.get("/khoa-hoc/mau/").content.decode()


def test_all_right_answers_give_all_points_and_a_second_submission_changes_nothing(course: Any) -> None:
    client = signed_in("hv-1")
    attempt = client.post("/khoa-hoc/mau/bai-kiem-tra/2/bat-dau/")["Location"]
    assert 'data-page="quiz_attempt"' in client.get(attempt).content.decode()
    count, answer = _queries(client, "post", f"{attempt}nop/", data=RIGHT)
    assert count <= 12
    assert "4/4" in client.get(answer["Location"]).content.decode()
    client.post(f"{attempt}nop/", {})
    assert "4/4" in client.get(answer["Location"]).content.decode()


def test_an_attempt_of_another_learner_is_not_to_be_found(course: Any) -> None:
    attempt = signed_in("hv-1").post("/khoa-hoc/mau/bai-kiem-tra/2/bat-dau/")["Location"]
    assert signed_in("hv-2").get(attempt).status_code == 404
    assert signed_in("hv-2").post(f"{attempt}nop/", RIGHT).status_code == 404


def test_attempts_run_out(course: Any) -> None:
    client = signed_in("hv-1")
    for _ in range(3):
        attempt = client.post("/khoa-hoc/mau/bai-kiem-tra/2/bat-dau/")["Location"]
        client.post(f"{attempt}nop/", RIGHT)
    assert client.post("/khoa-hoc/mau/bai-kiem-tra/2/bat-dau/")["Location"] == "/khoa-hoc/mau/bai-kiem-tra/2/"


def test_a_reply_appears_in_its_topic(course: Any) -> None:
    client = signed_in("hv-1")
    topic = client.post("/khoa-hoc/mau/dien-dan/moi/", {"title": "Hỏi", "body": "Thế nào?"})["Location"]
    client.post(f"{topic}tra-loi/", {"body": "Xin trả lời <b>đậm</b>"})
    page = client.get(topic).content.decode()
    assert "Xin trả lời &lt;b&gt;" in page


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("bai.pdf", b"%PDF-1.7 ...", True),
        ("bai.docx", office("word/document.xml"), True),
        ("bai.odt", office("content.xml"), True),
        ("bai.docx", office("xl/workbook.xml"), False),
        ("bai.pdf", b"<html>", False),
        ("bai.exe", b"MZ", False),
    ],
)
def test_essays_are_judged_by_their_content(
    course: Any, settings_media: None, name: str, content: bytes, taken: bool
) -> None:
    client = signed_in("hv-1")
    answer = client.post("/khoa-hoc/mau/bai-luan/3/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == (302 if taken else 200)
    assert (name in client.get("/khoa-hoc/mau/bai-luan/3/").content.decode()) is taken


@pytest.fixture
def settings_media(tmp_path: Any) -> Any:
    """Uploads go to a folder of the test."""
    from django.test import override_settings

    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield
