"""Essays, marks and their history, the grade book, completion, and what instructors did."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from conftest import signed_in
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

ESSAY = "/khoa-hoc/mau/bai-luan/3/"
MARKING = "/khoa-hoc/mau/cham-bai/"
BOOK = "/khoa-hoc/mau/so-diem/"
PDF = b"%PDF-1.7 ..."


@pytest.fixture(autouse=True)
def _media(tmp_path: Any) -> Any:
    """Uploads go to a folder of the test."""
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield


@pytest.fixture
def unit(course: Any) -> Any:
    """The essay, with a rubric of two criteria."""
    from lophoc.assessment.models import Criterion

    found = course.units.get(kind="essay")
    levels = [{"title": "Tốt", "points": 6}, {"title": "Đạt", "points": 3}]
    Criterion.objects.create(unit=found, number=1, title="Nội dung", points=6, levels=levels)
    Criterion.objects.create(unit=found, number=2, title="Trình bày", points=4)
    return found


def _learner(name: str) -> Any:
    from lophoc.accounts.models import User

    return User.objects.get(username=name)


def _handed_in(name: str = "hv-2", **data: Any) -> Any:
    """An essay that a learner has just handed in; `hv-2` is in the class of `gv-1`."""
    from lophoc.assessment.models import Submission

    data = data or {"file": SimpleUploadedFile("bai của tôi.pdf", PDF)}
    assert signed_in(name).post(ESSAY, data).status_code == 302
    return Submission.objects.latest("pk")


def _marks(first: float, second: float, **more: str) -> dict[str, Any]:
    return {"points-1": first, "points-2": second, "comment-1": "Sâu sắc", "comment": "Tốt lắm", **more}


def _overdue(unit: Any) -> None:
    """As if the essay had been due yesterday."""
    from lophoc.catalogue.structure import forget

    unit.due = timezone.localdate() - timedelta(days=1)
    unit.save()
    forget("mau")


def test_an_essay_may_be_a_text_and_every_version_is_kept(unit: Any) -> None:
    from lophoc.assessment.models import Submission

    _handed_in(text="Bài <b>một</b>")
    _handed_in(text="Bài hai")
    page = signed_in("hv-2").get(ESSAY).content.decode()
    assert "Bài &lt;b&gt;một" in page
    assert "Bài hai" in page
    assert Submission.objects.count() == 2
    assert "Hãy chọn tệp" in signed_in("hv-2").post(ESSAY, {"text": " "}).content.decode()


def test_an_essay_is_downloaded_as_an_attachment_by_its_learner_and_those_of_the_class_only(unit: Any) -> None:
    address = f"/bai-nop/{_handed_in().pk}/"
    for name in ("hv-2", "gv-1", "quantri"):
        answer = signed_in(name).get(address)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment;")
        assert b"".join(answer.streaming_content) == PDF
    for name in ("hv-1", "gv-2"):
        assert signed_in(name).get(address).status_code == 404


def test_an_overdue_essay_is_refused_unless_the_unit_takes_it_late_and_then_costs_points(unit: Any) -> None:
    from lophoc.assessment.models import EssayRules, Grade

    _overdue(unit)
    assert signed_in("hv-2").post(ESSAY, {"text": "Muộn"}).status_code == 403
    EssayRules.objects.create(unit=unit, late_until=timezone.localdate(), late_penalty=20)
    submission = _handed_in(text="Muộn")
    assert submission.late
    signed_in("gv-1").post(f"{MARKING}{submission.pk}/", _marks(6, 4))
    grade = Grade.objects.get()
    assert (grade.points, grade.of) == (8, 10)
    assert grade.detail[-1]["penalty"] == 20


def test_marking_lists_what_waits_in_the_own_class_and_the_mark_takes_it_off(unit: Any) -> None:
    submission = _handed_in()
    _handed_in("hv-1")
    instructor = signed_in("gv-1")
    page = instructor.get(MARKING).content.decode()
    assert "Học viên 2" in page
    assert "Học viên 1" not in page
    assert instructor.post(f"{MARKING}{submission.pk}/", _marks(6, 3.5)).status_code == 302
    assert "Học viên 2" not in instructor.get(MARKING).content.decode()
    assert "Học viên 2" not in instructor.get(MARKING).content.decode()
    _handed_in()
    assert "Học viên 2" in instructor.get(MARKING).content.decode()


def test_a_mark_above_a_criterions_points_is_refused(unit: Any) -> None:
    from lophoc.assessment.models import Grade

    submission = _handed_in()
    answer = signed_in("gv-1").post(f"{MARKING}{submission.pk}/", _marks(7, 1))
    assert 'role="alert"' in answer.content.decode()
    assert not Grade.objects.exists()


@pytest.mark.parametrize("name", ["gv-2", "hv-2", "hv-1"])
def test_nobody_marks_outside_the_own_class(unit: Any, name: str) -> None:
    submission = _handed_in()
    assert signed_in(name).post(f"{MARKING}{submission.pk}/", _marks(1, 1)).status_code == 404
    if name.startswith("hv"):
        assert signed_in(name).get(MARKING).status_code == 403


def test_an_adviser_sees_the_class_but_marks_nothing(unit: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.models import Class

    adviser = User.objects.create(username="co-van")
    Class.objects.get(name="Lớp 1").advisers.add(adviser)
    submission = _handed_in()
    client = signed_in("co-van")
    assert client.get(BOOK).status_code == 200
    assert client.get(f"/bai-nop/{submission.pk}/").status_code == 200
    assert client.get(MARKING).status_code == 403
    assert client.get(f"{MARKING}{submission.pk}/").status_code == 404


def test_a_second_mark_needs_a_reason_and_both_stay_visible_to_the_learner(unit: Any) -> None:
    from lophoc.assessment.models import Grade

    submission = _handed_in()
    instructor = signed_in("gv-1")
    instructor.post(f"{MARKING}{submission.pk}/", _marks(3, 2))
    assert instructor.post(f"{MARKING}{submission.pk}/", _marks(6, 2)).status_code == 200
    assert Grade.objects.count() == 1
    instructor.post(f"{MARKING}{submission.pk}/", _marks(6, 2, reason="Chấm sót trang 2"))
    page = signed_in("hv-2").get(f"/khoa-hoc/mau/diem/{submission.learner_id}/3/").content.decode()
    for said in ("5/10", "8/10", "Chấm sót trang 2", "Sâu sắc", "Tốt lắm", "Cô Một"):
        assert said in page
    assert page.index("8/10") < page.index("5/10")
    assert "8/10" in signed_in("hv-2").get("/khoa-hoc/mau/ket-qua/").content.decode()


def test_a_grade_by_hand_is_added_with_its_reason_by_those_who_mark_and_a_quiz_leaves_it(course: Any) -> None:
    from lophoc.assessment.models import Grade

    learner = _learner("hv-2")
    address = f"/khoa-hoc/mau/diem/{learner.pk}/2/"
    given = {"points": 7, "of": 10, "reason": "Kiểm tra tập trung"}
    assert signed_in("gv-2").get(address).status_code == 404
    assert signed_in("hv-1").get(address).status_code == 404
    assert signed_in("hv-2").post(address, given).status_code == 403
    assert "Lý do" in signed_in("gv-1").post(address, {"points": 7, "of": 10}).content.decode()
    assert "lớn hơn" in signed_in("gv-1").post(address, {**given, "points": 11}).content.decode()
    assert signed_in("gv-1").post(address, given).status_code == 302
    client = signed_in("hv-2")
    attempt = client.post("/khoa-hoc/mau/bai-kiem-tra/2/bat-dau/")["Location"]
    client.post(f"{attempt}nop/", {"cau-1": "1", "cau-2": ["0", "2"], "cau-3": "diễn đàn", "cau-4": "6"})
    assert [str(grade) for grade in Grade.objects.all()] == ["7/10"]


def test_the_rubric_and_late_rules_are_set_by_organisers_only(course: Any) -> None:
    from lophoc.assessment.models import Criterion, EssayRules

    address = f"{ESSAY}thiet-lap/"
    form = {
        "points": 10,
        "late_until": "2027-01-01",
        "late_penalty": 10,
        "criteria-TOTAL_FORMS": 1,
        "criteria-INITIAL_FORMS": 0,
        "criteria-0-number": 1,
        "criteria-0-title": "Nội dung",
        "criteria-0-points": 10,
        "criteria-0-levels": "Tốt: 10\nĐạt: 5,5",
    }
    for name in ("hv-1", "gv-1"):
        assert signed_in(name).post(address, form).status_code == 403
    organiser = signed_in("quantri")
    assert organiser.get(address).status_code == 200
    assert organiser.post(address, form).status_code == 302
    assert Criterion.objects.get().levels == [{"title": "Tốt", "points": 10}, {"title": "Đạt", "points": 5.5}]
    assert EssayRules.objects.get().late_penalty == 10
    assert "Đạt: 5.5" in organiser.get(address).content.decode()


def _table(content: bytes) -> Any:
    import tablib

    return tablib.Dataset().load(content, format="xlsx")


def test_the_grade_book_is_exported_without_a_cell_that_a_spreadsheet_would_run(unit: Any) -> None:
    learner = _learner("hv-2")
    learner.full_name, learner.school = '=HYPERLINK("http://x")', "+1"
    learner.save()
    signed_in("gv-1").post(f"{MARKING}{_handed_in().pk}/", _marks(6, 2))
    answer = signed_in("gv-1").get(f"{BOOK}?dang=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="so-diem-mau.xlsx"'
    rows = _table(answer.content).dict
    assert [row["Tài khoản"] for row in rows] == ["hv-2"]
    assert rows[0]["Họ và tên"].startswith("'=")
    assert rows[0]["Trường"] == "'+1"
    assert rows[0]["Bài luận"] == "8/10"
    csv = signed_in("gv-1").get(f"{BOOK}?dang=csv").content.decode("utf-8-sig")
    assert "8/10" in csv
    assert "'=HYPERLINK" in csv


def test_the_grade_book_is_filtered_by_words_and_by_completion(folder: Any) -> None:
    import json

    from conftest import bundle

    from lophoc.catalogue.models import Progress, Unit
    from lophoc.operations.bundle import load

    (folder / "course.json").write_text(json.dumps(bundle(6)), "utf-8")
    load(folder)
    done = _learner("hv-4")
    Progress.objects.bulk_create(Progress(learner=done, unit=unit) for unit in Unit.objects.all())
    client = signed_in("gv-1")
    assert "Học viên 4" in (page := client.get(f"{BOOK}?hoan-thanh=roi").content.decode())
    assert "Học viên 2" not in page
    assert "Học viên 4" not in client.get(f"{BOOK}?hoan-thanh=chua").content.decode()
    assert "Học viên 2" not in (page := client.get(f"{BOOK}?q=hv-6").content.decode())
    assert "Học viên 6" in page


def _rule(course: Any, **changes: Any) -> None:
    from lophoc.classes.models import CompletionRule

    CompletionRule.objects.update_or_create(course=course, defaults=changes)


def _grade(learner: Any, unit: Any, points: float, of: float = 10) -> None:
    from lophoc.assessment.grades import record

    record(learner.pk, unit, points, of, "manual")


def test_a_course_is_completed_when_all_required_units_are_done(course: Any) -> None:
    from lophoc.assessment.grades import done
    from lophoc.classes.completion import completion

    learner = _learner("hv-1")
    lesson, quiz, essay = course.units.all()
    done(learner.pk, lesson)
    state = completion(course, [learner.pk])[learner.pk]
    assert not state.complete
    assert state.share == pytest.approx(1 / 3)
    assert state.missing == ("Chưa xong: Kiểm tra", "Chưa xong: Bài luận")
    assert state.grade is None
    done(learner.pk, quiz)
    essay.required = False
    essay.save()
    state = completion(course, [learner.pk])[learner.pk]
    assert state.complete
    assert state.share == 1


def test_a_course_may_ask_for_minimum_scores_and_a_weighted_total(course: Any) -> None:
    from lophoc.classes.completion import completion

    learner = _learner("hv-1")
    _lesson, quiz, essay = course.units.all()
    _rule(course, all_units=False, quiz_minimum=60, total_minimum=70, essay_weight=3)
    _grade(learner, quiz, 5)
    _grade(learner, essay, 9)
    state = completion(course, [learner.pk])[learner.pk]
    assert state.grade == 8.0
    assert state.missing == ("Kiểm tra: 50 %, cần ít nhất 60 %",)
    _grade(learner, quiz, 6)
    _grade(learner, essay, 7)
    state = completion(course, [learner.pk])[learner.pk]
    assert state.missing == ("Điểm tổng kết: 68 %, cần ít nhất 70 %",)


def test_an_exam_is_held_to_its_own_minimum(course: Any) -> None:
    from lophoc.assessment.models import Quiz
    from lophoc.classes.completion import completion

    learner = _learner("hv-1")
    quiz = course.units.get(kind="quiz")
    Quiz.objects.update(opens=timezone.now())
    _rule(course, all_units=False, quiz_minimum=90, exam_minimum=50)
    assert completion(course, [learner.pk])[learner.pk].missing == ("Kiểm tra: chưa có, cần ít nhất 50 %",)
    _grade(learner, quiz, 5)
    assert completion(course, [learner.pk])[learner.pk].complete


def test_a_course_may_ask_for_a_share_of_the_sessions(course: Any) -> None:
    from lophoc.classes.completion import completion
    from lophoc.schedule.attendance import take
    from lophoc.schedule.models import Session

    learner = _learner("hv-1")
    now = timezone.now()
    held = [Session.objects.create(course=course, title=f"Buổi {n}", starts=now, ends=now) for n in range(2)]
    _rule(course, all_units=False, attendance_minimum=80)
    take(held[0], [learner.pk], [learner.pk], learner.pk)
    assert completion(course, [learner.pk])[learner.pk].missing == ("Số buổi tham dự: 50 %, cần ít nhất 80 %",)
    take(held[1], [learner.pk], [learner.pk], learner.pk)
    assert completion(course, [learner.pk])[learner.pk].complete


def test_completion_asks_as_often_for_a_large_class_as_for_a_small_one(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.completion import completion

    people = User.objects.bulk_create(User(username=f"nhieu-{n}") for n in range(300))
    _rule(course, attendance_minimum=50)
    counts = []
    for learners in (people[:1], people):
        with CaptureQueriesContext(connection) as captured:
            assert len(completion(course, [each.pk for each in learners])) == len(learners)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 5


def test_ones_own_results_say_what_is_missing_and_are_for_learners_of_the_course(unit: Any) -> None:
    signed_in("gv-1").post(f"{MARKING}{_handed_in().pk}/", _marks(6, 2))
    page = signed_in("hv-2").get("/khoa-hoc/mau/ket-qua/").content.decode()
    assert 'data-page="my_results"' in page
    for said in ("8/10", "Tốt lắm", "Chưa xong: Bài 1", "Chưa xong: Kiểm tra"):
        assert said in page
    assert "Chưa xong: Bài luận" not in page
    assert signed_in("gv-1").get("/khoa-hoc/mau/ket-qua/").status_code == 403


def test_a_learners_progress_is_seen_by_those_of_the_class(course: Any) -> None:
    address = f"/khoa-hoc/mau/tien-do/{_learner('hv-2').pk}/"
    for name, status in (("gv-1", 200), ("quantri", 200), ("gv-2", 404), ("hv-2", 403), ("hv-1", 403)):
        assert signed_in(name).get(address).status_code == status


def test_results_of_a_long_course_ask_no_more_than_those_of_a_short_one(course: Any) -> None:
    from lophoc.catalogue.models import Unit
    from lophoc.catalogue.structure import forget

    client = signed_in("hv-1")
    counts = []
    for _ in range(2):
        client.get("/khoa-hoc/mau/ket-qua/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/khoa-hoc/mau/ket-qua/").status_code == 200
        counts.append(len(captured))
        lessons = [Unit(course=course, number=number, kind="lesson", title=f"Bài {number}") for number in range(4, 204)]
        Unit.objects.bulk_create(lessons, ignore_conflicts=True)
        forget("mau")
    assert counts[0] == counts[1] <= 14


def test_organisers_see_what_each_instructor_did_and_when(unit: Any) -> None:
    signed_in("gv-1").post(f"{MARKING}{_handed_in().pk}/", _marks(6, 2))
    signed_in("gv-1").post("/khoa-hoc/mau/dien-dan/moi/", {"title": "Nhắc việc", "body": "Nộp bài nhé"})
    address = "/khoa-hoc/mau/hoat-dong-nguoi-day/"
    for name in ("gv-1", "hv-1"):
        assert signed_in(name).get(address).status_code == 403
    page = signed_in("quantri").get(address).content.decode()
    for said in ("Cô Một chấm điểm", "Học viên 2", "viết trong diễn đàn", "Nhắc việc"):
        assert said in page
    other = _learner("gv-2")
    assert "chấm điểm <" not in signed_in("quantri").get(f"{address}?nguoi={other.pk}").content.decode()


def test_completion_is_set_by_organisers(course: Any) -> None:
    address = "/khoa-hoc/mau/dieu-kien-hoan-thanh/"
    form = {"all_units": "on", "total_minimum": 50} | {
        f"{kind}_weight": 1 for kind in ("quiz", "exam", "essay", "package")
    }
    assert signed_in("gv-1").post(address, form).status_code == 403
    organiser = signed_in("quantri")
    assert organiser.get(address).status_code == 200
    assert organiser.post(address, {**form, "total_minimum": 101}).status_code == 200
    assert organiser.post(address, form).status_code == 302
    course.refresh_from_db()
    assert course.completion_rule.total_minimum == 50


def _written(rows: list[list[Any]], form: str = "xlsx") -> SimpleUploadedFile:
    import tablib

    content: Any = tablib.Dataset(*rows, headers=["subject", "label", "kind", "text", "choices", "answer"]).export(form)
    return SimpleUploadedFile(f"cau-hoi.{form}", content if form == "xlsx" else content.encode())


ROWS = [
    ["CNTT", "ICT", "single", "Một?", "a\nb", 2],
    ["CNTT", "ICT", "multiple", "Hai?", "a\nb\nc", "1, 3"],
    ["CNTT", "ICT", "matching", "Ba?", "a\nb", "x\ny"],
    ["CNTT", "ICT", "short", "Bốn?", "", "có\nvâng"],
    ["CNTT", "ICT", "number", "Năm?", "", "6 ± 0,5"],
]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_questions_come_back_from_a_table_as_they_went_out(course: Any, form: str) -> None:
    from lophoc.assessment.models import Question

    Question.objects.all().delete()
    builder = signed_in("quantri")
    assert builder.post("/ngan-hang-cau-hoi/nhap/", {"file": _written(ROWS, form)}).status_code == 302
    answers = dict(Question.objects.values_list("kind", "answer"))
    assert answers == {
        "single": 1,
        "multiple": [0, 2],
        "matching": ["x", "y"],
        "short": ["có", "vâng"],
        "number": {"value": 6, "tolerance": 0.5},
    }
    out = builder.get(f"/ngan-hang-cau-hoi/?dang={form}").content
    Question.objects.all().delete()
    again = SimpleUploadedFile(f"x.{form}", out)
    assert builder.post("/ngan-hang-cau-hoi/nhap/", {"file": again}).status_code == 302
    assert dict(Question.objects.values_list("kind", "answer")) == answers
    assert set(Question.objects.values_list("subject", "label", "approved_at")) == {("CNTT", "ICT", None)}


def test_a_table_with_a_fault_names_its_row_and_nothing_is_taken(course: Any) -> None:
    from lophoc.assessment.models import Question

    before = Question.objects.count()
    rows = [
        *ROWS,
        ["", "", "single", "Sáu?", "a\nb", 3],
        ["", "", "lạ", "Bảy?", "", "x"],
        ["", "", "number", "Tám?", "", "sáu"],
    ]
    page = signed_in("quantri").post("/ngan-hang-cau-hoi/nhap/", {"file": _written(rows)}).content.decode()
    for said in ("Dòng 7", "Dòng 8", "Dòng 9", "không phải là số"):
        assert said in page
    assert "Dòng 6" not in page
    assert Question.objects.count() == before


@pytest.mark.parametrize("file", [b"\x00\x01", b"a,b\n1,2\n"])
def test_a_file_that_is_no_table_of_questions_is_told_so(course: Any, file: bytes) -> None:
    sent = SimpleUploadedFile("x.csv" if b"," in file else "x.xlsx", file)
    page = signed_in("quantri").post("/ngan-hang-cau-hoi/nhap/", {"file": sent}).content.decode()
    assert "errorlist" in page


def _staff(name: str, role: str) -> Any:
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    assign(User.objects.create(username=name), [Role(role)])
    return signed_in(name)


def test_the_bank_is_written_by_builders_and_approved_by_appraisers_but_not_by_the_writer(course: Any) -> None:
    from lophoc.assessment.models import Question

    builder, appraiser = _staff("xay", "builder"), _staff("duyet", "appraiser")
    form = {"label": "ICT", "kind": "single", "text": "Câu mới?", "choices": "a\nb", "answer": "1", "points": "2"}
    bank = "/ngan-hang-cau-hoi/"
    for client in (signed_in("hv-1"), signed_in("gv-1"), appraiser):
        assert client.post(f"{bank}moi/", form).status_code == 403
        assert client.post(f"{bank}nhap/").status_code == 403
    assert builder.post(f"{bank}moi/", form).status_code == 302
    held = Question.objects.get(text="Câu mới?")
    assert builder.post(f"{bank}duyet/", {"cau": held.pk}).status_code == 403
    signed_in("quantri").post(f"{bank}moi/", {**form, "text": "Của tôi?"})
    own = Question.objects.get(text="Của tôi?")
    signed_in("quantri").post(f"{bank}duyet/", {"cau": own.pk})
    own.refresh_from_db()
    assert own.approved_at is None
    assert "Đáp án" in appraiser.get(bank).content.decode()
    appraiser.post(f"{bank}duyet/", {"cau": held.pk})
    held.refresh_from_db()
    assert held.approved_by == _learner("duyet")
    assert signed_in("gv-1").get(bank).status_code == 403
    assert builder.post(f"{bank}{held.pk}/", {"xoa": "1"}).status_code == 200
    builder.post(f"{bank}{own.pk}/", {"xoa": "1"})
    assert list(Question.objects.filter(label="ICT")) == [held]


def test_a_bundle_brings_a_bank_rubric_late_rules_and_completion_and_a_copy_takes_them_along(folder: Any) -> None:
    import json

    from conftest import QUESTIONS, bundle

    from lophoc.assessment.essays import criteria_of
    from lophoc.assessment.load import copy, copy_completion
    from lophoc.assessment.models import EssayRules, Question, Quiz, pool
    from lophoc.catalogue.models import Course, Unit
    from lophoc.operations.bundle import load

    given = bundle(
        question_bank=[{**QUESTIONS[0], "label": "ICT", "subject": "CNTT"}], completion={"total_minimum": 50}
    )
    given["units"][1] |= {"passing": 50, "draws": [{"label": "ICT", "count": 1}], "shuffle_questions": True}
    given["units"][2] |= {
        "late": {"until": "2027-01-02", "penalty": 20},
        "rubric": [{"title": "Nội dung", "points": 10, "levels": [{"title": "Tốt", "points": 10}]}],
    }
    for title in ("Một", "Hai"):
        (folder / "course.json").write_text(json.dumps({**given, "title": title}), "utf-8")
        assert load(folder)
    old = Course.objects.get()
    bank = Question.objects.get(label="ICT")
    assert bank.approved_at
    assert old.completion_rule.total_minimum == 50
    units = list(old.units.all())
    assert (Quiz.objects.get().passing, pool(units[1]).count()) == (50, 4)
    assert criteria_of(units[2])[0].levels == [{"title": "Tốt", "points": 10}]
    new = Course.objects.create(
        slug="moi", title="Mới", opens=old.opens, closes=old.closes, access_until=old.access_until
    )
    places = [
        Unit.objects.create(course=new, number=unit.number, kind=unit.kind, title=unit.title, material=unit.material)
        for unit in units
    ]
    copy(zip(units, places, strict=True))
    copy_completion(old, new)
    assert (places[1].quiz.draws, pool(places[1]).count()) == ([{"label": "ICT", "count": 1}], 4)
    assert EssayRules.objects.get(unit=places[2]).late_penalty == 20
    assert criteria_of(places[2])
    assert new.completion_rule.total_minimum == 50


def test_a_package_that_reports_a_score_is_in_the_grade_book_with_its_best(course: Any) -> None:
    from lophoc.catalogue.models import Progress, Unit
    from lophoc.catalogue.structure import forget
    from lophoc.packages.reported import Reported
    from lophoc.packages.results import keep

    unit = Unit.objects.create(course=course, number=4, kind="package", title="Gói")
    forget("mau")
    learner = _learner("hv-2")
    told = dict.fromkeys(Reported._fields)
    told |= {"seconds": 1.0, "data": {}, "completed": False}
    for score in (0.5, 0.8, 0.6):
        keep(learner.pk, unit, 0, Reported(**{**told, "score": score}), 1)
    assert "80/100" in signed_in("gv-1").get(BOOK).content.decode()
    assert not Progress.objects.filter(unit=unit).exists()


def test_a_site_from_before_grades_gets_the_best_attempt_of_each_learner_as_one(course: Any) -> None:
    from importlib import import_module

    from django.apps import apps

    from lophoc.assessment.models import Attempt, Grade, Quiz

    learner, quiz, now = _learner("hv-1"), Quiz.objects.get(), timezone.now()
    for score in (1, 3, 2):
        Attempt.objects.create(quiz=quiz, learner=learner, submitted=now, score=score, points=4)
    import_module("lophoc.assessment.migrations.0003_first_grades").add_grades(apps, None)
    assert [str(grade) for grade in Grade.objects.all()] == ["3/4"]


def test_an_export_of_a_large_class_is_one_table(folder: Any) -> None:
    import json

    import tablib
    from conftest import bundle

    from lophoc.operations.bundle import load

    (folder / "course.json").write_text(json.dumps(bundle(300)), "utf-8")
    load(folder)
    client = signed_in("gv-1")
    client.get(BOOK)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(f"{BOOK}?dang=xlsx")
    assert len(captured) <= 10
    assert len(tablib.Dataset().load(BytesIO(answer.content), format="xlsx")) == 150
