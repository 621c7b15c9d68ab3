"""Courses: made from approved materials, opened, copied, stopped and deleted; what learners see of them."""

import json
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from conftest import bundle, signed_in
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

MANAGE = "/khoa-hoc/mau/quan-ly/"
PAGES = ("", "hoc-phan/", "lop/", "chep/")
NEW = {
    "title": "Khoá mới",
    "slug": "moi",
    "organiser": "Sở mẫu",
    "form": "blended",
    "opens": "2027-01-01",
    "closes": "2027-02-28",
    "access_until": "2027-08-28",
    "plan": "## Mục tiêu",
}


@pytest.fixture
def organiser(course: Any) -> Any:
    """An organiser's browser."""
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    assign(User.objects.create(username="tc-1", email="tc-1@example.org"), (Role.ORGANISER,))
    return signed_in("tc-1")


def units_form(course: Any, **changes: Any) -> dict[str, Any]:
    """The form of a course's units, as a browser sends it."""
    units = list(course.units.all())
    sent: dict[str, Any] = {"units-TOTAL_FORMS": len(units), "units-INITIAL_FORMS": len(units)}
    for n, unit in enumerate(units):
        sent |= {f"units-{n}-id": unit.pk, f"units-{n}-number": unit.number, f"units-{n}-title": unit.title}
        sent |= {f"units-{n}-minutes": unit.minutes, f"units-{n}-required": "on", f"units-{n}-online": "on"}
    return {**sent, **changes}


def test_a_course_is_made_from_materials_and_opens(organiser: Any, course: Any) -> None:
    from lophoc.catalogue.models import Course

    assert organiser.post("/tao-khoa-hoc/", NEW)["Location"] == "/khoa-hoc/moi/quan-ly/hoc-phan/"
    made = Course.objects.get(slug="moi")
    assert not made.is_open
    materials = list(course.units.values_list("material", flat=True))
    organiser.post("/khoa-hoc/moi/quan-ly/hoc-phan/them/", {"materials": materials})
    assert sorted(made.units.values_list("kind", flat=True)) == ["essay", "lesson", "quiz"]
    organiser.post("/khoa-hoc/moi/quan-ly/mo/")
    made.refresh_from_db()
    assert made.is_open
    assert organiser.get("/khoa-hoc/moi/").status_code == 200


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"access_until": "2027-08-27"}, "28/08/2027"),
        ({"closes": "2026-12-31"}, "Ngày đóng"),
        ({"slug": "mau"}, "errorlist"),
        ({"title": ""}, "errorlist"),
    ],
)
def test_a_course_that_breaks_a_rule_is_not_made(organiser: Any, change: dict[str, str], word: str) -> None:
    from lophoc.catalogue.models import Course

    answer = organiser.post("/tao-khoa-hoc/", NEW | change)
    assert word in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert Course.objects.count() == 1


def test_reading_goes_on_for_six_months_to_the_day(course: Any) -> None:
    from lophoc.catalogue.opening import access_at_least_until

    assert access_at_least_until(date(2027, 4, 11)) == date(2027, 10, 11)
    assert access_at_least_until(date(2026, 8, 31)) == date(2027, 2, 28)
    assert access_at_least_until(date(2027, 6, 30)) == date(2027, 12, 30)


@pytest.mark.parametrize("fault", ["not approved", "no licence", "withdrawn", "no material"])
def test_a_course_does_not_open_with_a_material_that_may_not_be_used(organiser: Any, course: Any, fault: str) -> None:
    from lophoc.content.models import Appraisal, Material

    course.is_open = False
    course.save()
    unit = course.units.get(number=2)
    if fault == "not approved":
        Appraisal.objects.filter(material=unit.material).delete()
    elif fault == "no licence":
        Material.objects.filter(pk=unit.material_id).update(licence="")
    elif fault == "withdrawn":
        Material.objects.filter(pk=unit.material_id).update(live=False)
    else:
        course.units.filter(pk=unit.pk).update(material=None)
    assert "“Kiểm tra”" in organiser.get(MANAGE).content.decode()
    organiser.post(f"{MANAGE}mo/")
    course.refresh_from_db()
    assert not course.is_open


def test_a_material_that_may_not_be_used_is_not_added(organiser: Any, course: Any) -> None:
    from lophoc.content.models import Material

    draft = Material.objects.create(title="Nháp", licence="own", live=False)
    answer = organiser.post(f"{MANAGE}hoc-phan/them/", {"materials": [draft.pk]}, follow=True)
    assert "đã thẩm định" in answer.content.decode()
    assert course.units.count() == 3


def test_units_are_put_in_another_order_and_keep_what_was_done(organiser: Any, course: Any) -> None:
    signed_in("hv-1").post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/")
    sent = units_form(course, **{"units-0-number": 3, "units-2-number": 1, "units-2-title": "Luận trước"})
    assert organiser.post(f"{MANAGE}hoc-phan/", sent).status_code == 302
    assert list(course.units.values_list("title", flat=True)) == ["Luận trước", "Kiểm tra", "Bài 1"]
    page = signed_in("hv-1").get("/khoa-hoc/mau/").content.decode()
    assert page.index("Luận trước") < page.index("Bài 1")
    assert "33 %" in page


def test_a_unit_in_which_somebody_worked_is_not_removed_and_another_is(organiser: Any, course: Any) -> None:
    signed_in("hv-1").post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/")
    assert (
        "đã có học viên"
        in organiser.post(f"{MANAGE}hoc-phan/", units_form(course, **{"units-0-DELETE": "on"})).content.decode()
    )
    organiser.post(f"{MANAGE}hoc-phan/", units_form(course, **{"units-2-DELETE": "on"}))
    assert list(course.units.values_list("kind", flat=True)) == ["lesson", "quiz"]


def test_a_unit_of_another_course_is_not_changed_from_here(organiser: Any, course: Any) -> None:
    from lophoc.catalogue.copying import copied

    other = copied(course, "khac", "Khác", date(2027, 1, 1))
    sent = units_form(course, **{"units-0-id": other.units.get(number=1).pk, "units-0-title": "Lạ"})
    organiser.post(f"{MANAGE}hoc-phan/", sent)
    assert not other.units.filter(title="Lạ").exists()


def test_classes_get_their_instructor_and_advisers_by_user_name(organiser: Any, course: Any) -> None:
    def sent(**changes: Any) -> dict[str, Any]:
        own = course.classes.filter(is_trial=False)
        rows = {
            f"classes-{n}-{key}": value
            for n, each in enumerate(own)
            for key, value in (("id", each.pk), ("name", each.name))
        }
        return {**rows, "classes-TOTAL_FORMS": 3, "classes-INITIAL_FORMS": 2, "classes-2-name": "Lớp 3", **changes}

    answer = organiser.post(f"{MANAGE}lop/", sent(**{"classes-2-instructor_name": "khong-co"}))
    assert "khong-co" in answer.content.decode()
    organiser.post(
        f"{MANAGE}lop/", sent(**{"classes-2-instructor_name": "gv-1", "classes-2-adviser_names": "gv-2, hv-1"})
    )
    made = course.classes.get(name="Lớp 3")
    assert made.instructor.username == "gv-1"
    assert sorted(each.username for each in made.advisers.all()) == ["gv-2", "hv-1"]
    answer = organiser.post(f"{MANAGE}lop/", sent(**{"classes-0-DELETE": "on", "classes-TOTAL_FORMS": 2}))
    assert "đã có học viên" in answer.content.decode()


def test_a_copy_has_units_and_settings_with_shifted_dates_and_nobody(organiser: Any, course: Any) -> None:
    from lophoc.assessment.models import Quiz
    from lophoc.catalogue.models import Course
    from lophoc.classes.models import CompletionRule

    CompletionRule.objects.create(course=course, quiz_minimum=60)
    Quiz.objects.update(opens=datetime.fromisoformat("2026-11-25T19:00:00+07:00"), time_limit=25)
    opens = course.opens + timedelta(days=365)
    organiser.post(f"{MANAGE}chep/", {"title": "Năm sau", "slug": "nam-sau", "opens": str(opens)})
    made = Course.objects.get(slug="nam-sau")
    assert (made.opens, made.is_open, made.copied_from) == (opens, False, course)
    assert made.closes - made.opens == course.closes - course.opens
    assert list(made.units.values_list("material", flat=True)) == list(course.units.values_list("material", flat=True))
    assert made.units.get(number=3).due == course.units.get(number=3).due + timedelta(days=365)
    quiz = Quiz.objects.get(unit__course=made)
    assert (quiz.time_limit, quiz.opens) == (25, datetime.fromisoformat("2027-11-25T19:00:00+07:00"))
    assert made.completion_rule.quiz_minimum == 60
    assert not made.classes.exists()
    assert (
        "Đã có khoá học"
        in organiser.post(f"{MANAGE}chep/", {"title": "Lại", "slug": "nam-sau", "opens": str(opens)}).content.decode()
    )


def test_a_copy_has_the_surveys_certificates_and_sessions_of_the_course_with_shifted_dates(
    organiser: Any, course: Any
) -> None:
    from lophoc.catalogue.copying import copied
    from lophoc.certificates.models import Issuing
    from lophoc.schedule.models import Session
    from lophoc.surveys.load import for_load_test
    from lophoc.surveys.models import Survey

    year, evening = timedelta(days=365), datetime.fromisoformat("2026-11-25T19:00:00+07:00")
    for_load_test(course)
    asked = Survey.objects.get(course=course, audience="nguoi-hoc", is_load_test=False)
    asked.questions.exclude(number=1).delete()
    Survey.objects.update(answered=7)
    Issuing.objects.create(course=course, organiser="Sở mẫu", signer_name="Bà Một", issued_on=date(2026, 12, 1))
    held = {"course": course, "starts": evening, "ends": evening + timedelta(hours=2)}
    Session.objects.create(**held, title="Khai giảng", kind="room", place="Hội trường", join_link="https://h.vn/")
    Session.objects.create(**held, title="Đã huỷ", is_cancelled=True)
    Session.objects.create(**held, title="Của một lớp", klass=course.classes.first())
    made = copied(course, "nam-sau", "Năm sau", course.opens + year)
    surveys = {each.audience: each for each in made.surveys.all()}
    assert len(surveys) == made.surveys.count() == 2
    new = surveys["nguoi-hoc"]
    assert (new.opens, new.closes, new.answered) == (asked.opens + year, asked.closes + year, 0)
    assert [each.text for each in new.questions.all()] == [each.text for each in asked.questions.all()]
    assert (made.issuing.signer_name, made.issuing.issued_on) == ("Bà Một", date(2027, 12, 1))
    session = made.sessions.get()
    assert (session.title, session.place, session.join_link) == ("Khai giảng", "Hội trường", "")
    assert (session.starts, session.ends) == (evening + year, evening + year + timedelta(hours=2))
    assert (course.sessions.count(), course.surveys.count()) == (3, 3)


def test_a_course_that_is_stopped_takes_nothing_and_is_read_for_six_months(organiser: Any, course: Any) -> None:
    from lophoc.catalogue.opening import access_at_least_until

    organiser.post(f"{MANAGE}dong/")
    course.refresh_from_db()
    assert course.access_until >= access_at_least_until(course.closes)
    learner = signed_in("hv-1")
    assert learner.post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/").status_code == 403
    page = learner.get("/khoa-hoc/mau/").content.decode()
    assert f"bị xoá ngày {course.access_until + timedelta(days=1):%d/%m/%Y}" in page


@pytest.mark.parametrize("name", ["hv-1", "gv-1", "xd-1", "td-1", "ngoai"])
def test_nobody_but_organisers_manages_a_course(organiser: Any, name: str) -> None:
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    roles = {"xd-1": (Role.BUILDER,), "td-1": (Role.APPRAISER,)}
    person, new = User.objects.get_or_create(username=name)
    if new:
        assign(person, roles.get(name, ()))
    client = signed_in(name)
    assert client.get("/tao-khoa-hoc/").status_code == 403
    assert client.post("/tao-khoa-hoc/", NEW).status_code == 403
    for page in PAGES:
        assert client.get(MANAGE + page).status_code == 403, page
        assert client.post(MANAGE + page, {}).status_code == 403, page
    for act in ("mo/", "dong/", "hoc-phan/them/"):
        assert client.post(MANAGE + act, {}).status_code == 403, act


def test_the_plan_tells_which_tests_are_online_and_who_takes_part_reads_it(organiser: Any, course: Any) -> None:
    course.units.filter(number=3).update(online=False)
    course.plan, course.how_to_take_part = "**Mục tiêu** <script>x</script>", "Đăng nhập."
    course.save()
    page = signed_in("hv-1").get("/khoa-hoc/mau/ke-hoach/").content.decode()
    assert "<strong>Mục tiêu</strong>" in page
    assert "<script>x" not in page
    table = page[page.index("<table>") :]
    assert table.index("qua mạng") < table.index("Bài luận") < table.index("tập trung")
    for name, status in {"gv-1": 200, "tc-1": 200, "ngoai": 403}.items():
        from lophoc.accounts.models import User

        User.objects.get_or_create(username=name)
        assert signed_in(name).get("/khoa-hoc/mau/ke-hoach/").status_code == status


def closed(days: int) -> dict[str, Any]:
    """What `close_courses` says on the day that many days from today."""
    from unittest.mock import patch

    out = StringIO()
    with patch("django.utils.timezone.localdate", return_value=date.today() + timedelta(days=days)):
        call_command("close_courses", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_a_course_is_deleted_the_day_after_its_last_one_and_its_figures_and_materials_stay(
    organiser: Any, course: Any
) -> None:
    from lophoc.accounts.models import User
    from lophoc.catalogue.models import Course
    from lophoc.content.models import Material
    from lophoc.reports.models import CourseSummary

    signed_in("hv-1").post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/")
    materials, people = Material.objects.count(), User.objects.count()
    assert closed(200)["deleted"] == []
    assert Course.objects.exists()
    assert closed(201)["deleted"] == ["mau"]
    assert not Course.objects.exists()
    assert (Material.objects.count(), User.objects.count()) == (materials, people)
    assert CourseSummary.objects.get().slug == "mau"
    assert closed(201) == {"deleted": [], "told": [], "changed": False}


def test_organisers_are_told_once_two_weeks_before(organiser: Any, course: Any) -> None:
    from post_office.models import Email

    assert closed(186)["told"] == []
    assert closed(187)["told"] == ["mau"]
    assert closed(188) == {"deleted": [], "told": [], "changed": False}
    mail = Email.objects.get()
    assert mail.to == ["tc-1@example.org"]
    assert "sẽ bị xoá" in mail.subject


def test_the_course_page_says_what_is_next_and_what_is_due(course: Any) -> None:
    client = signed_in("hv-1")
    page = client.get("/khoa-hoc/mau/").content.decode()
    assert "Học tiếp: Bài 1" in page
    assert "Sắp đến hạn" in page
    client.post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/")
    assert "Học tiếp: Kiểm tra" in client.get("/khoa-hoc/mau/").content.decode()


def test_the_course_list_shows_the_learners_progress_and_asks_no_more_for_more_courses(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.catalogue.copying import copied
    from lophoc.catalogue.models import Course
    from lophoc.classes.models import Class, Enrolment

    client = signed_in("hv-1")
    client.post("/khoa-hoc/mau/bai-hoc/1/hoan-thanh/")
    counts = []
    for number in range(2):
        made = copied(course, f"khac-{number}", f"Khác {number}", course.opens)
        Course.objects.filter(pk=made.pk).update(is_open=True)
        klass = Class.objects.create(course=made, name="Lớp")
        Enrolment.objects.create(learner=User.objects.get(username="hv-1"), klass=klass)
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/").content.decode()
        counts.append(len(captured))
    assert "33 %" in page
    assert "Khác 1" in page
    assert counts[0] == counts[1] <= 8


def test_a_course_of_many_units_asks_no_more_than_a_small_one(folder: Any) -> None:
    from lophoc.operations.bundle import load

    counts = []
    for units in (20, 200):
        given = bundle(units=[{"kind": "lesson", "title": f"Bài {n}", "markdown": "x"} for n in range(units)])
        (folder / "course.json").write_text(json.dumps(given), "utf-8")
        load(folder)
        client = signed_in("hv-1")
        client.get("/khoa-hoc/mau/")
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/khoa-hoc/mau/").content
        counts.append(len(captured))
        assert len(page) < 150_000
    assert counts[0] == counts[1] <= 8
