"""One course from its plan to certificates and closing, with everybody who takes part, each in a browser."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lms_stack.topology import Topology
from runbooks.ssh import SshRemote
from tests.lab.people import Person, Site, answer, chromium, pictures

pytestmark = [pytest.mark.lab, pytest.mark.browser]

#: The clock of the pages: a date of the machine's own would be yesterday there for seven hours of each day.
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
COURSE = "khoa-hoc/boi-duong/"
LESSON = "Bài mở đầu: học qua mạng"
QUIZ = "Kiểm tra tuần 1: chuyển đổi số và LMS"
ESSAY = "Bài luận: kế hoạch bài dạy ứng dụng công nghệ thông tin"
LEARNERS = ("an@vi-du.test", "binh@vi-du.test")
STAFF = {
    "tochuc": ("Ban tổ chức khoá bồi dưỡng", "organiser"),
    "xaydung": ("Người xây dựng học liệu", "builder"),
    "thamdinh": ("Người thẩm định", "appraiser"),
    "nguoiday": ("Người dạy lớp A", ""),
    "covan": ("Cố vấn lớp A", ""),
}
PASSWORD = "mot-mat-khau-dai-2027"


@pytest.fixture(scope="module")
def web(state: Path, site: dict[str, Any]) -> Iterator[Site]:
    """The demo's site, a browser, and SSH to read the mail that it queued."""
    topology = Topology.model_validate_json((state / "demo" / "topology.json").read_text("utf-8"))
    with SshRemote(topology) as remote, chromium() as browser:
        yield Site(site["site"]["url"], browser, remote)


@pytest.fixture(scope="module")
def technician(web: Site, site: dict[str, Any]) -> Person:
    """The first account of the site, signed in with a second factor."""
    passwords = json.loads(Path(site["site"]["login"]["password_file"]).read_text("utf-8"))
    person = Person(web, "quantri", passwords["quantri"])
    person.sign_in()
    return person


@pytest.fixture(scope="module")
def people(web: Site, technician: Person) -> dict[str, Person]:
    """Staff and learners by name, in the order in which they come; filled as the journey goes on."""
    return {"quantri": technician}


def added(web: Site, people: dict[str, Person], username: str, address: str) -> Person:
    """Somebody who sets a password by the letter's link and signs in."""
    person = people[username] = Person(web, username, PASSWORD)
    person.first_password(address)
    person.sign_in()
    return person


def test_the_technician_makes_accounts_with_their_roles(web: Site, people: dict[str, Person]) -> None:
    technician = people["quantri"]
    for username, (name, role) in STAFF.items():
        page = technician.go("tai-khoan/moi/")
        page.fill("[name=username]", username)
        page.fill("[name=full_name]", name)
        page.fill("[name=email]", f"{username}@vi-du.test")
        if role:
            page.check(f"[name=roles][value={role}]")
        technician.press("Lưu")
        technician.press("Gửi liên kết đặt mật khẩu")
    technician.go("tai-khoan/?tim=vi-du")
    technician.shows("8-tai-khoan-va-vai-tro")
    for username in STAFF:
        added(web, people, username, f"{username}@vi-du.test")
    assert people["xaydung"].secret, "staff must set up a second factor"
    assert not people["nguoiday"].secret


def test_a_builder_writes_a_lesson_and_submits_it(people: dict[str, Person]) -> None:
    builder = people["xaydung"]
    page = builder.go("kho-hoc-lieu/soan/snippets/content/material/add/")
    page.fill("[name=title]", LESSON)
    page.locator(".c-sf-add-button").first.click()
    page.locator("[role=option]", has_text="Markdown").first.click()
    page.fill("textarea[name=body-0-value]", "## Mục tiêu\n\nBiết cách học qua mạng theo kế hoạch.")
    page.get_by_role("tab", name="Thông tin").click()
    page.fill("[name=author]", "Người xây dựng học liệu")
    page.select_option("[name=licence]", "own")
    _submit(builder)
    builder.go("kho-hoc-lieu/soan/snippets/content/material/")
    page.screenshot(path=pictures() / "5.2-kho-hoc-lieu.png")


def _submit(builder: Person) -> None:
    """Submit what is in the editor for appraisal."""
    builder.page.locator("footer .w-dropdown__toggle").click()
    with builder.page.expect_navigation():
        builder.page.locator("footer [name=action-submit]").click()


def test_an_appraiser_returns_it_and_then_approves_it(people: dict[str, Person]) -> None:
    appraiser, builder = people["thamdinh"], people["xaydung"]
    _appraise(appraiser, "reject", "Thiếu phần việc cần làm.")
    _resubmit(builder)
    appraiser.open("kho-hoc-lieu/tham-dinh/", LESSON)
    appraiser.shows("7-tham-dinh")
    _appraise(appraiser, "approve", "Đạt yêu cầu.")


def _appraise(appraiser: Person, decision: str, comment: str) -> None:
    page = appraiser.open("kho-hoc-lieu/tham-dinh/", LESSON)
    for radio in page.locator("main input[type=radio][value=yes]").all():
        radio.check()
    page.check(f"main input[name=decision][value={decision}]")
    page.fill("[name=comment]", comment)
    appraiser.press("Ghi kết quả")


def _resubmit(builder: Person) -> None:
    page = builder.open("kho-hoc-lieu/soan/snippets/content/material/", LESSON)
    page.fill("textarea[name=body-0-value]", "## Mục tiêu\n\nBiết cách học.\n\n## Việc cần làm\n\nĐọc kế hoạch.")
    _submit(builder)


def test_the_organiser_plans_the_course_and_fills_it_with_approved_materials(people: dict[str, Person]) -> None:
    organiser, today = people["tochuc"], datetime.now(VIETNAM).date()
    page = organiser.go("tao-khoa-hoc/")
    page.fill("[name=title]", "Bồi dưỡng học qua mạng")
    page.fill("[name=slug]", "boi-duong")
    page.fill("[name=organiser]", "Sở Giáo dục và Đào tạo tỉnh Mẫu")
    page.fill("[name=opens]", str(today))
    page.fill("[name=closes]", str(today + timedelta(days=30)))
    page.fill("[name=access_until]", str(today + timedelta(days=240)))
    page.fill("[name=plan]", "Học qua mạng trong một tháng.")
    page.fill("[name=information_system]", "Hệ thống quản lý học tập của Sở.")
    page.fill("[name=how_to_take_part]", "Đăng nhập, học từng bài, làm bài kiểm tra.")
    organiser.press("Tạo khoá học")
    for title in (LESSON, QUIZ, ESSAY):
        page.get_by_label(title, exact=True).check()
    organiser.press("Thêm vào khoá học")
    organiser.shows("5.1.a-hoc-phan")


def test_the_organiser_makes_a_class_and_imports_its_roster(web: Site, people: dict[str, Person]) -> None:
    organiser = people["tochuc"]
    page = organiser.go(f"{COURSE}quan-ly/lop/")
    page.fill("[name=classes-0-name]", "Lớp A")
    page.fill("[name=classes-0-instructor_name]", "nguoiday")
    page.fill("[name=classes-0-adviser_names]", "covan")
    organiser.press("Lưu")
    organiser.go(f"{COURSE}quan-ly/")
    organiser.press("Mở khoá học")
    organiser.go("danh-sach/")
    page.select_option("[name=course]", label="Bồi dưỡng học qua mạng")
    page.set_input_files("[name=file]", {"name": "lop-a.csv", "mimeType": "text/csv", "buffer": _roster()})
    organiser.press("Kiểm tra danh sách")
    page.get_by_role("button", name="Nhập danh sách").click(timeout=60_000)
    page.wait_for_selector("dt:has-text('Ghi danh mới') + dd:has-text('2')", timeout=60_000)
    organiser.shows("9-danh-sach")
    for address in LEARNERS:
        added(web, people, address, address)


def _roster() -> bytes:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["họ tên", "email", "trường", "đơn vị", "lớp"])
    for number, address in enumerate(LEARNERS, 1):
        rows.writerow([f"Học viên {number}", address, "THCS Mẫu", "Phòng Giáo dục Mẫu", "Lớp A"])
    return text.getvalue().encode()


def test_learners_read_the_plan_study_and_test_themselves(people: dict[str, Person]) -> None:
    for address in LEARNERS:
        learner = people[address]
        page = learner.go(f"{COURSE}ke-hoach/")
        learner.shows("9-ke-hoach")
        learner.open(COURSE, LESSON)
        learner.shows("5.1.b-bai-hoc")
        learner.press("Đánh dấu hoàn thành")
        learner.open(COURSE, QUIZ)
        learner.press("Bắt đầu làm bài")
        answer(page)
        learner.shows("5.1.b-lam-bai")
        learner.press("Nộp bài")
        page.wait_for_selector("#score")
        learner.shows("5.1.b-tu-danh-gia")


def test_learners_hand_in_essays_and_talk(people: dict[str, Person]) -> None:
    for address in LEARNERS:
        learner = people[address]
        page = learner.open(COURSE, ESSAY)
        page.fill("[name=text]", "Kế hoạch bài dạy: mục tiêu, hoạt động, đánh giá.")
        learner.press("Nộp bài luận")
        assert page.locator("#submissions li").count() == 1
        learner.shows("10.5-bai-luan")
        learner.go(f"{COURSE}dien-dan/")
        page.fill("[name=title]", "Câu hỏi về bài luận")
        page.fill("[name=body]", "Bài luận cần dài bao nhiêu?")
        learner.press("Gửi")
        learner.shows("5.1.d-dien-dan")


def test_instructor_and_adviser_help_mark_and_announce(people: dict[str, Person]) -> None:
    instructor, adviser = people["nguoiday"], people["covan"]
    for _ in LEARNERS:
        page = instructor.open(f"{COURSE}cham-bai/", ESSAY)
        for box in page.locator("main input[type=number]").all():
            box.fill("1")
        instructor.shows("5.1.c-cham-bai")
        with page.expect_navigation():
            page.locator("main form button").last.click()
    assert instructor.go(f"{COURSE}cham-bai/").locator("main tbody a").count() == 0
    page = instructor.go(f"{COURSE}thong-bao/")
    page.fill("[name=title]", "Đã chấm bài luận")
    page.fill("[name=body]", "Mời các thầy cô xem kết quả.")
    instructor.press("Gửi")
    instructor.shows("10.2-thong-bao")
    adviser.go(f"{COURSE}so-diem/")
    adviser.shows("5.1.c-so-diem")


def test_sessions_live_and_in_a_room_are_in_the_calendar_and_attendance_is_taken(people: dict[str, Person]) -> None:
    instructor, learner = people["nguoiday"], people[LEARNERS[0]]
    begins = datetime.now(VIETNAM).replace(minute=0, second=0, microsecond=0)
    for kind, title, where in (("live", "Giải đáp trực tuyến", "join_link"), ("room", "Thực hành tại trường", "place")):
        page = instructor.go(f"{COURSE}lich/moi/")
        page.locator("[name=kind]").select_option(kind)
        page.fill("[name=title]", title)
        page.fill("[name=starts]", f"{begins:%Y-%m-%dT%H:%M}")
        page.fill("[name=ends]", f"{begins + timedelta(hours=2):%Y-%m-%dT%H:%M}")
        page.fill(f"[name={where}]", "https://hop.vi-du.test/lop-a" if where == "join_link" else "Phòng máy 2")
        instructor.press("Lưu")
    learner.go(f"{COURSE}lich/")
    assert "Phòng máy 2" in learner.page.inner_text("main")
    learner.shows("10.4-lich-hoc")
    page = instructor.go(f"{COURSE}lich/")
    page.locator("main a", has_text="Điểm danh").first.click()
    page.wait_for_selector('body[data-page="attendance"]')
    page.locator("[name=co-mat]").first.check()
    instructor.press("Lưu điểm danh của trang này")
    instructor.shows("10.6-diem-danh")


def test_a_learner_asks_and_the_organisers_answer(people: dict[str, Person]) -> None:
    organiser, learner = people["tochuc"], people[LEARNERS[1]]
    page = learner.go(f"{COURSE}hoi-ban-to-chuc/")
    page.fill("[name=subject]", "Nộp muộn")
    page.fill("[name=body]", "Em có được nộp bài luận muộn một ngày không?")
    learner.press("Gửi")
    organiser.open("tin-nhan/?cau-hoi=mo", "Nộp muộn")
    organiser.page.fill("[name=body]", "Được, xin báo người dạy.")
    organiser.press("Gửi trả lời")
    learner.open("tin-nhan/", "Nộp muộn")
    assert "Được, xin báo người dạy." in learner.page.inner_text("main")
    learner.shows("5.1.d-hoi-dap")


def test_each_sees_only_what_the_role_needs(people: dict[str, Person]) -> None:
    learner = people[LEARNERS[0]]
    assert learner.status(f"{COURSE}so-diem/") == 403
    assert learner.status("tai-khoan/") == 403
    assert people["covan"].status(f"{COURSE}cham-bai/") == 403
    assert people["xaydung"].status("danh-sach/") == 403
    assert people["thamdinh"].status("tai-khoan/") == 403
    assert people["tochuc"].status("tai-khoan/") == 403


def test_learners_answer_the_survey_and_see_their_results(people: dict[str, Person]) -> None:
    organiser = people["tochuc"]
    organiser.go(f"{COURSE}khao-sat/")
    organiser.press("Tạo khảo sát với bộ câu hỏi mẫu")
    page = organiser.go(f"{COURSE}khao-sat/nguoi-hoc/sua/")
    page.fill("[name=opens]", str(datetime.now(VIETNAM).date()))
    organiser.press("Lưu")
    learner = people[LEARNERS[0]]
    page = learner.go(f"{COURSE}khao-sat/")
    for name in {radio.get_attribute("name") for radio in page.locator("main input[type=radio]").all()}:
        page.locator(f"main input[name='{name}']").first.check()
    learner.shows("10.9-khao-sat")
    learner.press("Gửi câu trả lời")
    assert "đã trả lời khảo sát này" in page.inner_text("main")
    learner.go(f"{COURSE}ket-qua/")
    learner.shows("5.1.b-ket-qua")


def test_certificates_are_issued_downloaded_and_verified_by_anybody(web: Site, people: dict[str, Person]) -> None:
    organiser, learner = people["tochuc"], people[LEARNERS[0]]
    page = organiser.go(f"{COURSE}giay-chung-nhan/")
    page.get_by_label("Nơi cấp").fill("Tỉnh Mẫu")
    page.get_by_label("Họ và tên người ký").fill("Nguyễn Văn Mẫu")
    with page.expect_navigation():
        page.click("button[name=issue]")
    learner.until("giay-chung-nhan/", "main a[href*='/pdf/']")  # a background job makes them
    organiser.go(f"{COURSE}giay-chung-nhan/")
    organiser.shows("10.7-giay-chung-nhan")
    learner.shows("10.7-giay-cua-toi")
    code = str(learner.page.locator("main a[href*='/chung-chi/']").first.get_attribute("href"))
    stranger = web.page()
    stranger.goto(f"{web.url.rstrip('/')}{code}")
    assert "có hiệu lực" in stranger.inner_text("main")
    stranger.screenshot(path=pictures() / "10.7-xac-minh.png")


def test_the_organiser_reports_and_closes_and_learners_still_read(people: dict[str, Person]) -> None:
    organiser, learner = people["tochuc"], people[LEARNERS[0]]
    organiser.go(f"{COURSE}bao-cao/")
    organiser.shows("12-bao-cao")
    organiser.go("nhat-ky/")
    organiser.shows("5.1.dd-nhat-ky")
    learner.go("du-lieu-cua-toi/")
    learner.shows("5.1.dd-du-lieu-cua-toi")
    organiser.go(f"{COURSE}quan-ly/")
    organiser.press("Đóng khoá học từ hôm nay")
    page = learner.go(COURSE)
    assert "Khoá học đã kết thúc" in page.inner_text("main")
    learner.shows("10.8-sau-khi-dong")
    organiser.go(f"{COURSE}quan-ly/chep/")
    organiser.shows("5.1.a-chep-khoa-hoc")
    learner.open(COURSE, LESSON)
    assert learner.page.get_by_role("button", name="Đánh dấu hoàn thành").count() == 0


def test_no_page_on_the_way_broke_its_own_security_policy(web: Site) -> None:
    assert web.faults == []
