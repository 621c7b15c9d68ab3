"""Reports: what they count, that they agree, who may see them; everything about one learner; the log of acts."""

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
import tablib
from conftest import signed_in
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

COURSE = "/khoa-hoc/mau/bao-cao/"
PDF = b"%PDF-1.7 ..."
REPORTS = ("ghi-danh", "hoat-dong", "hoan-thanh", "ket-qua")


@pytest.fixture
def busy(course: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ten learners of two units; the first two did things, the first completed with nine out of ten."""
    from django.utils import timezone

    from lophoc.accounts.models import User
    from lophoc.assessment.models import Attempt, Quiz
    from lophoc.catalogue.models import Progress
    from lophoc.classes.completion import Completion
    from lophoc.classes.models import Class, Enrolment
    from lophoc.forum.models import Post, Topic
    from lophoc.operations.load_test import prepare
    from lophoc.reports import figures

    prepare(course, 3, 1, "mat-khau-thu-tai")
    User.objects.bulk_create([User(username=f"hv-{n}", full_name=f"Học viên {n}") for n in range(4, 11)])
    for n in range(1, 11):
        unit = "Phòng Một" if n <= 6 else "Phòng Hai"
        User.objects.filter(username=f"hv-{n}").update(unit=unit, school=f"Trường {n % 3}" if n % 3 else "")
    klass = Class.objects.get(name="Lớp 1")
    Enrolment.objects.bulk_create(
        [
            Enrolment(learner=each, klass=klass)
            for each in User.objects.filter(username__startswith="hv-") | User.objects.filter(username="thutai-00002")
        ],
        ignore_conflicts=True,
    )
    first, second = (User.objects.get(username=name) for name in ("hv-1", "hv-2"))
    quiz = Quiz.objects.get()
    Progress.objects.bulk_create([Progress(learner=first, unit=unit) for unit in course.units.all()])
    for learner in (first, User.objects.get(username="thutai-00001")):
        Attempt.objects.create(quiz=quiz, learner=learner, submitted=timezone.now(), score=4, points=4)
    Post.objects.create(topic=Topic.objects.filter(is_load_test=False).first(), author=second, body="Chào")

    def completion(_course: Any, learners: Any) -> dict[int, Any]:
        return {pk: Completion(pk == first.pk, 1.0, (), 9.0 if pk == first.pk else None) for pk in learners}

    monkeypatch.setattr(figures, "completion", completion)
    return course


def table(path: str, username: str = "quantri") -> list[dict[str, str]]:
    """The lines of a report's csv file."""
    content = signed_in(username).get(path).content.decode("utf-8-sig")
    return list(tablib.Dataset().load(content, format="csv").dict)


def test_learners_are_counted_once_and_the_load_test_and_the_trial_class_never(busy: Any) -> None:
    rows = table(f"{COURSE}?loai=hoat-dong&theo=don-vi&tep=csv")
    assert [list(row.values()) for row in rows] == [
        ["Phòng Hai", "4", "0", "0.0", "0", "0", "0", "0"],
        ["Phòng Một", "6", "2", "33.3", "3", "1", "0", "1"],
        ["Tổng", "10", "2", "20.0", "3", "1", "0", "1"],
    ]


def test_completion_and_results_are_told_by_group(busy: Any) -> None:
    done = table(f"{COURSE}?loai=hoan-thanh&theo=truong&tep=csv")
    assert [list(row.values()) for row in done] == [
        ["Trường 1", "4", "1", "3", "25.0"],
        ["Trường 2", "3", "0", "3", "0.0"],
        ["(chưa ghi)", "3", "0", "3", "0.0"],
        ["Tổng", "10", "1", "9", "10.0"],
    ]
    assert table(f"{COURSE}?loai=ket-qua&theo=don-vi&tep=csv")[-1]["Điểm trung bình (thang 10)"] == "9.0"


@pytest.mark.parametrize("report", REPORTS)
def test_reports_agree_with_each_other(busy: Any, report: str) -> None:
    """By unit, school or class, of the course or the site, as a page or a file: the totals are the same."""
    signed_in("quantri").post("/bao-cao/tinh-lai/")
    totals = [table(f"{COURSE}?loai={report}&theo={by}&tep=csv")[-1] for by in ("don-vi", "truong", "lop")]
    totals += [table(f"/bao-cao/?loai={report}&theo={by}&tep=csv")[-1] for by in ("khoa-hoc", "don-vi", "truong")]
    values = [list(total.values())[1:] for total in totals]
    assert values == [values[0]] * 6
    rows = table(f"{COURSE}?loai={report}&theo=don-vi&tep=csv")
    for name in ("Số người học", "Đã vào học", "Đã hoàn thành", "Số người có điểm"):
        if name in rows[0]:
            assert sum(int(row[name]) for row in rows[:-1]) == int(rows[-1][name])
    page = signed_in("quantri").get(f"{COURSE}?loai={report}&theo=don-vi").content.decode()
    assert "Phòng Một" in page
    assert 'class="total"' in page


def test_a_learner_in_two_classes_counts_once(busy: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.models import Class, Enrolment

    Enrolment.objects.get_or_create(learner=User.objects.get(username="hv-4"), klass=Class.objects.get(name="Lớp 2"))
    rows = table(f"{COURSE}?loai=ghi-danh&theo=lop&tep=csv")
    assert int(rows[-1]["Số người học"]) == 10 == sum(int(row["Số người học"]) for row in rows[:-1])


def test_the_figures_stay_when_the_course_is_deleted_without_grades_of_few(busy: Any) -> None:
    from lophoc.reports.figures import summarise
    from lophoc.reports.models import CourseSummary

    summarise(busy)
    busy.delete()
    rows = table("/bao-cao/?loai=ket-qua&theo=don-vi&tep=csv")
    assert [(row["Đơn vị"], row["Số người học"], row["Đã hoàn thành"]) for row in rows] == [
        ("Phòng Hai", "4", "0"),
        ("Phòng Một", "6", "1"),
        ("Tổng", "10", "1"),
    ]
    assert rows[1]["Số người có điểm"] == "0"
    kept = json.dumps(CourseSummary.objects.get().figures, ensure_ascii=False)
    assert "Học viên" not in kept
    assert "hv-" not in kept


def test_the_report_to_the_ministry_has_the_courses_that_ended_in_the_period(busy: Any) -> None:
    from lophoc.reports.figures import summarise
    from lophoc.surveys.load import load
    from lophoc.surveys.models import Survey, Tally

    load(busy)
    survey = Survey.objects.get(course=busy, audience="nguoi-hoc", is_load_test=False)
    Survey.objects.update(answered=5)
    Tally.objects.create(question=survey.questions.filter(section="system").first(), value="4", count=5)
    summarise(busy, for_good=False)
    day = busy.closes
    sent = {"begins": str(day), "ends": str(day), "organiser": "Sở mẫu", "difficulties": "Đường <truyền>"}
    page = signed_in("quantri").post("/bao-cao/gui-bo/", sent).content.decode()
    for said in ("SỞ MẪU", "qua Cục Công nghệ thông tin", "Khoá mẫu", "10 lượt người học", "Phòng Một", "4,0"):
        assert said in page
    assert "Đường &lt;truyền&gt;" in page
    empty = {**sent, "begins": str(day + timedelta(1)), "ends": str(day + timedelta(2))}
    assert "Khoá mẫu" not in signed_in("quantri").post("/bao-cao/gui-bo/", empty).content.decode()
    wrong = {**sent, "ends": str(date(2000, 1, 1))}
    assert signed_in("quantri").post("/bao-cao/gui-bo/", wrong).status_code == 400


STAFF = ("/bao-cao/", "/bao-cao/gui-bo/", "/bao-cao/nguoi-hoc/", "/nhat-ky/", COURSE)


@pytest.mark.parametrize("path", STAFF)
def test_only_organisers_see_reports(course: Any, path: str) -> None:
    assert signed_in("quantri").get(path).status_code == 200
    for username in ("hv-1", "gv-1"):
        assert signed_in(username).get(path).status_code == 403
    assert Client().get(path).status_code == 302


def test_posts_of_reports_are_for_organisers_alone(course: Any) -> None:
    from lophoc.accounts.models import User

    pk = User.objects.get(username="hv-2").pk
    for username in ("hv-1", "gv-1"):
        assert signed_in(username).post("/bao-cao/tinh-lai/").status_code == 403
        assert signed_in(username).post(f"/bao-cao/nguoi-hoc/{pk}/").status_code == 403


def test_a_technician_reads_the_log_and_no_report(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    assign(User.objects.create(username="ky-thuat"), [Role.TECHNICIAN])
    assign(User.objects.create(username="bien-soan"), [Role.BUILDER])
    assert signed_in("ky-thuat").get("/nhat-ky/").status_code == 200
    assert signed_in("ky-thuat").get("/bao-cao/").status_code == 403
    assert signed_in("bien-soan").get("/nhat-ky/").status_code == 403


def test_text_that_looks_like_a_formula_stays_text(busy: Any) -> None:
    from lophoc.accounts.models import User

    User.objects.filter(username="hv-1").update(unit="=cmd|' /C calc'!A0")
    rows = table(f"{COURSE}?theo=don-vi&tep=csv")
    assert "'=cmd|' /C calc'!A0" in {row["Đơn vị"] for row in rows}
    content = signed_in("quantri").get(f"{COURSE}?theo=don-vi&tep=xlsx").content
    cells = [cell for row in tablib.Dataset().load(content, format="xlsx") for cell in row]
    assert not [cell for cell in cells if str(cell).startswith("=")]
    assert 10 in cells


def test_reports_ask_the_database_a_bounded_number_of_times(busy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes import completion
    from lophoc.classes.models import Class, Enrolment
    from lophoc.reports import figures

    monkeypatch.setattr(figures, "completion", completion.completion)
    client = signed_in("quantri")

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    client.post("/bao-cao/tinh-lai/")
    queries(COURSE)  # what is cached from now on
    few = queries(COURSE), queries("/bao-cao/?theo=don-vi"), queries("/nhat-ky/")
    people = User.objects.bulk_create([User(username=f"them-{n}", unit=f"Phòng {n % 50}") for n in range(400)])
    klass = Class.objects.get(name="Lớp 2")
    Enrolment.objects.bulk_create([Enrolment(learner=each, klass=klass) for each in people])
    for number in range(20):
        User.objects.create(username=f"ghi-{number}").groups.add(1)
    client.post("/bao-cao/tinh-lai/")
    assert (queries(COURSE), queries("/bao-cao/?theo=don-vi"), queries("/nhat-ky/")) == few
    assert max(few) <= 20


# ------------------------------------------------------------------------------------------ everything about a learner


def opened(answer: Any) -> tuple[dict[str, Any], zipfile.ZipFile]:
    """The tables and the archive of a data file."""
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return json.loads(archive.read("du-lieu.json")), archive


def test_every_model_that_points_to_people_is_exported_or_left_out_with_a_reason() -> None:
    from django.apps import apps

    from lophoc.accounts.models import User
    from lophoc.reports.personal import EXCLUDED, exported, name_of

    pointing = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if getattr(field, "concrete", False) and field.related_model is User and not field.many_to_many
    }
    assert pointing - {name_of(field) for field in exported()} - set(EXCLUDED) == set()
    assert set(EXCLUDED) <= pointing, "a reason for a field that is no more"
    assert all(len(reason) > 15 for reason in EXCLUDED.values())


#: What is exported: whoever adds a model that points to people says here that its rows may be seen by the person.
SHOWN = frozenset(
    {
        *("accounts.User_groups", "accounts.User_user_permissions", "catalogue.Progress", "classes.Class"),
        *("classes.Class_advisers", "classes.Enrolment", "content.AppraisalTask_appraisers", "packages.Record"),
        *("packages.Place", "assessment.Attempt", "assessment.Submission", "assessment.Grade", "forum.Topic"),
        *("forum.Post", "forum.Subscription", "notices.Announcement", "notices.Conversation", "notices.Message"),
        *("schedule.Attendance", "schedule.Mark", "certificates.Certificate", "surveys.Answered"),
        *("wagtailusers.UserProfile", "wagtailcore.Comment", "wagtailcore.CommentReply"),
        *("wagtailcore.PageSubscription", "account.EmailAddress", "mfa.Authenticator"),
    }
)


def test_a_new_model_that_points_to_people_is_looked_at_by_somebody() -> None:
    from lophoc.reports.personal import exported

    assert {field.model._meta.label for field in exported()} == SHOWN


def test_a_person_gets_all_of_their_own_and_nothing_of_others(busy: Any, settings: Any, tmp_path: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.assessment.models import Submission
    from lophoc.forum.models import Post, Topic

    settings.MEDIA_ROOT = str(tmp_path)
    me = User.objects.get(username="hv-1")
    me.set_password("bi-mat-cua-toi")
    me.save()
    essay = busy.units.get(kind="essay")
    Submission.objects.create(unit=essay, learner=me, file=ContentFile(PDF, "x.pdf"), name="bài.pdf")
    topic = Topic.objects.create(course=busy, title="Câu hỏi của tôi", author=me)
    Post.objects.create(topic=topic, author=User.objects.get(username="hv-3"), body="Lời người khác")
    assert 'data-page="my_data"' in signed_in("hv-1").get("/du-lieu-cua-toi/").content.decode()
    tables, archive = opened(signed_in("hv-1").post("/du-lieu-cua-toi/tep/"))
    text = json.dumps(tables, ensure_ascii=False)
    for said in ("Học viên 1", "Phòng Một", "Lớp 1", "Câu hỏi của tôi", "bài.pdf", "assessment.Attempt"):
        assert said in text
    for hidden in ("Lời người khác", "Học viên 3", "hv-3", me.password, "argon2"):
        assert hidden not in text
    files = [name for name in archive.namelist() if name.startswith("tep/")]
    assert [archive.read(name) for name in files] == [PDF]


def test_an_organiser_takes_a_learners_data_and_that_is_recorded(course: Any) -> None:
    from auditlog.models import LogEntry

    from lophoc.accounts.models import User

    learner = User.objects.get(username="hv-1")
    client = signed_in("quantri")
    assert f"/bao-cao/nguoi-hoc/{learner.pk}/" in client.get("/bao-cao/nguoi-hoc/?tim=Học viên 1").content.decode()
    tables, _archive = opened(client.post(f"/bao-cao/nguoi-hoc/{learner.pk}/"))
    assert "Học viên 1" in json.dumps(tables, ensure_ascii=False)
    entry = LogEntry.objects.get_for_object(learner).get(action=LogEntry.Action.ACCESS)
    assert entry.actor.username == "quantri"
    organiser = User.objects.get(username="quantri")
    assert client.post(f"/bao-cao/nguoi-hoc/{organiser.pk}/").status_code == 404


def test_the_load_tests_accounts_are_not_found(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.operations.load_test import prepare

    prepare(course, 1, 1, "mat-khau-thu-tai")
    pk = User.objects.get(username="thutai-00001").pk
    client = signed_in("quantri")
    assert "thutai-00001" not in client.get("/bao-cao/nguoi-hoc/?tim=thutai").content.decode().replace("value=", "")
    assert client.post(f"/bao-cao/nguoi-hoc/{pk}/").status_code == 404


# ------------------------------------------------------------------------------------------------- the log of acts


def test_the_log_is_narrowed_paged_and_exported(course: Any) -> None:
    from lophoc.surveys.load import load
    from lophoc.surveys.models import Survey

    load(course)
    client = signed_in("quantri")
    address = "/khoa-hoc/mau/khao-sat/nguoi-hoc/sua/"
    survey = Survey.objects.get(audience="nguoi-hoc")
    Survey.objects.update(opens=date.today() - timedelta(1))
    client.post(address, {"opens": str(survey.opens), "closes": "2030-01-31"})
    page = client.get("/nhat-ky/?nguoi=quantri").content.decode()
    assert "2030-01-31" in page
    assert "2030-01-31" not in client.get("/nhat-ky/?nguoi=khong-ai").content.decode()
    assert "2030-01-31" not in client.get("/nhat-ky/?tu=2099-01-01").content.decode()
    rows = table("/nhat-ky/?nguoi=quantri&tep=csv")
    assert any("2030-01-31" in row["Thay đổi"] for row in rows)
    assert all(row["Người làm"] == "Quản trị viên" for row in rows)


def test_the_log_says_what_changed_in_words_and_nothing_of_mere_relations(course: Any) -> None:
    from lophoc.accounts.models import User

    person = User.objects.create(username="moi", full_name="Người Mới")
    person.school = "Trường Mới"
    person.save()
    person.school = "Trường Khác"
    person.save()
    rows = table("/nhat-ky/?doi_tuong=Người Mới&tep=csv")
    assert [row["Việc"] for row in rows] == ["sửa", "sửa", "tạo"]
    assert rows[0]["Thay đổi"] == "trường: Trường Mới → Trường Khác"
    assert rows[1]["Thay đổi"] == "trường: Trường Mới"
    assert "họ và tên: Người Mới" in rows[2]["Thay đổi"]
    assert ".None" not in rows[2]["Thay đổi"]
