"""Announcements, messages, questions to the organisers, and mail."""

from typing import Any

import pytest
from conftest import signed_in
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

NEWS = "/khoa-hoc/mau/thong-bao/"
NEW = "/khoa-hoc/mau/tin-nhan-moi/"
ASK = "/khoa-hoc/mau/hoi-ban-to-chuc/"


def user(username: str, **changes: Any) -> Any:
    from lophoc.accounts.models import User

    User.objects.filter(username=username).update(**changes)
    return User.objects.get(username=username)


def class_of(number: int) -> int:
    from lophoc.classes.models import Class

    return Class.objects.get(name=f"Lớp {number}").pk


def mails() -> list[Any]:
    from post_office.models import Email

    return list(Email.objects.order_by("pk"))


def announced(by: str, title: str = "Lịch thi", **data: Any) -> int:
    """The status of the answer to an announcement."""
    return signed_in(by).post(NEWS, {"title": title, "body": "Thi ngày 9.", **data}).status_code


@pytest.fixture
def addresses(course: Any) -> None:
    for name in ("hv-1", "hv-2", "hv-3", "gv-1", "gv-2"):
        user(name, email=f"{name}@example.org")


# hv-2 learns in Lớp 1 (gv-1); hv-1 and hv-3 learn in Lớp 2 (gv-2).


def test_an_instructor_tells_the_own_class_and_each_learner_gets_a_mail(course: Any, addresses: None) -> None:
    assert announced("gv-2", klass=class_of(2)) == 302
    assert "Lịch thi" in signed_in("hv-1").get(NEWS).content.decode()
    assert "Lịch thi" not in signed_in("hv-2").get(NEWS).content.decode()
    assert "Lịch thi" not in signed_in("gv-1").get(NEWS).content.decode()
    assert sorted(mail.to[0] for mail in mails()) == ["hv-1@example.org", "hv-3@example.org"]
    assert "Thi ngày 9." in mails()[0].message


@pytest.mark.parametrize("data", [{}, {"klass": "1"}, {"klass": "2"}, {"klass": "tất cả"}])
def test_an_instructor_tells_nothing_to_the_whole_course_or_to_a_class_of_others(course: Any, data: Any) -> None:
    from lophoc.notices.models import Announcement

    given = {"klass": class_of(int(data["klass"]))} if data.get("klass", "").isdecimal() else data
    mine = given.get("klass") == class_of(2)
    assert announced("gv-2", **given) == (302 if mine else 200)
    assert Announcement.objects.count() == mine


def test_an_organiser_tells_the_whole_course_and_only_organisers_oblige_people_to_have_mail(
    course: Any, addresses: None
) -> None:
    user("hv-1", wants_mail=False)
    assert announced("quantri", is_mandatory="on") == 302
    assert sorted(mail.to[0] for mail in mails()) == [f"hv-{n}@example.org" for n in (1, 2, 3)]
    assert "List-Unsubscribe" not in mails()[0].headers
    assert announced("gv-2", title="Khác", klass=class_of(2), is_mandatory="on") == 302
    assert [mail.to[0] for mail in mails()[3:]] == ["hv-3@example.org"]


def test_learners_announce_nothing_and_outsiders_read_nothing(course: Any) -> None:
    from lophoc.accounts.models import User

    User.objects.create(username="ngoai")
    assert announced("hv-1") == 403
    for path in (NEWS, NEW, ASK):
        assert signed_in("ngoai").get(path).status_code == 403
        assert Client().get(path).status_code == 302


def test_an_announcement_is_withdrawn_by_those_of_its_class_and_is_kept(course: Any) -> None:
    from lophoc.notices.models import Announcement

    announced("gv-2", klass=class_of(2))
    one = Announcement.objects.get()
    change = f"{NEWS}{one.pk}/"
    for who, status in (("hv-1", 403), ("gv-1", 404), ("gv-2", 302)):
        assert signed_in(who).post(change, {"viec": "rut"}).status_code == status
    assert "Lịch thi" not in signed_in("hv-1").get(NEWS).content.decode()
    assert "Lịch thi" in signed_in("gv-2").get(NEWS).content.decode()


def test_the_course_page_is_told_the_announcements_of_the_own_class_without_a_query(course: Any) -> None:
    from lophoc.classes.access import access
    from lophoc.notices.announcements import latest

    announced("quantri", title="Cho cả khoá")
    announced("gv-2", title="Cho lớp hai", klass=class_of(2))
    for who, titles in (("hv-1", {"Cho cả khoá", "Cho lớp hai"}), ("hv-2", {"Cho cả khoá"})):
        right = access(user(who), course)
        latest(course, right)
        with CaptureQueriesContext(connection) as captured:
            assert {each.title for each in latest(course, right)} == titles
        assert len(captured) == 0
    assert "Cho lớp hai" in signed_in("hv-1").get("/khoa-hoc/mau/").content.decode()
    assert "Cho lớp hai" not in signed_in("hv-2").get("/khoa-hoc/mau/").content.decode()
    announced("quantri", title="Mới nhất")
    assert "Mới nhất" in {each.title for each in latest(course, access(user("hv-2"), course))}


def test_a_learner_and_the_own_instructor_write_to_each_other_and_others_read_nothing(
    course: Any, addresses: None
) -> None:
    talk = signed_in("hv-1").post(NEW, {"to": user("gv-2").pk, "subject": "Xin hỏi", "body": "Em nghe."})["Location"]
    assert "Em nghe." in signed_in("gv-2").get(talk).content.decode()
    assert signed_in("gv-2").post(talk, {"body": "Thầy trả lời."}).status_code == 302
    assert "Thầy trả lời." in signed_in("hv-1").get(talk).content.decode()
    for other in ("hv-3", "gv-1", "quantri"):
        assert signed_in(other).get(talk).status_code == 404
        assert signed_in(other).post(talk, {"body": "Chen vào"}).status_code == 404
        assert "Xin hỏi" not in signed_in(other).get("/tin-nhan/").content.decode()


def test_a_learner_writes_neither_to_a_learner_nor_to_the_instructor_of_others(course: Any) -> None:
    from lophoc.notices.models import Conversation

    for other in ("hv-3", "gv-1"):
        answer = signed_in("hv-1").post(NEW, {"to": user(other).pk, "subject": "x", "body": "y"})
        assert answer.status_code == 200
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("by", "to", "status"), [("gv-2", "hv-1", 302), ("gv-2", "hv-2", 200), ("quantri", "hv-2", 302)]
)
def test_staff_write_to_learners_of_classes_they_look_after(course: Any, by: str, to: str, status: int) -> None:
    assert signed_in(by).post(NEW, {"to": to, "subject": "x", "body": "y"}).status_code == status


def test_a_question_waits_in_the_organisers_inbox_until_one_answers(course: Any) -> None:
    from lophoc.notices.models import Conversation

    talk = signed_in("hv-1").post(ASK, {"subject": "Giấy chứng nhận", "body": "Khi nào có?"})["Location"]
    organiser = signed_in("quantri")
    assert organiser.get("/").context["unread"]() == 1
    assert "Giấy chứng nhận" in organiser.get("/tin-nhan/?cau-hoi=mo").content.decode()
    assert signed_in("gv-2").get(talk).status_code == 404
    organiser.post(talk, {"body": "Sau khi chấm."})
    assert Conversation.objects.get().is_answered
    assert "Giấy chứng nhận" not in organiser.get("/tin-nhan/?cau-hoi=mo").content.decode()
    signed_in("hv-1").post(talk, {"body": "Còn nữa?"})
    assert "Giấy chứng nhận" in organiser.get("/tin-nhan/?cau-hoi=mo").content.decode()


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    """What is done once a transaction is committed, is done."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_waiting_messages_are_counted_without_a_query_of_any_page(course: Any, committed: Any) -> None:
    reader = signed_in("gv-2")

    def shown() -> tuple[int, int]:
        page = reader.get("/khoa-hoc/mau/dien-dan/")
        with CaptureQueriesContext(connection) as captured:
            return page.context["unread"](), len(captured)

    assert shown() == (0, 0)
    with committed():
        talk = signed_in("hv-1").post(NEW, {"to": user("gv-2").pk, "subject": "x", "body": "y"})["Location"]
    assert shown() == (1, 0)
    reader.get(talk)
    assert shown() == (0, 0)


def test_messages_that_were_not_read_yet_are_one_mail(course: Any, addresses: None) -> None:
    writer = signed_in("hv-1")
    talk = writer.post(NEW, {"to": user("gv-2").pk, "subject": "x", "body": "y"})["Location"]
    writer.post(talk, {"body": "z"})
    assert [mail.to for mail in mails()] == [["gv-2@example.org"]]
    signed_in("gv-2").get(talk)
    writer.post(talk, {"body": "w"})
    assert len(mails()) == 2


@pytest.mark.parametrize("path", [NEWS, "/tin-nhan/", "talk"])
@pytest.mark.parametrize("who", ["hv-1", "gv-2"])
def test_pages_ask_the_database_as_often_for_much_as_for_little(course: Any, who: str, path: str) -> None:
    from lophoc.notices.models import Announcement, Conversation, Message

    talk = signed_in("hv-1").post(NEW, {"to": user("gv-2").pk, "subject": "x", "body": "y"})["Location"]
    one = Conversation.objects.get()
    Announcement.objects.create(course=course, title="đầu", body="x", author=user("gv-2"))
    counts = []
    for _ in range(2):
        client = signed_in(who)
        client.get(talk)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(talk if path == "talk" else path).status_code == 200
        counts.append(len(captured))
        for n in range(30):
            Announcement.objects.create(course=course, title=f"{n}", body="x", author=user("gv-2"))
            Conversation.objects.create(course=course, learner=user("hv-1"), staff=user("gv-2"), subject=f"{n}")
            Message.objects.create(conversation=one, author=user("hv-1"), body="x")
    assert counts[0] == counts[1] <= 8


def test_the_link_in_a_mail_ends_optional_mail_by_one_click_and_only_for_its_reader(
    course: Any, addresses: None
) -> None:
    announced("quantri")
    header = next(mail for mail in mails() if mail.to == ["hv-1@example.org"]).headers
    link = header["List-Unsubscribe"].strip("<>").partition("localhost")[2]
    assert header["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stranger = Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"})
    assert stranger.get(link).status_code == 200
    assert user("hv-1").wants_mail
    assert stranger.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not user("hv-1").wants_mail
    assert user("hv-2").wants_mail
    assert stranger.post(link.replace(":", ":x", 1)).status_code == 404
    stranger.post(link, {"nhan-lai": "1"})
    assert user("hv-1").wants_mail


def test_what_people_write_is_no_template_in_a_mail(course: Any, addresses: None) -> None:
    announced("quantri", title="{{ 7|add:7 }} & {% if %}", body="{{ settings.SECRET_KEY }} <b>")
    assert "{{ 7|add:7 }} & {% if %}" in mails()[0].subject
    assert "{{ settings.SECRET_KEY }} <b>" in mails()[0].message


def test_a_mail_is_written_in_its_reader_s_language(course: Any, addresses: None) -> None:
    from django.utils import translation

    from lophoc.notices import mail

    seen = []

    def noted(template: str, told: Any) -> str:
        seen.append((told["person"].username, translation.get_language()))
        return "Tiêu đề\nNội dung"

    user("hv-1", language="en")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "render_to_string", noted)
        mail.queue_mail("x.txt", [user("hv-1"), user("hv-2")], {})
    assert seen == [("hv-1", "en"), ("hv-2", "vi")]


def test_no_mail_goes_to_the_load_test_nor_to_empty_or_bad_addresses_nor_closed_accounts(
    course: Any, addresses: None
) -> None:
    from lophoc.notices.mail import queue_mail
    from lophoc.operations.load_test import prepare

    prepare(course, 2, 1, "mat-khau-thu-tai")
    people = [
        user("thutai-00001", email="a@example.org"),
        user("hv-1", email=""),
        user("hv-2", email="không phải"),
        user("hv-3", is_active=False),
        user("gv-1"),
    ]
    context = {"announcement": {"title": "x", "body": "y"}, "course": course}
    assert queue_mail("notices/mail/announcement.txt", people, context, mandatory=True) == 1
    assert [mail.to for mail in mails()] == [["gv-1@example.org"]]


def test_mail_stays_queued_until_there_is_a_mail_server_and_is_tried_again_when_it_fails(
    course: Any, addresses: None
) -> None:
    from post_office.models import STATUS, Email

    announced("quantri")
    call_command("send_queued_mail")
    assert {mail.status for mail in mails()} == {STATUS.queued}
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=9):
        call_command("send_queued_mail")
    assert {mail.status for mail in mails()} == {STATUS.requeued}
    Email.objects.update(scheduled_time=None)
    locmem = {"BACKENDS": {"default": "django.core.mail.backends.locmem.EmailBackend"}, "LOG_LEVEL": 1}
    with override_settings(EMAIL_HOST="127.0.0.1", POST_OFFICE=locmem):
        call_command("send_queued_mail")
    assert {mail.status for mail in mails()} == {STATUS.sent}


def test_the_technician_sees_what_lies_in_the_queue_and_nobody_else(course: Any, addresses: None) -> None:
    announced("quantri")
    page = signed_in("quantri").get("/thu/")
    assert 'role="alert"' in page.content.decode()
    assert dict(page.context["counts"])
    for who in ("hv-1", "gv-1"):
        assert signed_in(who).get("/thu/").status_code == 403
    assert Client().get("/thu/").status_code == 302


def test_what_the_load_test_writes_reaches_no_organiser_and_is_purged(course: Any) -> None:
    from lophoc.notices.models import Announcement, Conversation, Message
    from lophoc.operations.load_test import prepare, purge

    prepare(course, 2, 1, "mat-khau-thu-tai")
    learner = signed_in("thutai-00001")
    learner.post(ASK, {"subject": "Thử tải hỏi", "body": "y"})
    teacher = user("thutai-gv-01")
    assert learner.post(NEW, {"to": teacher.pk, "subject": "Thử tải nhắn", "body": "y"}).status_code == 302
    klass = teacher.teaches.get().pk
    assert (
        signed_in("thutai-gv-01").post(NEWS, {"title": "Thử tải báo", "body": "y", "klass": klass}).status_code == 302
    )
    organiser = signed_in("quantri")
    assert organiser.get("/").context["unread"]() == 0
    for path in ("/tin-nhan/", NEWS):
        assert "Thử tải" not in organiser.get(path).content.decode()
    purge()
    assert [model.objects.count() for model in (Announcement, Conversation, Message)] == [0, 0, 0]


def test_loading_announcements_again_makes_no_second_ones_and_mails_nobody(course: Any, addresses: None) -> None:
    from lophoc.notices.load import load
    from lophoc.notices.models import Announcement

    for _ in range(2):
        load(course, [{"title": "Chào mừng", "body": "Chào.", "pinned": True}])
    assert Announcement.objects.get().is_pinned
    assert mails() == []
