"""Loading courses, the load test's accounts, health and metrics."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import QUESTIONS, bundle, signed_in
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest


def test_loading_the_same_bundle_again_changes_nothing(folder: Path) -> None:
    from lophoc.operations.bundle import load

    assert load(folder) is True
    assert load(folder) is False


def test_a_changed_bundle_replaces_texts_and_drops_what_is_gone(folder: Path) -> None:
    from lophoc.catalogue.models import Course
    from lophoc.operations.bundle import load

    load(folder)
    changed = bundle(title="Tên mới")
    changed["units"] = changed["units"][:2]
    (folder / "course.json").write_text(json.dumps(changed), "utf-8")
    assert load(folder) is True
    course = Course.objects.get()
    assert course.title == "Tên mới"
    assert course.units.count() == 2


def test_load_test_accounts_are_made_once_and_purged_whole(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.operations.load_test import prepare, purge

    before = User.objects.count()
    made = prepare(course, 20, 2, "mat-khau-thu-tai")
    assert made["changed"] is True
    assert (made["lessons"], made["quizzes"], made["essays"]) == ([1], [2], [3])
    assert prepare(course, 20, 2, "mat-khau-thu-tai")["changed"] is False
    assert Client().login(username="thutai-00020", password="mat-khau-thu-tai")
    client = signed_in("thutai-00001")
    assert "Chủ đề thử tải" in client.get("/khoa-hoc/mau/dien-dan/").content.decode()
    assert "Làm quen" not in client.get("/khoa-hoc/mau/dien-dan/").content.decode()
    assert purge() == 22 + made["organisers"] + made["builders"]
    assert User.objects.count() == before


def test_the_site_is_ready_with_its_migrations_applied() -> None:
    answer = Client().get("/suc-khoe/san-sang")
    assert answer.status_code == 200, answer.content


def test_metrics_tell_request_classes(course: Any) -> None:
    signed_in("hv-1").get("/khoa-hoc/mau/")
    text = generate_latest().decode()
    assert 'lophoc_requests_total{method="GET",request_class="course_page",status="200"}' in text
    assert 'lophoc_request_cpu_seconds_total{request_class="course_page"}' in text


def test_a_media_address_is_signed_as_nginx_checks_it() -> None:
    from lophoc.catalogue.media import signed

    address = signed("mau/1.mp4", now=1_000_000.0)
    uri, _, query = address.partition("?")
    expires, signature = (part.partition("=")[2] for part in query.split("&"))
    digest = hashlib.md5(f"{expires}{uri} only-for-tests".encode()).digest()
    assert signature == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert int(expires) > 1_000_000


class _Question:
    def __init__(self, kind: str, answer: Any, choices: Any = ()) -> None:
        self.kind, self.answer, self.choices = kind, answer, choices


_ALL = [_Question(each["kind"], each["answer"]) for each in QUESTIONS]
_ALL.append(_Question("matching", ["x", "y"], ["a", "b"]))


@given(st.lists(st.text(max_size=8) | st.sampled_from(["0", "1", "nan", "inf"]), max_size=4))
def test_no_answer_earns_less_than_nothing_or_more_than_all(sent: list[str]) -> None:
    from lophoc.assessment.scoring import credit

    assert all(0 <= credit(question, sent) <= 1 for question in _ALL)


@pytest.mark.parametrize(("sent", "right"), [("6", True), ("6,5", True), ("6.6", False), ("sáu", False), ("", False)])
def test_numbers_are_right_within_their_tolerance(sent: str, right: bool) -> None:
    from lophoc.assessment.scoring import is_right

    assert is_right(_ALL[3], [sent]) is right


@pytest.mark.parametrize(
    ("row", "fault"),
    [(("forum", "9999_from_tomorrow"), "newer version"), (None, "not applied")],
    ids=["of a newer version", "of an older version"],
)
def test_a_database_that_this_code_does_not_know_makes_the_site_not_ready(
    row: tuple[str, str] | None, fault: str
) -> None:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    recorder.record_applied(*row) if row else recorder.record_unapplied("forum", "0001_initial")
    answer = Client().get("/suc-khoe/san-sang")
    assert answer.status_code == 503
    assert fault in answer.json()["faults"][0]


def test_a_course_that_was_made_on_the_site_gets_no_trial_class(
    course: Any, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command

    from lophoc.catalogue.models import Course

    own = Course.objects.create(
        slug="rieng", opens=course.opens, closes=course.closes, access_until=course.access_until
    )
    passwords = {"quantri": "mat-khau-quan-tri", "giangvien": "mat-khau-gv", "hocvien": "mat-khau-hv"}
    settings.INITIAL_PASSWORDS = str(tmp_path / "passwords.json")
    Path(settings.INITIAL_PASSWORDS).write_text(json.dumps(passwords))
    call_command("load_accounts")
    assert json.loads(capsys.readouterr().out) == {"changed": False}
    assert not own.classes.exists()
