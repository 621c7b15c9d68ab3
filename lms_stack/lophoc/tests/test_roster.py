"""Uploading a roster: what is wrong is named, what is right is stored once, whatever its size."""

import io
from typing import Any

import pytest
from conftest import signed_in
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

HEADING = "Họ và tên,Email,Trường,Đơn vị,Lớp"


def csv(*lines: str, heading: str = HEADING) -> bytes:
    """A CSV file as Excel writes it."""
    return ("\ufeff" + "\r\n".join((heading, *lines)) + "\r\n").encode()


def many(count: int) -> bytes:
    """A roster of that many people."""
    return csv(*(f"Học viên {n},hv{n}@mau.vn,Trường {n % 50},Phòng {n % 7},Lớp {n % 2 + 1}" for n in range(count)))


def upload(content: bytes, name: str = "ds.csv") -> Any:
    """Upload a roster as the organiser; gives back its import after the dry run."""
    from lophoc.accounts.models import RosterImport
    from lophoc.catalogue.models import Course

    file = SimpleUploadedFile(name, content)
    answer = signed_in("quantri").post("/danh-sach/", {"course": Course.objects.get().pk, "file": file})
    assert answer.status_code == 302, answer.content.decode()
    return RosterImport.objects.latest("pk")


def store(found: Any) -> Any:
    """Import what was checked."""
    signed_in("quantri").post(f"/danh-sach/{found.pk}/nhap/")
    found.refresh_from_db()
    return found


def faults(content: bytes) -> list[tuple[int, str, str]]:
    """What the dry run names."""
    return [tuple(each) for each in upload(content).errors]


def test_a_right_roster_is_checked_then_imported_and_letters_are_queued(course: Any) -> None:
    from post_office.models import STATUS, Email

    from lophoc.accounts.models import User
    from lophoc.classes.models import Enrolment

    found = upload(csv("Lê Thị A,A@mau.vn,THCS Một,Phòng Một,lớp 1", "Trần B,b@mau.vn,THCS Hai,Phòng Hai,Lớp 2"))
    assert (found.state, found.error_count, found.result) == ("ready", 0, {"rows": 2, "made": 2})
    assert not User.objects.filter(email="a@mau.vn").exists(), "a dry run stores nothing"
    assert "Nhập danh sách" in signed_in("quantri").get(f"/danh-sach/{found.pk}/").content.decode()
    found = store(found)
    assert (found.state, found.result) == ("done", {"rows": 2, "made": 2, "changed": 0, "enrolled": 2, "moved": 0})
    assert not found.content, "personal data is not kept twice"
    made = User.objects.get(username="a@mau.vn")
    assert (made.full_name, made.school, made.unit) == ("Lê Thị A", "THCS Một", "Phòng Một")
    assert not made.has_usable_password()
    assert Enrolment.objects.get(learner=made).klass.name == "Lớp 1"
    letters = Email.objects.all()
    assert {letter.to[0] for letter in letters} == {"a@mau.vn", "b@mau.vn"}
    assert all(letter.status != STATUS.sent and "/dat-mat-khau/" in letter.message for letter in letters)


def test_the_same_roster_again_changes_nothing(course: Any) -> None:
    from post_office.models import Email

    store(upload(many(30)))
    letters = Email.objects.count()
    again = store(upload(many(30)))
    assert again.result == {"rows": 30, "made": 0, "changed": 0, "enrolled": 0, "moved": 0}
    assert Email.objects.count() == letters


def test_a_changed_roster_changes_just_that(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.models import Enrolment

    store(upload(csv("A,a@mau.vn,S,U,Lớp 1", "B,b@mau.vn,S,U,Lớp 1")))
    again = store(upload(csv("A,a@mau.vn,S mới,U,Lớp 1", "B,b@mau.vn,S,U,Lớp 2")))
    assert again.result == {"rows": 2, "made": 0, "changed": 1, "enrolled": 0, "moved": 1}
    assert User.objects.get(email="a@mau.vn").school == "S mới"
    assert Enrolment.objects.get(learner__email="b@mau.vn").klass.name == "Lớp 2"


@pytest.mark.parametrize(
    "heading",
    [
        "Tên đăng nhập;HỌ TÊN;E-mail;Tên trường;đơn vị;LỚP",
        "username;full name;email;school;unit;class",
        "User name;Name;Email address;School;Office;Class name",
        "STT;Tài khoản;Họ và tên;Thư điện tử;Trường học;Phòng GD;Lớp học",
    ],
)
def test_headings_can_be_written_in_many_ways(course: Any, heading: str) -> None:
    from lophoc.accounts.models import User

    row = "gv.a;Lê A;a@mau.vn;S;U;Lớp 1"
    found = store(upload(csv(f"1;{row}" if heading.startswith("STT") else row, heading=heading)))
    assert found.state == "done", found.errors
    assert User.objects.get(username="gv.a").email == "a@mau.vn"


def test_an_excel_file_is_read_with_its_line_numbers(course: Any) -> None:
    book = Workbook()
    for line in ([], HEADING.split(","), ["Lê A", "a@mau.vn", "S", 7, "Lớp 1"], [], ["B", "b@", "S", "U", "Lớp 9"]):
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    found = upload(file.getvalue(), "ds.xlsx")
    assert [(line, column) for line, column, _ in found.errors] == [(5, "klass"), (5, "email")]


PLANTED = {
    "còn trống": ",a1@mau.vn,S,U,Lớp 1",
    "email": "A,a2 @mau.vn,S,U,Lớp 1",
    "đã có ở dòng": "A,hv1@mau.vn,S,U,Lớp 1",
    "không có lớp": "A,a3@mau.vn,S,U,Lớp 9",
    "dài quá": f"{'A' * 151},a4@mau.vn,S,U,Lớp 1",
}


def test_a_dry_run_names_all_of_25_planted_errors_by_line_and_nothing_is_imported(course: Any) -> None:
    from lophoc.accounts.models import User

    lines = many(2000).decode().lstrip("\ufeff").split("\r\n")
    expected = []
    for number in range(25):
        at, (text, line) = 40 + number * 77, list(PLANTED.items())[number % 5]
        lines[at] = line.replace("@", f"{number}@") if "hv1@" not in line else line
        expected.append((at + 1, text))
    found = upload("\r\n".join(lines).encode())
    assert (found.state, found.error_count) == ("faulty", 25)
    for (line, text), (named, _, said) in zip(expected, found.errors, strict=True):
        assert named == line
        assert text in said
    page = signed_in("quantri").get(f"/danh-sach/{found.pk}/").content.decode()
    assert page.count('<th scope="row">') == 25
    assert "Nhập danh sách</button>" not in page
    before = User.objects.count()
    assert store(found).state == "faulty"
    assert User.objects.count() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "trống"),
        (b"%PDF-1.7 x", "không phải CSV"),
        (b"PK\x03\x04 not a workbook", "bị hỏng"),
        (csv("Lê A,a@mau.vn,S,U,Lớp 1", heading="Tên gì đó,Email,Trường,Đơn vị,Lớp"), "họ tên"),
        (csv("a@mau.vn,S", heading="Email,Trường"), "thiếu cột: họ tên, đơn vị, lớp"),
        (csv("A,a@mau.vn,b@mau.vn,S,U,Lớp 1", heading="Họ tên,Email,E-mail,Trường,Đơn vị,Lớp"), "hai cột"),
        (csv(), "chỉ có dòng tiêu đề"),
        ("Họ tên,Email,Trường,Đơn vị,Lớp\nLê,a@mau.vn,S,U,Lớp 1\n".encode("utf-16"), "không phải CSV"),
        (csv("A,a@mau.vn,S,U,Lớp 1")[3:] + b"B\xea,b@mau.vn,S,U,L\n", "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(course: Any, content: bytes, said: str) -> None:
    if not content:
        from lophoc.accounts.roster import UnreadableError, rows

        with pytest.raises(UnreadableError, match=said):
            list(rows(content))
        return
    found = upload(content)
    assert (found.state, found.error_count) == ("faulty", 1)
    assert said in found.errors[0][2]


def test_more_than_fifty_thousand_rows_are_refused(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lophoc.accounts import roster

    assert roster.MOST_ROWS == 50_000
    monkeypatch.setattr(roster, "MOST_ROWS", 100)
    assert upload(many(100)).state == "ready"
    assert "hơn 100 dòng" in upload(many(101)).errors[0][2]


def test_a_roster_cannot_take_an_account_over(course: Any) -> None:
    from lophoc.accounts.models import User

    User.objects.filter(username="gv-1").update(email="gv@mau.vn")
    heading = f"username,{HEADING}"
    named = faults(
        csv(
            "quantri,Kẻ Gian,gian@mau.vn,S,U,Lớp 1",
            "gv-1,Kẻ Gian,gian2@mau.vn,S,U,Lớp 1",
            "gian,Kẻ Gian,GV@mau.vn,S,U,Lớp 1",
            heading=heading,
        )
    )
    assert [(line, column) for line, column, _ in named] == [(2, "username"), (3, "username"), (4, "email")]
    assert User.objects.get(username="quantri").email == ""


def test_two_people_cannot_have_one_name(course: Any) -> None:
    named = faults(csv("x,A,a@mau.vn,S,U,Lớp 1", "X,B,b@mau.vn,S,U,Lớp 1", heading=f"username,{HEADING}"))
    assert [(line, column) for line, column, _ in named] == [(3, "username")]
    crossed = csv("b@mau.vn,A,a@mau.vn,S,U,Lớp 1", ",B,b@mau.vn,S,U,Lớp 1", heading=f"username,{HEADING}")
    assert [(line, column) for line, column, _ in faults(crossed)] == [(3, "username")]


def test_an_account_that_was_stopped_is_not_enrolled(course: Any) -> None:
    from lophoc.accounts.models import User

    User.objects.create(username="nghi", email="nghi@mau.vn", is_active=False)
    assert "ngừng" in faults(csv("A,nghi@mau.vn,S,U,Lớp 1"))[0][2]


def test_what_changed_since_the_check_is_found_before_anything_is_stored(course: Any) -> None:
    from lophoc.accounts.models import User

    found = upload(csv("A,a@mau.vn,S,U,Lớp 1", "B,b@mau.vn,S,U,Lớp 1"))
    User.objects.create(username="b@mau.vn", email="khac@mau.vn")
    assert store(found).state == "faulty"
    assert not User.objects.filter(email="a@mau.vn").exists()


def test_two_thousand_rows_take_few_queries(course: Any) -> None:
    from lophoc.accounts.tasks import check_roster, import_roster

    found = upload(many(2000))
    with CaptureQueriesContext(connection) as captured:
        check_roster.call(found.pk)
    assert len(captured) <= 12
    # SQLite takes seventy rows of people in a query, PostgreSQL takes the thousand of a batch.
    with CaptureQueriesContext(connection) as captured:
        import_roster.call(found.pk, "https://x/")
    assert len(captured) <= 120
    found.refresh_from_db()
    assert found.result["made"] == 2000


def test_an_import_that_was_cut_off_is_finished_by_another_try(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lophoc.accounts import enrol
    from lophoc.accounts.models import User

    monkeypatch.setattr(enrol, "BATCH", 10)
    found, whole, calls = upload(many(30)), enrol.Batch.store, []

    def cut_off(batch: Any, *given: Any) -> Any:
        calls.append(batch)
        if len(calls) == 2:
            raise MemoryError
        return whole(batch, *given)

    monkeypatch.setattr(enrol.Batch, "store", cut_off)
    assert store(found).state == "failed"
    assert User.objects.filter(email__startswith="hv").count() == 10
    assert "Nhập danh sách</button>" in signed_in("quantri").get(f"/danh-sach/{found.pk}/").content.decode()
    found = store(found)
    assert (found.state, found.result["made"]) == ("done", 20)
    assert User.objects.filter(email__startswith="hv").count() == 30


def test_who_uploaded_what_is_in_the_audit_log(course: Any) -> None:
    from auditlog.models import LogEntry

    found = store(upload(many(3)))
    entries = LogEntry.objects.get_for_object(found)
    assert {each.actor.username for each in entries} == {"quantri"}
    assert entries.filter(changes__state__isnull=False).exists()
    assert "content" not in str([each.changes_dict for each in entries])
