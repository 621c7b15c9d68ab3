"""Every address of the site, as each kind of person: who gets it and who is refused.

TABLE has each address by its name. Whoever adds an address adds its line here, or a test fails: a `Page` with who may
have it (sets of people, below), what its parts are (`parts`, from the `world` of objects that belong to the learner
`hv-1` of the class `Lớp 2`), and `post=True`, with the `data` it needs, where it only takes POST. Those who may are let
through: any answer but a refusal. All others must be refused: 403, 404, or sent to the sign-in.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import signed_in
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter
from django.utils import timezone
from test_packages import placed, scorm

#: Kinds of people, and the account of each: class and course are `Lớp 2` of `mau`.
PEOPLE = {
    "anonymous": "",
    "outsider": "ngoai",
    "learner": "hv-1",
    "classmate": "hv-3",
    "instructor": "gv-2",
    "colleague": "gv-1",
    "adviser": "cv-1",
    "organiser": "tc-1",
    "builder": "xd-1",
    "appraiser": "td-1",
    "technician": "kt-1",
}
ALL = frozenset(PEOPLE)
SIGNED_IN = ALL - {"anonymous"}
NOBODY: frozenset[str] = frozenset()
LEARNERS = frozenset({"learner", "classmate"})
TEACHERS = frozenset({"instructor", "colleague"})
ORGANISER, BUILDER = frozenset({"organiser"}), frozenset({"builder"})
APPRAISER, TECHNICIAN = frozenset({"appraiser"}), frozenset({"technician"})
COURSE = LEARNERS | TEACHERS | {"adviser"} | ORGANISER
STAFF = TEACHERS | {"adviser"} | ORGANISER
MARKERS = TEACHERS | ORGANISER
OWN = frozenset({"learner"})
OWN_MARKERS = frozenset({"instructor"}) | ORGANISER
OWN_STAFF = OWN_MARKERS | {"adviser"}
OWN_CLASS = LEARNERS | OWN_STAFF
REPOSITORY = ORGANISER | BUILDER | APPRAISER


@dataclass(frozen=True)
class Page:
    """Who may have an address. `parts` are made from the world's objects; most need none but the course."""

    who: frozenset[str]
    parts: Callable[[Any], dict[str, Any]] | dict[str, Any] | None = None
    post: bool = False
    data: dict[str, str] | None = None


def own(name: str, key: str = "number") -> Callable[[Any], dict[str, Any]]:
    """The part of an address that names one of the world's objects."""
    return lambda world: {key: world[name].pk}


QUIZ, ESSAY, LESSON, PACKAGE = {"number": 2}, {"number": 3}, {"number": 1}, {"number": 4}
TABLE: dict[str, Page] = {
    # Signing in and one's own account
    "account_login": Page(ALL),
    "login": Page(ALL),
    "logout": Page(NOBODY, post=True),  # it leads everybody to the sign-in
    "editor_login": Page(NOBODY),  # so does Wagtail's own, which knows no second factor
    "mfa_authenticate": Page(SIGNED_IN),
    "password_forgotten": Page(ALL),
    "password_sent": Page(ALL),
    "password_set": Page(ALL, {"uidb64": "MQ", "token": "x"}),
    "join": Page(ALL),
    "join_confirm": Page(ALL, lambda world: {"token": world["join_token"]}),
    "profile": Page(SIGNED_IN),
    "password_change": Page(SIGNED_IN),
    "account_reauthenticate": Page(SIGNED_IN),
    "mfa_index": Page(SIGNED_IN),
    "mfa_reauthenticate": Page(SIGNED_IN),
    "mfa_activate_totp": Page(SIGNED_IN),
    "mfa_deactivate_totp": Page(OWN),
    "mfa_view_recovery_codes": Page(OWN),
    "mfa_generate_recovery_codes": Page(SIGNED_IN),
    "my_data": Page(SIGNED_IN),
    "my_data_file": Page(SIGNED_IN, post=True),
    "set_language": Page(ALL),
    # Accounts and rosters
    "people": Page(TECHNICIAN),
    "person_new": Page(TECHNICIAN),
    "person": Page(TECHNICIAN, own("learner", "pk")),
    "person_act": Page(TECHNICIAN, lambda world: {"pk": world["learner"].pk, "act": "mo-khoa"}, post=True),
    "mail_status": Page(TECHNICIAN),
    "audit_log": Page(TECHNICIAN | ORGANISER),
    "roster": Page(ORGANISER),
    "roster_import": Page(ORGANISER, own("roster", "pk")),
    "roster_store": Page(ORGANISER, own("roster", "pk"), post=True),
    # Courses
    "course_list": Page(SIGNED_IN),
    "course_new": Page(ORGANISER),
    "course_manage": Page(ORGANISER),
    "course_open": Page(ORGANISER, post=True),
    "course_close": Page(ORGANISER, post=True),
    "course_units": Page(ORGANISER),
    "course_add_units": Page(ORGANISER, post=True),
    "course_classes": Page(ORGANISER),
    "course_copy": Page(ORGANISER),
    "plan": Page(COURSE),
    "course": Page(COURSE),
    "lesson": Page(COURSE, LESSON),
    "lesson_done": Page(LEARNERS, LESSON, post=True),
    "lecture_place": Page(LEARNERS, LESSON, post=True),
    "package": Page(COURSE, PACKAGE),
    "package_part": Page(COURSE, {**PACKAGE, "part": 0}),
    "package_report": Page(LEARNERS, {**PACKAGE, "part": 0}, post=True),
    # Classes and grades
    "gradebook": Page(STAFF),
    "learner_progress": Page(OWN_STAFF, own("learner", "learner_id")),
    "my_results": Page(LEARNERS),
    "instructor_activity": Page(ORGANISER),
    "completion_settings": Page(ORGANISER),
    "grade_history": Page(OWN | OWN_STAFF, lambda world: {**QUIZ, "learner_id": world["learner"].pk}),
    # Quizzes and essays
    "quiz": Page(COURSE, QUIZ),
    "quiz_start": Page(COURSE, QUIZ, post=True),  # staff are led back to the quiz
    "quiz_settings": Page(ORGANISER, QUIZ),
    "quiz_regrade": Page(MARKERS, QUIZ, post=True),
    "attempt": Page(OWN, own("running", "attempt_id")),
    "attempt_save": Page(OWN, own("running", "attempt_id"), post=True),
    "attempt_submit": Page(OWN, own("running", "attempt_id"), post=True),
    "attempt_result": Page(OWN, own("attempt", "attempt_id")),
    "essay": Page(COURSE, ESSAY),
    "essay_settings": Page(ORGANISER, ESSAY),
    "submission_file": Page(OWN | OWN_STAFF, own("submission", "submission_id")),
    "marking": Page(MARKERS),
    "mark_essay": Page(OWN_MARKERS, own("submission", "submission_id")),
    "question_bank": Page(BUILDER | APPRAISER),
    "question_new": Page(BUILDER),
    "question_import": Page(BUILDER),
    "question_approve": Page(APPRAISER, post=True),
    "question_edit": Page(BUILDER, own("question", "question_id")),
    # Forum, announcements, messages
    "forum": Page(COURSE),
    "forum_new": Page(COURSE, post=True),
    "topic": Page(OWN_CLASS, own("topic", "topic_id")),
    "reply": Page(OWN_CLASS, own("topic", "topic_id"), post=True),
    "topic_follow": Page(OWN_CLASS, own("topic", "topic_id"), post=True),
    "topic_moderate": Page(OWN_STAFF, own("topic", "topic_id"), post=True, data={"viec": "ghim"}),
    "post_edit": Page(OWN, own("post", "post_id")),
    "post_hide": Page(OWN_STAFF, own("post", "post_id"), post=True),
    "post_versions": Page(OWN_STAFF, own("post", "post_id")),
    "announcements": Page(COURSE),
    "announcement_change": Page(ORGANISER, own("announcement"), post=True, data={"viec": "ghim"}),
    "message_new": Page(COURSE),
    "ask": Page(COURSE),
    "inbox": Page(SIGNED_IN),
    "conversation": Page(frozenset({"learner", "instructor"}), own("conversation")),
    "unsubscribe": Page(ALL, lambda world: {"token": world["unsubscribe_token"]}),
    # The calendar
    "calendar": Page(COURSE),
    "session_new": Page(STAFF),
    "session_change": Page(OWN_STAFF, own("session")),
    "session_join": Page(OWN_CLASS, own("session")),
    "attendance": Page(OWN_STAFF, own("session")),
    "calendar_feed": Page(ALL, lambda world: {"token": world["calendar_token"]}),
    # Certificates, surveys, reports
    "certificates": Page(ORGANISER),
    "certificates_print": Page(ORGANISER),
    "my_certificates": Page(SIGNED_IN),
    "certificate_pdf": Page(OWN | ORGANISER, lambda world: {"code": world["certificate"].code}),
    "certificate_revoke": Page(ORGANISER, lambda world: {"code": world["certificate"].code}),
    "certificate_reissue": Page(ORGANISER, lambda world: {"code": world["certificate"].code}, post=True),
    "certificate_lookup": Page(ALL),
    "certificate_verify": Page(ALL, lambda world: {"code": world["certificate"].code}),
    "survey": Page(COURSE),
    "survey_new": Page(ORGANISER, post=True),
    "survey_edit": Page(ORGANISER, {"audience": "nguoi-hoc"}),
    "survey_results": Page(ORGANISER, {"audience": "nguoi-hoc"}),
    "reports": Page(ORGANISER),
    "reports_refresh": Page(ORGANISER, post=True),
    "report_to_ministry": Page(ORGANISER),
    "learners": Page(ORGANISER),
    "learner_data": Page(ORGANISER, own("learner", "pk"), post=True),
    "course_reports": Page(ORGANISER),
    # The content repository; the rest of it is Wagtail's
    "materials": Page(REPOSITORY),
    "material": Page(REPOSITORY, own("material", "pk")),
    "material_withdraw": Page(ORGANISER | APPRAISER, own("material", "pk")),
    "appraisals": Page(APPRAISER),
    "appraise": Page(NOBODY, {"pk": 1}),  # nothing waits for anybody in this world
    # The edge lets nobody outside ask for these
    "alive": Page(ALL),
    "ready": Page(ALL),
}


@pytest.fixture
def world(course: Any, settings: Any, tmp_path: Any) -> dict[str, Any]:
    """One object of each kind, of the learner and their class."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP
    from django.contrib.auth.hashers import make_password
    from django.core.files.base import ContentFile
    from django.core.signing import TimestampSigner

    from lophoc.accounts.models import RosterImport, User
    from lophoc.accounts.rights import Role, assign
    from lophoc.accounts.tasks import JOIN_SALT
    from lophoc.assessment.models import Attempt, Question, Quiz, Submission
    from lophoc.catalogue.models import Course, Unit
    from lophoc.certificates.models import Certificate
    from lophoc.classes.models import Class
    from lophoc.content.models import Material
    from lophoc.forum.models import Post, Topic
    from lophoc.notices import mail
    from lophoc.notices.models import Announcement, Conversation
    from lophoc.schedule.models import Session
    from lophoc.schedule.views import _token as calendar_token
    from lophoc.surveys.models import Survey

    settings.MEDIA_ROOT = str(tmp_path / "media")
    for name, role in {"tc-1": "organiser", "xd-1": "builder", "td-1": "appraiser", "kt-1": "technician"}.items():
        assign(User.objects.create(username=name, password="!"), [Role(role)])
    for name in ("ngoai", "cv-1"):
        User.objects.create(username=name, password="!")
    learner, instructor = User.objects.get(username="hv-1"), User.objects.get(username="gv-2")
    klass = Class.objects.get(name="Lớp 2")
    klass.advisers.add(User.objects.get(username="cv-1"))
    quiz, now, today = Quiz.objects.get(), timezone.now(), date.today()
    topic = Topic.objects.create(course=course, klass=klass, title="Chủ đề", author=learner)
    done = {"submitted": now, "score": 1.0, "points": 4.0}
    dates = {"opens": today, "closes": today}
    User.objects.update(password=make_password("mot-mat-khau-dai"))
    Course.objects.update(self_registration=True)
    TOTP.activate(learner, "A" * 32)
    RecoveryCodes.activate(learner)
    placed(course, scorm())
    return {
        "join_token": TimestampSigner(salt=JOIN_SALT).sign_object({"slug": "mau", "email": "moi@mau.vn"}),
        "unsubscribe_token": mail._SIGNER.sign(learner.pk),
        "calendar_token": calendar_token(User.objects.get(pk=learner.pk)),
        "course": course,
        "learner": learner,
        "running": Attempt.objects.create(quiz=quiz, learner=learner, ends=now + timedelta(minutes=9)),
        "attempt": Attempt.objects.create(quiz=quiz, learner=learner, ends=now, **done),
        "submission": Submission.objects.create(
            unit=Unit.objects.get(kind="essay"), learner=learner, name="b.pdf", file=ContentFile(b"%PDF-1.4", "b.pdf")
        ),
        "topic": topic,
        "post": Post.objects.create(topic=topic, author=learner, body="Bài"),
        "question": Question.objects.first(),
        "announcement": Announcement.objects.create(course=course, author=instructor, title="T", body="B"),
        "conversation": Conversation.objects.create(course=course, learner=learner, staff=instructor),
        "session": Session.objects.create(
            course=course,
            klass=klass,
            title="Buổi",
            starts=now,
            ends=now + timedelta(hours=1),
            join_link="https://h.vn/",
        ),
        "certificate": Certificate.objects.create(
            course=course, learner=learner, organiser="Sở", year=2026, sequence=1, name="A", course_title="K", **dates
        ),
        "survey": Survey.objects.update_or_create(course=course, audience="nguoi-hoc", defaults=dates)[0],
        "material": Material.objects.create(title="Học liệu", kind="lesson"),
        "roster": RosterImport.objects.create(course=course, name="ds.csv", content=b"", state="ready"),
    }


def addresses(resolver: Any = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address with its full name."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from addresses(each, f"{space}{each.namespace}:" if each.namespace else space)
        else:
            yield f"{space}{each.name}", each


def is_library(name: str) -> bool:
    """Whether an address is of Wagtail's admin, which has a test of its own."""
    return name.startswith(("wagtail", "None"))


def address(name: str, page: Page, world: dict[str, Any]) -> str:
    """A page's address in this world."""
    parts = page.parts(world) if callable(page.parts) else page.parts or {}
    given = {"slug": "mau"} if "slug" in _converters(name) else {}
    return reverse(name, kwargs={**given, **parts})


def _converters(name: str) -> set[str]:
    return next(set(each.pattern.converters) for known, each in addresses() if known == name)


def asked(client: Client, url: str, page: Page) -> Any:
    """The answer; what the request changed is undone."""
    with transaction.atomic():
        answer = client.post(url, page.data) if page.post else client.get(url)
        transaction.set_rollback(True)
    return answer


def refused(answer: Any) -> bool:
    """Whether somebody was kept out."""
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/dang-nhap/")
    # 409 is how a script is told that an attempt isn't, or no longer, its learner's to save.
    return to_sign_in or answer.status_code in {403, 404, 409}


def browsers() -> dict[str, Client]:
    """A browser for each kind of person."""
    found = {
        kind: signed_in(name) if name else Client(headers={"X-Forwarded-Proto": "https"})
        for kind, name in PEOPLE.items()
    }
    for client in found.values():
        client.raise_request_exception = False
    return found


#: Wagtail's own that show nothing: pictures of buttons, words for its scripts.
OPEN_OF_LIBRARY = {"wagtailadmin_sprite", "wagtailadmin_javascript_catalog"}


def library_addresses() -> Iterator[str]:
    """An address of each page of Wagtail's admin, but those without a name and the one that signs out."""
    for name, each in addresses():
        if is_library(name) and name not in OPEN_OF_LIBRARY | {"wagtailadmin_logout"} and "compare" not in name:
            kinds = each.pattern.converters.items()
            parts = {part: 1 if isinstance(kind, IntConverter) else "x" for part, kind in kinds}
            try:
                yield reverse(name, kwargs=parts)
            except NoReverseMatch:
                assert name.startswith("None") or not parts, name


def test_nobody_but_the_repositorys_people_gets_into_wagtails_admin(world: dict[str, Any]) -> None:
    clients = {kind: client for kind, client in browsers().items() if kind not in REPOSITORY}
    urls = list(library_addresses())
    assert len(urls) > 150
    let_in = [f"{kind}: {url}" for url in urls for kind, client in clients.items() if not _kept_out(client, url)]
    assert not let_in, "\n".join(let_in)


def _kept_out(client: Client, url: str) -> bool:
    answer = asked(client, url, Page(NOBODY))
    return refused(answer if answer.status_code != 405 else asked(client, url, Page(NOBODY, post=True)))


def test_every_address_is_in_the_table_and_nothing_else_is() -> None:
    known = {name for name, _ in addresses() if not is_library(name)}
    assert known - set(TABLE) == set(), "say who may have these addresses"
    assert set(TABLE) - known == set(), "there are no such addresses"


def test_each_address_is_had_by_those_who_may_and_by_nobody_else(world: dict[str, Any]) -> None:
    wrong, clients = [], browsers()
    for name, page in TABLE.items():
        url = address(name, page, world)
        if name == "editor_login":
            clients = browsers()  # the last address was the sign-out
        for kind, client in clients.items():
            answer = asked(client, url, page)
            if answer.status_code >= 500 or refused(answer) == (kind in page.who):
                wrong.append(f"{name}: {kind} got {answer.status_code} of {url}")
    assert not wrong, "\n".join(wrong)


def test_the_load_tests_organisers_have_no_more_of_a_course_than_they_play(world: dict[str, Any]) -> None:
    from lophoc.operations.load_test import prepare

    prepare(world["course"], 3, 1, "mat-khau-thu-tai")
    had = {
        name
        for name, page in TABLE.items()
        if not refused(asked(signed_in("thutai-tc-01"), address(name, page, world), page))
    }
    everybodys = {name for name, page in TABLE.items() if page.who >= COURSE or name.startswith("mfa_")}
    of_the_repository, of_no_class = {"materials", "material"}, {"marking", "quiz_regrade"}
    assert had - everybodys - of_the_repository - of_no_class == {"gradebook", "session_new", "course_reports"}
