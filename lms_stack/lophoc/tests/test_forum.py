"""The forum of a course and of its classes."""

from datetime import timedelta
from typing import Any

import pytest
from conftest import signed_in
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

FORUM = "/khoa-hoc/mau/dien-dan/"


def opened(username: str, title: str = "Hỏi", **data: Any) -> str:
    """The address of a topic that somebody opened."""
    return str(signed_in(username).post(f"{FORUM}moi/", {"title": title, "body": "Thế nào?", **data})["Location"])


def class_of(number: int) -> int:
    from lophoc.classes.models import Class

    return Class.objects.get(name=f"Lớp {number}").pk


def user(username: str, **changes: Any) -> Any:
    from lophoc.accounts.models import User

    User.objects.filter(username=username).update(**changes)
    return User.objects.get(username=username)


def mails() -> list[Any]:
    from post_office.models import Email

    return list(Email.objects.order_by("pk"))


# hv-2 learns in Lớp 1 (gv-1); hv-1 and hv-3 learn in Lớp 2 (gv-2).


@pytest.mark.parametrize(
    ("reader", "sees"), [("hv-3", True), ("gv-2", True), ("quantri", True), ("hv-2", False), ("gv-1", False)]
)
def test_a_topic_of_a_class_is_for_those_of_the_class_and_organisers(course: Any, reader: str, sees: bool) -> None:
    topic = opened("hv-1", "Riêng lớp hai", klass=class_of(2))
    client = signed_in(reader)
    assert ("Riêng lớp hai" in client.get(FORUM).content.decode()) is sees
    assert client.get(topic).status_code == (200 if sees else 404)
    assert client.post(f"{topic}tra-loi/", {"body": "Chào"}).status_code == (302 if sees else 404)
    assert client.post(f"{topic}theo-doi/").status_code == (302 if sees else 404)


def test_nobody_opens_a_topic_for_a_class_of_others(course: Any) -> None:
    from lophoc.forum.models import Topic

    assert opened("hv-1", "Lấn sang", klass=class_of(1)) == FORUM
    assert not Topic.objects.filter(title="Lấn sang").exists()


def test_an_outsider_neither_reads_nor_writes(course: Any) -> None:
    from lophoc.accounts.models import User

    topic = opened("hv-1")
    User.objects.create(username="ngoai")
    client = signed_in("ngoai")
    assert client.get(topic).status_code == 403
    for way in ("tra-loi", "theo-doi", "dieu-hanh"):
        assert client.post(f"{topic}{way}/", {"body": "x", "viec": "an"}).status_code == 403


@pytest.mark.parametrize(("viec", "field"), [("ghim", "is_pinned"), ("dong", "is_closed"), ("an", "is_hidden")])
@pytest.mark.parametrize(("by", "status"), [("gv-2", 302), ("quantri", 302), ("hv-1", 403), ("gv-1", 404)])
def test_those_who_look_after_a_class_moderate_its_topics(
    course: Any, viec: str, field: str, by: str, status: int
) -> None:
    from auditlog.models import LogEntry

    from lophoc.forum.models import Topic

    topic = opened("hv-1", klass=class_of(2))
    assert signed_in(by).post(f"{topic}dieu-hanh/", {"viec": viec}).status_code == status
    assert getattr(Topic.objects.get(title="Hỏi"), field) is (status == 302)
    written = LogEntry.objects.filter(content_type__model="topic", actor__username=by)
    assert [entry.changes for entry in written] == ([{field: ["False", "True"]}] if status == 302 else [])


def test_an_adviser_moderates_the_advised_class(course: Any) -> None:
    from lophoc.classes.models import Class

    Class.objects.get(name="Lớp 2").advisers.add(user("giangvien"))
    topic = opened("hv-1", klass=class_of(2))
    assert signed_in("giangvien").post(f"{topic}dieu-hanh/", {"viec": "dong"}).status_code == 302


def test_a_hidden_topic_is_kept_for_moderators_only(course: Any) -> None:
    topic = opened("hv-1", "Quảng cáo")
    signed_in("gv-1").post(f"{topic}dieu-hanh/", {"viec": "an"})
    assert signed_in("hv-1").get(topic).status_code == 404
    assert "Quảng cáo" not in signed_in("hv-2").get(FORUM).content.decode()
    assert signed_in("gv-2").get(topic).status_code == 200
    signed_in("gv-2").post(f"{topic}dieu-hanh/", {"viec": "an"})
    assert signed_in("hv-1").get(topic).status_code == 200


def test_a_closed_topic_takes_no_reply_and_a_pinned_one_comes_first(course: Any) -> None:
    first = opened("hv-1", "Cũ hơn")
    opened("hv-1", "Mới hơn")
    signed_in("gv-2").post(f"{first}dieu-hanh/", {"viec": "ghim"})
    signed_in("gv-2").post(f"{first}dieu-hanh/", {"viec": "dong"})
    assert signed_in("hv-1").post(f"{first}tra-loi/", {"body": "Nữa"}).status_code == 403
    page = signed_in("hv-1").get(FORUM).content.decode()
    assert page.index("Cũ hơn") < page.index("Mới hơn")


def test_a_hidden_post_is_kept_and_shown_to_moderators_only(course: Any) -> None:
    from lophoc.forum.models import Post

    topic = opened("hv-1")
    post = Post.objects.get(body="Thế nào?")
    hide = f"{FORUM}bai/{post.pk}/an/"
    assert signed_in("hv-2").post(hide).status_code == 403
    assert signed_in("gv-1").post(hide).status_code == 302
    assert "Thế nào?" not in signed_in("hv-1").get(topic).content.decode()
    assert "Thế nào?" in signed_in("gv-1").get(topic).content.decode()
    assert "Thế nào?" not in signed_in("hv-1").get(f"{FORUM}?tim=Thế nào").content.decode().partition("<ul")[2]


def test_an_own_post_can_be_changed_for_a_quarter_of_an_hour_and_its_history_is_kept(course: Any) -> None:
    from lophoc.forum.models import Post

    topic = opened("hv-1")
    post = Post.objects.get(body="Thế nào?")
    edit = f"{FORUM}bai/{post.pk}/sua/"
    versions = f"{FORUM}bai/{post.pk}/ban-truoc/"
    assert signed_in("hv-2").get(edit).status_code == 403
    assert signed_in("hv-1").get(edit).status_code == 200
    assert signed_in("hv-1").post(edit, {"body": "**Vì sao?**"}).status_code == 302
    page = signed_in("hv-2").get(topic).content.decode()
    assert "<strong>Vì sao?</strong>" in page
    assert "đã sửa" in page
    assert "Thế nào?" in signed_in("gv-1").get(versions).content.decode()
    assert signed_in("hv-2").get(versions).status_code == 403
    Post.objects.filter(pk=post.pk).update(written=timezone.now() - timedelta(minutes=16))
    assert signed_in("hv-1").post(edit, {"body": "Muộn"}).status_code == 403


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("![x](http://a/b.png)", "!<a href"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("một\nhai", "một<br"),
        ("- a\n- b", "<li>a</li>"),
    ],
)
def test_posts_are_simple_markdown_and_nothing_that_could_run(course: Any, written: str, shown: str) -> None:
    from lophoc.forum.text import as_html

    html = as_html(written)
    assert shown in html
    assert "<script" not in html
    assert "<img" not in html


def test_words_are_found_in_titles_and_posts_of_what_one_may_read(course: Any) -> None:
    opened("hv-1", "Thang đánh giá", klass=class_of(2))
    opened("hv-1", "Chuyện khác", body="Nói về thang đánh giá.")
    own = signed_in("hv-3").get(f"{FORUM}?tim=đánh giá").content.decode()
    other = signed_in("hv-2").get(f"{FORUM}?tim=đánh giá").content.decode()
    assert "Thang đánh giá" in own
    assert "Chuyện khác" in own
    assert "Làm quen" not in own
    assert "Thang đánh giá" not in other
    assert "Chuyện khác" in other


def test_a_topic_is_new_until_it_is_read_and_again_after_a_reply(course: Any) -> None:
    topic = opened("hv-1", "Mới mở")
    client = signed_in("hv-2")

    def marked() -> bool:
        page = client.get(FORUM)
        return bool(next(each for each in page.context["page"] if each.title == "Mới mở").is_new)

    assert marked()
    client.get(topic)
    assert not marked()
    signed_in("hv-3").post(f"{topic}tra-loi/", {"body": "Thế này."})
    assert marked()


def test_a_burst_of_replies_is_one_mail_to_each_follower_and_none_to_its_author(
    course: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from lophoc.forum.models import Subscription

    user("hv-1", email="hv1@example.org")
    user("hv-2", email="hv2@example.org")
    topic = opened("hv-1")
    signed_in("hv-2").post(f"{topic}theo-doi/")
    with django_capture_on_commit_callbacks(execute=True):
        for text in ("Một", "Hai", "Ba"):
            signed_in("hv-3").post(f"{topic}tra-loi/", {"body": text})
    assert sorted(mail.to[0] for mail in mails()) == ["hv1@example.org", "hv2@example.org"]
    assert all(mail.scheduled_time > timezone.now() + timedelta(minutes=14) for mail in mails())
    Subscription.objects.update(mail_due=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        signed_in("hv-2").post(f"{topic}tra-loi/", {"body": "Bốn"})
    assert [mail.to[0] for mail in mails()[2:]] == ["hv1@example.org"]


def test_following_can_be_ended(course: Any, django_capture_on_commit_callbacks: Any) -> None:
    user("hv-1", email="hv1@example.org")
    topic = opened("hv-1")
    signed_in("hv-1").post(f"{topic}theo-doi/")
    with django_capture_on_commit_callbacks(execute=True):
        signed_in("hv-2").post(f"{topic}tra-loi/", {"body": "Một"})
    assert mails() == []


@pytest.mark.parametrize("who", ["hv-1", "gv-1", "quantri"])
def test_pages_of_the_forum_ask_the_database_as_often_for_many_posts_as_for_few(course: Any, who: str) -> None:
    from lophoc.forum.models import Post, Topic

    topic = opened("hv-1")
    counts = []
    for _ in range(2):
        client = signed_in(who)
        for path in (FORUM, topic, f"{FORUM}?tim=thế nào"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            counts.append(len(captured))
        for n in range(60):
            one = Topic.objects.create(course=course, title=f"Chủ đề {n}", author=user("hv-2"), posts_count=1)
            Post.objects.create(topic=one, body="x")
            Post.objects.create(topic_id=int(topic.rstrip("/").rpartition("/")[2]), body="y", author=user("hv-3"))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 8


def test_the_load_test_writes_apart_and_leaves_nothing_and_gets_no_mail(
    course: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from lophoc.forum.models import Post, Subscription, Topic
    from lophoc.operations.load_test import prepare, purge

    before = (Topic.objects.count(), Post.objects.count(), Subscription.objects.count())
    prepare(course, 4, 1, "mat-khau-thu-tai")
    user("thutai-00001", email="a@example.org")
    topic = opened("thutai-00001", "Thử")
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in("thutai-00002").post(f"{topic}tra-loi/", {"body": "Nữa"}).status_code == 302
    assert signed_in("quantri").get(topic).status_code == 404
    assert mails() == []
    assert Subscription.objects.filter(mail_due__isnull=False).exists()
    purge()
    assert (Topic.objects.count(), Post.objects.count(), Subscription.objects.count()) == before


def test_loading_topics_again_makes_no_second_ones(course: Any) -> None:
    from lophoc.forum.load import load
    from lophoc.forum.models import Topic

    given = [{"title": "Riêng", "body": "Chào lớp.", "class": "Lớp 1", "pinned": True}]
    load(course, given)
    load(course, given)
    one = Topic.objects.get(title="Riêng")
    assert one.is_pinned
    assert one.klass_id == class_of(1)
