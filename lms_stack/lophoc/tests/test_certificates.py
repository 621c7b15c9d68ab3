"""Certificates: who gets one, what it says and keeps, who may see it, and that anybody can verify it."""

import re
from datetime import date
from typing import Any

import pytest
from conftest import signed_in
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

PAGE = "/khoa-hoc/mau/giay-chung-nhan/"
WORDING = {
    "heading": "Giấy chứng nhận",
    "parent_body": "Bộ mẫu",
    "organiser": "Sở mẫu",
    "number_suffix": "GCN-SM",
    "place": "Hà Nội",
    "issued_on": "2027-02-05",
    "signer_title": "Giám đốc",
    "signer_name": "Nguyễn Thị Ký",
    "hours": "40",
    "with_result": "on",
}


def person(username: str) -> Any:
    from lophoc.accounts.models import User

    return User.objects.get(username=username)


@pytest.fixture
def completed(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The learners who have completed the course, with 8.4 out of ten; put their ids in."""
    from lophoc.certificates import issuing, views
    from lophoc.classes.completion import Completion

    done: set[int] = set()

    def completion(_course: Any, learners: Any) -> dict[int, Any]:
        return {pk: Completion(pk in done, 1.0, () if pk in done else ("Bài 1",), 8.4) for pk in learners}

    monkeypatch.setattr(issuing, "completion", completion)
    monkeypatch.setattr(views, "completion", completion)
    return done


@pytest.fixture
def issued(course: Any, completed: set[int]) -> Any:
    """The certificate of the first learner."""
    from lophoc.certificates.models import Certificate

    completed.add(person("hv-1").pk)
    assert signed_in("quantri").post(PAGE, {**WORDING, "issue": ""}).status_code == 302
    return Certificate.objects.get()


def test_all_who_completed_get_a_certificate_and_a_second_issue_gives_none(issued: Any, completed: set[int]) -> None:
    from lophoc.certificates.models import Certificate

    completed.add(person("hv-2").pk)
    for _ in range(2):
        signed_in("quantri").post(PAGE, {**WORDING, "issue": ""})
    rows = Certificate.objects.order_by("sequence")
    assert [(each.learner.username, each.number) for each in rows] == [
        ("hv-1", "0001/2027/GCN-SM"),
        ("hv-2", "0002/2027/GCN-SM"),
    ]


def test_those_who_get_one_are_told_by_mail(course: Any, completed: set[int]) -> None:
    from post_office.models import Email

    person("hv-1").__class__.objects.filter(username="hv-1").update(email="hv1@example.org", wants_mail=False)
    completed |= {person("hv-1").pk, person("hv-2").pk}
    signed_in("quantri").post(PAGE, {**WORDING, "issue": ""})
    assert [each.to for each in Email.objects.all()] == [["hv1@example.org"]]
    assert "/giay-chung-nhan/" in Email.objects.get().message


def test_numbers_are_counted_by_organiser_and_year(issued: Any, completed: set[int]) -> None:
    from lophoc.certificates.models import Certificate

    completed |= {person("hv-2").pk, person("hv-3").pk}
    signed_in("quantri").post(PAGE, {**WORDING, "issued_on": "2028-01-03", "issue": ""})
    later = Certificate.objects.exclude(pk=issued.pk)
    assert sorted((each.year, each.sequence) for each in later) == [(2028, 1), (2028, 2)]


def test_saving_the_wording_alone_issues_nothing(course: Any, completed: set[int]) -> None:
    from lophoc.certificates.models import Certificate, Issuing

    completed.add(person("hv-1").pk)
    signed_in("quantri").post(PAGE, {**WORDING, "save": ""})
    assert Issuing.objects.get().signer_name == "Nguyễn Thị Ký"
    assert not Certificate.objects.exists()


def test_the_trial_class_and_the_load_test_get_none(course: Any, completed: set[int]) -> None:
    from lophoc.accounts.models import User
    from lophoc.certificates.models import Certificate
    from lophoc.operations.load_test import prepare

    prepare(course, 2, 1, "mat-khau-thu-tai")
    completed |= set(User.objects.values_list("pk", flat=True))
    signed_in("quantri").post(PAGE, {**WORDING, "issue": ""})
    given = Certificate.objects.filter(course=course)  # the load test has some of no course
    assert {each.name for each in given} == {"Học viên 1", "Học viên 2", "Học viên 3"}


def test_a_certificate_keeps_what_it_said(issued: Any, course: Any) -> None:
    person("hv-1").__class__.objects.filter(username="hv-1").update(full_name="Tên khác")
    course.__class__.objects.update(title="Khoá khác")
    signed_in("quantri").post(PAGE, {**WORDING, "signer_name": "Người Khác", "save": ""})
    issued.refresh_from_db()
    said = (issued.name, issued.course_title, issued.signer_name, issued.result, issued.issued_on)
    assert said == ("Học viên 1", "Khoá mẫu", "Nguyễn Thị Ký", "Giỏi", date(2027, 2, 5))


def test_a_certificate_outlives_its_course_and_its_owner(issued: Any, course: Any) -> None:
    course.delete()
    person("hv-1").delete()
    assert "Học viên 1" in Client().get(f"/chung-chi/{issued.code}/").content.decode()


@pytest.mark.parametrize(
    ("grade", "words"), [(9.0, "Xuất sắc"), (8.99, "Giỏi"), (6.5, "Khá"), (5.0, "Đạt"), (4.9, ""), (None, "")]
)
def test_a_grade_is_told_in_words(grade: float | None, words: str) -> None:
    from lophoc.certificates.issuing import result_of

    assert result_of(grade) == words


def text_of(pdf: bytes) -> str:
    """The words of an uncompressed PDF, by the tables that say which letter a glyph is."""
    letters = []
    for table in re.findall(rb"begincmap(.*?)endcmap", pdf, re.DOTALL):
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>\n", table, re.IGNORECASE)
        letters.append({int(glyph, 16): chr(int(letter, 16)) for glyph, letter in pairs})
    fonts = {int(number): letters[at] for at, number in enumerate(sorted(set(re.findall(rb"/F(\d+) \d+ 0 R", pdf))))}
    words, font = [], 0
    for name, shown in re.findall(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", pdf, re.DOTALL):
        if name:
            font = int(name)
            continue
        raw = re.sub(
            rb"\\(.)", lambda found: {b"r": b"\r", b"n": b"\n"}.get(found[1], found[1]), shown, flags=re.DOTALL
        )
        words.append("".join(fonts[font].get(code, "?") for code in memoryview(raw).cast("B").tolist()[1::2]))
    return " ".join(words)


def test_the_pdf_says_what_the_certificate_says(issued: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import segno

    from lophoc.certificates.pdf import render

    coded = []
    monkeypatch.setattr(segno, "make_qr", lambda text, make=segno.make_qr, **kw: coded.append(text) or make(text, **kw))
    pdf = render([issued], lambda one: f"https://lop.example/chung-chi/{one.code}/", compress=False)
    assert pdf.startswith(b"%PDF-")
    assert b"/MediaBox [0 0 841.89 595.28]" in pdf
    assert coded == [f"https://lop.example/chung-chi/{issued.code}/"]
    text = text_of(pdf)
    for said in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BỘ MẪU",
        "Số: 0001/2027/GCN-SM",
        "GIẤY CHỨNG NHẬN",
        "Học viên 1",
        "Khoá mẫu",
        f"từ ngày {issued.opens:%d/%m/%Y} đến ngày {issued.closes:%d/%m/%Y}; thời lượng 40 giờ; xếp loại: Giỏi",
        "Hà Nội, ngày 05 tháng 02 năm 2027",
        "Nguyễn Thị Ký",
    ):
        assert said in text
    assert "THU HỒI" not in text


def test_the_font_has_every_vietnamese_letter_and_those_of_minority_names() -> None:
    from fontTools.ttLib import TTFont

    from lophoc.certificates.pdf import FONTS

    letters = {*range(0x20, 0x7F), *range(0xC0, 0x250), *range(0x1EA0, 0x1EFA)} - {0xD7, 0xF7}
    for file in FONTS.glob("*.ttf"):
        missing = letters - set(TTFont(file).getBestCmap())
        assert not {chr(code) for code in missing if chr(code).isalpha()}, file.name


def test_only_the_owner_and_organisers_get_the_pdf(issued: Any) -> None:
    address = f"/giay-chung-nhan/{issued.code}/pdf/"
    for username in ("hv-1", "quantri"):
        answer = signed_in(username).get(address)
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF-")
    for username in ("hv-2", "gv-1"):
        assert signed_in(username).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_organisers_print_all_in_one_file(issued: Any, completed: set[int]) -> None:
    completed |= {person("hv-2").pk, person("hv-3").pk}
    signed_in("quantri").post(PAGE, {**WORDING, "issue": ""})
    answer = signed_in("quantri").get(f"{PAGE}in/")
    assert answer.content.count(b"/Type /Page\n") == 3


def test_a_learner_sees_only_their_own(issued: Any) -> None:
    assert issued.number in signed_in("hv-1").get("/giay-chung-nhan/").content.decode()
    assert issued.number not in signed_in("hv-2").get("/giay-chung-nhan/").content.decode()


@pytest.mark.parametrize("username", ["hv-1", "gv-1"])
def test_nobody_but_organisers_issues_or_revokes(issued: Any, username: str) -> None:
    client = signed_in(username)
    revoke, again = f"/giay-chung-nhan/{issued.code}/thu-hoi/", f"/giay-chung-nhan/{issued.code}/cap-lai/"
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {**WORDING, "issue": ""}).status_code == 403
    assert client.get(f"{PAGE}in/").status_code == 403
    assert client.get(revoke).status_code == 403
    assert client.post(revoke, {"because": "x"}).status_code == 403
    assert client.post(again).status_code == 403
    issued.refresh_from_db()
    assert issued.is_valid


def test_anybody_verifies_a_certificate_and_learns_nothing_else_of_the_person(issued: Any) -> None:
    type(issued).objects.update(school="Trường kín", unit="Phòng kín")
    answer = Client().get(f"/chung-chi/{issued.code.lower()}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "có hiệu lực" in page
    assert "Học viên 1" in page
    for hidden in ("Trường kín", "Phòng kín", "hv-1", "8.4", "8,4", "Giỏi"):
        assert hidden not in page


def test_a_code_is_found_as_it_is_printed(issued: Any) -> None:
    printed = "-".join(issued.code[at : at + 4] for at in range(0, 16, 4))
    assert Client().get("/chung-chi/", {"ma": f" {printed.lower()} "})["Location"] == f"/chung-chi/{issued.code}/"
    assert Client().get("/chung-chi/KHONGCO/").status_code == 404


def test_looking_up_codes_is_limited(issued: Any) -> None:
    client = Client()
    answers = [client.get(f"/chung-chi/{issued.code}/").status_code for _ in range(31)]
    assert answers == [*[200] * 30, 429]
    assert Client(headers={"X-Real-IP": "192.0.2.9"}).get(f"/chung-chi/{issued.code}/").status_code == 200


def test_a_revoked_certificate_stays_and_says_so_everywhere(issued: Any) -> None:
    from auditlog.models import LogEntry

    client = signed_in("quantri")
    revoke = f"/giay-chung-nhan/{issued.code}/thu-hoi/"
    assert client.post(revoke, {"because": ""}).status_code == 200
    client.post(revoke, {"because": "Sai họ tên"})
    client.post(revoke, {"because": "Lý do khác"})
    issued.refresh_from_db()
    assert (issued.revoked_because, issued.revoked_by.username) == ("Sai họ tên", "quantri")
    assert "đã bị thu hồi" in Client().get(f"/chung-chi/{issued.code}/").content.decode()
    assert "Sai họ tên" in signed_in("hv-1").get("/giay-chung-nhan/").content.decode()
    assert LogEntry.objects.get_for_object(issued).filter(changes__has_key="revoked_because").count() == 1


def test_what_was_revoked_is_given_again_only_by_reissuing(issued: Any) -> None:
    from lophoc.certificates.models import Certificate

    client = signed_in("quantri")
    again = f"/giay-chung-nhan/{issued.code}/cap-lai/"
    client.post(again)
    assert Certificate.objects.count() == 1
    client.post(f"/giay-chung-nhan/{issued.code}/thu-hoi/", {"because": "Sai họ tên"})
    client.post(PAGE, {**WORDING, "issue": ""})
    assert Certificate.objects.count() == 1
    person("hv-1").__class__.objects.filter(username="hv-1").update(full_name="Tên Đúng")
    for _ in range(2):
        client.post(again)
    made = Certificate.objects.get(replaces=issued)
    assert (made.name, made.sequence, made.is_valid) == ("Tên Đúng", 2, True)
    assert Certificate.objects.count() == 2


def test_the_page_of_a_course_asks_the_database_a_bounded_number_of_times(issued: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.models import Class, Enrolment

    client = signed_in("quantri")
    small = _queries(client)
    people = User.objects.bulk_create([User(username=f"them-{n}", full_name=f"Thêm {n}") for n in range(400)])
    klass = Class.objects.get(name="Lớp 1")
    Enrolment.objects.bulk_create([Enrolment(learner=each, klass=klass) for each in people])
    assert _queries(client) == small <= 14


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return len(captured)
