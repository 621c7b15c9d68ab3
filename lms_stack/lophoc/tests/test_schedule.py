"""The calendar, sessions and attendance."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from conftest import signed_in
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

CALENDAR = "/khoa-hoc/mau/lich/"
ROOM = "https://hop.example.org/phong-1"


def user(username: str, **changes: Any) -> Any:
    from lophoc.accounts.models import User

    User.objects.filter(username=username).update(**changes)
    return User.objects.get(username=username)


def class_of(number: int) -> Any:
    from lophoc.classes.models import Class

    return Class.objects.get(name=f"Lớp {number}")


def planned(course: Any, begins_in: timedelta = timedelta(0), **values: Any) -> Any:
    """A live session of the second class that lasts an hour."""
    from lophoc.schedule.events import forget
    from lophoc.schedule.models import Session

    starts = timezone.now() + begins_in
    given = {"klass": class_of(2), "title": "Giải đáp", "join_link": ROOM, "starts": starts, **values}
    one = Session.objects.create(course=course, ends=given["starts"] + timedelta(hours=1), **given)
    forget(course.pk)
    return one


def entered(username: str, session: Any) -> Any:
    return signed_in(username).get(f"{CALENDAR}{session.pk}/vao/")


def share(course: Any, *usernames: str) -> dict[int, float]:
    from lophoc.schedule.attendance import attendance_share

    return attendance_share([user(name).pk for name in usernames], course)


# hv-2 learns in Lớp 1 (gv-1); hv-1 and hv-3 learn in Lớp 2 (gv-2).


@pytest.mark.parametrize(
    ("reader", "sees"), [("hv-1", True), ("gv-2", True), ("quantri", True), ("hv-2", False), ("gv-1", False)]
)
def test_a_session_of_a_class_is_for_those_of_the_class_and_organisers(course: Any, reader: str, sees: bool) -> None:
    one = planned(course)
    assert ("Giải đáp" in signed_in(reader).get(CALENDAR).content.decode()) is sees
    assert entered(reader, one).status_code == (302 if sees else 404)


def test_the_calendar_holds_sessions_in_rooms_exams_and_due_days_of_its_month(course: Any) -> None:
    from lophoc.assessment.models import Quiz
    from lophoc.catalogue.models import Unit

    Unit.objects.filter(number=3).update(due=date(2031, 5, 6))
    moment = timezone.make_aware(datetime(2031, 5, 9, 19, 30))
    Quiz.objects.update(opens=moment, closes=moment + timedelta(hours=2))
    planned(course, kind="room", klass=None, starts=moment, title="Khai mạc", place="Hội trường A", address="Số 1")
    page = signed_in("hv-1").get(f"{CALENDAR}?thang=2031-05").content.decode()
    for shown in (
        "Hạn nộp: Bài luận",
        "Kiểm tra: Kiểm tra",
        "Khai mạc",
        "Hội trường A",
        "19:30",
        "21:30",
        "#n20310509",
    ):
        assert shown in page
    assert "Hội trường A" not in signed_in("hv-1").get(f"{CALENDAR}?thang=2031-06").content.decode()


@pytest.mark.parametrize("month", ["2031-13", "abc", "0001-01", "9999-12", ""])
def test_any_month_that_is_asked_for_is_answered(course: Any, month: str) -> None:
    assert signed_in("hv-1").get(f"{CALENDAR}?thang={month}").status_code == 200


def test_an_outsider_sees_nothing_and_a_stranger_signs_in_first(course: Any) -> None:
    from lophoc.accounts.models import User

    one = planned(course)
    User.objects.create(username="ngoai")
    for path in (CALENDAR, f"{CALENDAR}moi/", *(f"{CALENDAR}{one.pk}/{rest}" for rest in ("", "vao/", "diem-danh/"))):
        assert signed_in("ngoai").get(path).status_code == 403
        assert Client().get(path).status_code == 302


def test_a_click_on_the_link_while_the_session_lasts_is_attendance(course: Any) -> None:
    from lophoc.schedule.models import Attendance

    now = planned(course)
    assert entered("hv-1", now)["Location"] == ROOM
    first = Attendance.objects.get()
    entered("hv-1", now)
    assert first.present
    assert Attendance.objects.get().joined == first.joined
    assert share(course, "hv-1", "hv-3") == {user("hv-1").pk: 1.0, user("hv-3").pk: 0.0}


@pytest.mark.parametrize("begins_in", [timedelta(minutes=30), timedelta(minutes=-75)])
def test_a_click_too_early_or_too_late_is_none(course: Any, begins_in: timedelta) -> None:
    from lophoc.schedule.models import Attendance

    answer = entered("hv-1", planned(course, begins_in))
    assert answer.status_code == 200
    assert ROOM not in answer.content.decode()
    assert not Attendance.objects.exists()


def test_staff_enter_at_any_time_and_are_not_counted(course: Any) -> None:
    from lophoc.schedule.models import Attendance

    one = planned(course, timedelta(days=1))
    assert entered("gv-2", one)["Location"] == ROOM
    assert not Attendance.objects.exists()


def test_attendance_is_taken_for_a_class_and_what_was_said_before_is_kept(course: Any) -> None:
    from lophoc.schedule.models import Attendance, Mark

    one = planned(course, kind="room", place="Phòng 2")
    page = f"{CALENDAR}{one.pk}/diem-danh/"
    ids = [user(name).pk for name in ("hv-1", "hv-3")]
    outsider = user("hv-2").pk
    sent = {"tren-trang": [*ids, outsider], "co-mat": [ids[0], outsider]}
    assert signed_in("gv-2").post(page, sent).status_code == 302
    assert dict(Attendance.objects.values_list("learner", "present")) == {ids[0]: True, ids[1]: False}
    assert share(course, "hv-1", "hv-3") == {ids[0]: 1.0, ids[1]: 0.0}
    signed_in("gv-2").post(page, sent)
    assert Mark.objects.count() == 2
    signed_in("gv-2").post(page, {"tren-trang": ids, "co-mat": ids})
    last = Mark.objects.order_by("pk").last()
    assert (Mark.objects.count(), last.learner_id, last.present, last.by_id) == (3, ids[1], True, user("gv-2").pk)
    for who, status in (("hv-1", 403), ("gv-1", 404), ("quantri", 200)):
        assert signed_in(who).get(page).status_code == status


def test_advisers_take_attendance_and_who_teaches_one_class_is_counted_in_the_other(course: Any) -> None:
    from lophoc.classes.models import Enrolment
    from lophoc.schedule.models import Attendance

    class_of(2).advisers.add(user("giangvien"))
    one = planned(course)
    page = f"{CALENDAR}{one.pk}/diem-danh/"
    sent = {"tren-trang": [user("hv-1").pk], "co-mat": [user("hv-1").pk]}
    assert signed_in("giangvien").post(page, sent).status_code == 302
    Enrolment.objects.create(learner=user("gv-1"), klass=class_of(2))
    assert entered("gv-1", one)["Location"] == ROOM
    assert set(Attendance.objects.values_list("learner__username", "present")) == {("hv-1", True), ("gv-1", True)}
    assert entered("gv-1", planned(course, timedelta(days=1))).status_code == 200


def test_what_an_instructor_decided_is_not_undone_by_a_click(course: Any) -> None:
    from lophoc.schedule.models import Attendance

    one = planned(course)
    learner = user("hv-1").pk
    signed_in("gv-2").post(f"{CALENDAR}{one.pk}/diem-danh/", {"tren-trang": [learner], "co-mat": []})
    entered("hv-1", one)
    row = Attendance.objects.get()
    assert not row.present
    assert row.joined


def test_attendance_of_a_session_of_all_is_taken_class_by_class(course: Any) -> None:
    one = planned(course, klass=None)
    page = f"{CALENDAR}{one.pk}/diem-danh/"
    other = class_of(1).pk
    assert "Học viên 2" not in signed_in("gv-2").get(page).content.decode()
    assert signed_in("gv-2").get(f"{page}?lop={other}").status_code == 404
    assert "Học viên 2" in signed_in("quantri").get(f"{page}?lop={other}").content.decode()


def test_the_share_counts_all_sessions_of_the_class_that_count_by_one_query(course: Any) -> None:
    entered("hv-1", planned(course))
    planned(course, timedelta(days=1), klass=None)
    planned(course, counts=False)
    planned(course, is_cancelled=True)
    planned(course, klass=class_of(1))
    planned(course, timedelta(days=2), klass=class_of(2))
    with CaptureQueriesContext(connection) as captured:
        found = share(course, "hv-1")
    assert found == {user("hv-1").pk: pytest.approx(1 / 3)}
    assert len([each for each in captured if "schedule" in each["sql"]]) == 1
    assert share(course, "hv-2") == {user("hv-2").pk: 0.0}


def test_without_sessions_nothing_was_missed(course: Any) -> None:
    assert share(course, "hv-1") == {user("hv-1").pk: 1.0}


def form(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "live",
        "title": "Buổi mới",
        "starts": "2031-05-09T19:30",
        "ends": "2031-05-09T21:00",
        "join_link": ROOM,
        "counts": "on",
        **changes,
    }


@pytest.mark.parametrize(
    ("by", "number", "status"),
    [("gv-2", 2, 302), ("gv-2", 1, 200), ("gv-2", None, 200), ("quantri", None, 302), ("hv-1", 2, 403)],
)
def test_instructors_plan_sessions_of_their_classes_and_organisers_of_the_whole_course(
    course: Any, by: str, number: int | None, status: int
) -> None:
    from lophoc.schedule.models import Session

    klass = class_of(number).pk if number else ""
    assert signed_in(by).post(f"{CALENDAR}moi/", form(klass=klass)).status_code == status
    assert Session.objects.count() == (status == 302)
    if status == 302:
        assert Session.objects.get().starts.isoformat() == "2031-05-09T12:30:00+00:00"
        assert "Buổi mới" in signed_in("hv-1").get(f"{CALENDAR}?thang=2031-05").content.decode()


@pytest.mark.parametrize(
    "changes", [{"ends": "2031-05-09T19:00"}, {"kind": "room"}, {"join_link": "javascript:alert(1)"}]
)
def test_a_session_that_makes_no_sense_is_refused_with_a_word(course: Any, changes: dict[str, str]) -> None:
    answer = signed_in("quantri").post(f"{CALENDAR}moi/", form(klass="", **changes))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_only_those_of_a_class_change_its_session(course: Any) -> None:
    one, everybodys = planned(course), planned(course, klass=None)
    for who, status in (("gv-2", 200), ("quantri", 200), ("gv-1", 404), ("hv-1", 403)):
        assert signed_in(who).get(f"{CALENDAR}{one.pk}/").status_code == status
    assert signed_in("gv-2").get(f"{CALENDAR}{everybodys.pk}/").status_code == 403
    sent = form(klass=class_of(2).pk, is_cancelled="on")
    assert signed_in("gv-2").post(f"{CALENDAR}{one.pk}/", sent).status_code == 302
    assert entered("hv-1", one).status_code == 404


def feed_of(username: str) -> str:
    return str(signed_in(username).get(CALENDAR).context["feed"])


def test_a_signed_address_gives_a_person_their_own_calendar_without_signing_in(course: Any) -> None:
    planned(course, starts=datetime.fromisoformat("2031-05-09T19:30:00+07:00"), title="Giải đáp; phần 1, " + "ư" * 60)
    answer = Client().get(feed_of("hv-1"))
    assert answer["Content-Type"].startswith("text/calendar")
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    text = answer.content.decode().replace("\r\n ", "")
    assert "DTSTART:20310509T123000Z" in text
    assert "SUMMARY:Giải đáp\\; phần 1\\, " + "ư" * 60 in text
    assert "SUMMARY:Hạn nộp: Bài luận" in text
    assert "Giải đáp" not in Client().get(feed_of("hv-2")).content.decode()


def test_the_address_ends_with_the_password_and_with_the_account(course: Any) -> None:
    feed = feed_of("hv-1")
    assert Client().get(feed.replace("/lich/", "/lich/9")).status_code == 404
    changed = user("hv-1")
    changed.set_password("mat-khau-khac")
    changed.save()
    assert Client().get(feed).status_code == 404
    feed = feed_of("hv-1")
    user("hv-1", is_active=False)
    assert Client().get(feed).status_code == 404


def test_pages_ask_the_database_as_often_for_many_sessions_and_learners_as_for_few(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.models import Enrolment

    one = planned(course)
    counts = []
    for turn in range(2):
        for who, path in (("hv-1", CALENDAR), ("gv-2", CALENDAR), ("gv-2", f"{CALENDAR}{one.pk}/diem-danh/")):
            client = signed_in(who)
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            counts.append(len(captured))
        for n in range(40):
            planned(course, title=f"Buổi {n}")
            learner = User.objects.create(username=f"them-{turn}-{n}")
            Enrolment.objects.create(learner=learner, klass=class_of(2))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 8


def test_what_the_load_test_attends_is_seen_by_nobody_and_purged(course: Any) -> None:
    from lophoc.operations.load_test import prepare, purge
    from lophoc.schedule.models import Attendance

    prepare(course, 2, 1, "mat-khau-thu-tai")
    one = planned(course, klass=None)
    assert entered("thutai-00001", one).status_code == 302
    page = signed_in("quantri").get(f"{CALENDAR}{one.pk}/diem-danh/").content.decode()
    assert "hử tải" not in page
    purge()
    assert not Attendance.objects.exists()


def test_loading_sessions_again_changes_what_changed_and_keeps_attendance(course: Any) -> None:
    from lophoc.schedule.load import load
    from lophoc.schedule.models import Attendance, Session

    now = timezone.now()
    given = {
        "kind": "live",
        "title": "Trực tuyến",
        "class": "Lớp 2",
        "starts": now.isoformat(),
        "ends": (now + timedelta(hours=1)).isoformat(),
        "join_link": ROOM,
    }
    load(course, [given])
    entered("hv-1", Session.objects.get())
    load(course, [{**given, "recording_link": "https://hop.example.org/ghi"}])
    assert Session.objects.get().recording_link == "https://hop.example.org/ghi"
    assert Attendance.objects.count() == 1
