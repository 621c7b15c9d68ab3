"""Signing in, passwords, second factors, joining, profiles, and looking after accounts."""

import base64
import hashlib
import hmac
import re
import struct
import time
from io import StringIO
from typing import Any

import pytest
from conftest import signed_in
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

PASSWORD = "mot-mat-khau-dai"
HTTPS = {"X-Forwarded-Proto": "https", "X-Real-IP": "198.51.100.7"}


def browser(address: str = "198.51.100.7") -> Client:
    """A browser at some address, behind the edge."""
    return Client(headers={**HTTPS, "X-Real-IP": address})


def person(username: str = "an", password: str = PASSWORD, roles: tuple[str, ...] = (), **given: Any) -> Any:
    """An account."""
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    user = User.objects.create_user(username, given.pop("email", f"{username}@mau.vn"), password, **given)
    assign(user, [Role(role) for role in roles])
    return user


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    """Post the form as the load generator does."""
    return client.post("/dang-nhap/", {"username": username, "password": password, "next": "", **more})


def code(secret: str) -> str:
    """What an app shows now for a secret (RFC 6238)."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(time.time() // 30)), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


@pytest.fixture
def strict(settings: Any) -> None:
    """As it is in production: lockout counts and staff need a second factor."""
    settings.AXES_ENABLED = settings.REQUIRE_MFA = True


@pytest.fixture
def letters() -> Any:
    """The queued letters."""
    from post_office.models import Email

    return Email.objects.order_by("pk")


def links(text: str) -> list[str]:
    """The addresses in a letter, without the host."""
    return re.findall(r"https://testserver(?::80)?(/\S+)", text)


# Signing in


def test_the_load_generators_form_signs_in_and_leads_to_the_courses() -> None:
    person()
    client = browser()
    form = client.get("/dang-nhap/")
    assert 'data-page="login_form"' in form.content.decode()
    assert form.headers["X-Request-Class"] == "login_form"
    answer = sign_in(client, "an")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert answer.headers["X-Request-Class"] == "login"
    assert client.get("/").status_code == 200


def test_a_sign_in_costs_five_queries_at_most(strict: None) -> None:
    person()
    client = browser()
    with CaptureQueriesContext(connection) as captured:
        assert sign_in(client, "an").status_code == 302
    assert len(captured) <= 5, [each["sql"] for each in captured]


def test_a_sign_in_leads_where_somebody_was_going_but_never_to_another_site() -> None:
    person()
    assert sign_in(browser(), "an", next="/ho-so/")["Location"] == "/ho-so/"
    assert sign_in(browser(), "an", next="https://evil.example/")["Location"] == "/"


def test_a_sign_in_is_noted_and_is_no_line_of_the_audit_log() -> None:
    from auditlog.models import LogEntry

    user = person()
    before = LogEntry.objects.count()
    sign_in(browser(), "an")
    user.refresh_from_db()
    assert user.last_login
    assert LogEntry.objects.count() == before


@pytest.mark.parametrize("name", ["an", "khong-co", "da-ngung", "chua-dat"])
def test_a_wrong_sign_in_looks_the_same_whoever_it_is(name: str) -> None:
    person()
    person("da-ngung", is_active=False)
    person("chua-dat").set_unusable_password()
    texts = []
    for asked in (name, "khong-ai-ca"):
        page = sign_in(browser(), asked, "sai-mat-khau").content.decode()
        texts.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
    assert texts[0] == texts[1]
    assert "không đúng" in texts[0]


def test_an_account_that_was_stopped_is_not_signed_in_and_falls_out_of_its_session() -> None:
    user = person()
    client = browser()
    sign_in(client, "an")
    user.is_active = False
    user.save()
    assert client.get("/")["Location"].startswith("/dang-nhap/")
    assert sign_in(browser(), "an").status_code == 200


# Lockout


def test_after_ten_failures_a_name_is_shut_out_from_that_address_and_only_from_it(strict: None) -> None:
    person()
    person("binh")
    statuses = [sign_in(browser(), "an", "sai").status_code for _ in range(10)]
    assert statuses == [200] * 9 + [429]
    refused = sign_in(browser(), "an")
    assert refused.status_code == 429
    assert "15 phút" in refused.content.decode()
    assert sign_in(browser("203.0.113.9"), "an").status_code == 302
    assert sign_in(browser(), "binh").status_code == 302


def test_an_unknown_name_is_shut_out_like_a_known_one(strict: None) -> None:
    assert [sign_in(browser(), "khong-ai", "sai").status_code for _ in range(11)][-2:] == [429, 429]


def test_a_client_cannot_choose_the_address_it_is_counted_by(strict: None) -> None:
    person()
    for number in range(10):
        client = Client(headers={**HTTPS, "X-Forwarded-For": f"192.0.2.{number}"})
        sign_in(client, "an", "sai")
    assert sign_in(browser(), "an").status_code == 429


def test_a_technician_lets_somebody_in_again(strict: None, settings: Any) -> None:
    user, _ = person(), person("kt", roles=("technician",))
    for _try in range(10):
        sign_in(browser(), "an", "sai")
    settings.REQUIRE_MFA = False
    helper = signed_in("kt")
    assert "198.51.100.7" in helper.get(f"/tai-khoan/{user.pk}/").content.decode()
    assert helper.post(f"/tai-khoan/{user.pk}/mo-khoa/").status_code == 302
    assert sign_in(browser(), "an").status_code == 302


# Passwords by mail


def test_a_forgotten_password_is_set_by_a_link_that_works_once(letters: Any) -> None:
    person()
    answer = browser().post("/quen-mat-khau/", {"email": "An@mau.vn"})
    assert answer["Location"] == "/quen-mat-khau/da-gui/"
    letter = letters.get()
    assert letter.to == ["an@mau.vn"]
    (link,) = links(letter.message)
    client = browser()
    form = client.get(link, follow=True)
    assert 'data-page="password_set"' in form.content.decode()
    assert link.rsplit("/", 2)[1] not in form.request["PATH_INFO"], "the key must not stay in the address"
    new = "mat-khau-moi-tinh"
    client.post(form.request["PATH_INFO"], {"new_password1": new, "new_password2": new})
    assert sign_in(browser(), "an", new).status_code == 302
    assert "hết hạn" in browser().get(link, follow=True).content.decode()


def test_asking_for_an_unknown_address_gives_the_same_answer_and_no_letter(letters: Any) -> None:
    person()
    answers = [browser().post("/quen-mat-khau/", {"email": email}) for email in ("an@mau.vn", "ai@mau.vn")]
    assert len({(each.status_code, each["Location"]) for each in answers}) == 1
    assert letters.count() == 1


def test_somebody_without_a_password_gets_a_link_too(letters: Any) -> None:
    from lophoc.accounts.models import User

    User.objects.create(username="moi", email="moi@mau.vn", password="!")
    browser().post("/quen-mat-khau/", {"email": "moi@mau.vn"})
    assert letters.count() == 1


def test_letters_for_one_address_cannot_be_asked_for_without_end(letters: Any) -> None:
    person()
    statuses = [browser().post("/quen-mat-khau/", {"email": "an@mau.vn"}).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assert letters.count() == 5


@pytest.mark.parametrize("bad", ["ngan", "mot-mat-khau", "password123", "an-nguyen"])
def test_a_weak_password_is_refused_in_vietnamese(bad: str) -> None:
    person(full_name="An Nguyen")
    client = browser()
    sign_in(client, "an")
    good = bad == "mot-mat-khau"
    answer = client.post("/ho-so/mat-khau/", {"old_password": PASSWORD, "new_password1": bad, "new_password2": bad})
    assert answer.status_code == (302 if good else 200)
    if not good:
        assert 'role="alert"' in answer.content.decode()


def test_changing_the_password_needs_the_old_one() -> None:
    person()
    client = browser()
    sign_in(client, "an")
    new = {"new_password1": "mat-khau-moi-tinh", "new_password2": "mat-khau-moi-tinh"}
    assert client.post("/ho-so/mat-khau/", {"old_password": "sai", **new}).status_code == 200
    assert client.post("/ho-so/mat-khau/", {"old_password": PASSWORD, **new}).status_code == 302
    assert client.get("/").status_code == 200


# The second factor


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a commit is done at once, as without the transaction that a test is wrapped in."""
    monkeypatch.setattr(transaction, "on_commit", lambda job, **_: job())


def set_up(client: Client) -> str:
    """Set up an app as staff must; gives back its secret."""
    page = client.get("/ho-so/xac-thuc/ung-dung/").content.decode()
    secret = re.search(r'id="secret">(\w+)<', page)
    assert secret, page
    assert "<svg" in page
    assert " style=" not in page
    answer = client.post("/ho-so/xac-thuc/ung-dung/", {"code": code(secret.group(1))})
    assert answer["Location"] == "/ho-so/xac-thuc/ma-du-phong/", answer.content.decode()
    return secret.group(1)


def test_staff_without_a_second_factor_can_only_set_one_up(course: Any, strict: None, commits: None) -> None:
    person("tc", roles=("organiser",))
    client = browser()
    assert sign_in(client, "tc").status_code == 302
    for page in ("/", "/khoa-hoc/mau/", "/danh-sach/", "/ho-so/", "/tai-khoan/", "/ho-so/xac-thuc/ung-dung/bo/"):
        assert client.get(page)["Location"] == "/ho-so/xac-thuc/ung-dung/", page
    set_up(client)
    assert client.get("/danh-sach/").status_code == 200
    assert len(re.findall(r"<code>\d{8}</code>", client.get("/ho-so/xac-thuc/ma-du-phong/").content.decode())) == 10


def test_who_signed_in_a_while_ago_is_asked_for_the_password_before_the_second_factor_changes(
    course: Any, strict: None, commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    person("tc", roles=("organiser",))
    client = browser()
    sign_in(client, "tc")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 600)
    assert client.get("/ho-so/xac-thuc/ung-dung/")["Location"].startswith("/ho-so/xac-nhan/")


def test_a_second_factor_is_asked_for_at_the_next_sign_in(strict: None, commits: None) -> None:
    person("tc", roles=("organiser",))
    first, second = browser(), browser()
    sign_in(first, "tc")
    secret = set_up(first)
    cache.clear()  # a code is good once: forget that it was used for setting up
    assert sign_in(second, "tc")["Location"] == "/dang-nhap/ma/"
    assert second.get("/danh-sach/")["Location"].startswith("/dang-nhap/")
    wrong = second.post("/dang-nhap/ma/", {"code": "000000"})
    assert "Mã không đúng" in wrong.content.decode()
    assert second.post("/dang-nhap/ma/", {"code": code(secret)})["Location"] == "/"
    assert second.get("/danh-sach/").status_code == 200


def test_a_technician_who_lost_the_phone_sets_it_up_anew_after_the_command_which_is_recorded(
    strict: None, commits: None
) -> None:
    from auditlog.models import LogEntry

    last = person("kt", roles=("technician",))
    set_up_in = browser()
    sign_in(set_up_in, "kt")
    set_up(set_up_in)
    assert sign_in(browser(), "kt")["Location"] == "/dang-nhap/ma/"
    said = StringIO()
    call_command("reset_second_factor", "kt", stdout=said)
    call_command("reset_second_factor", "kt", stdout=said)
    assert said.getvalue().splitlines() == ['{"changed": true}', '{"changed": false}']
    client = browser()
    sign_in(client, "kt")
    assert client.get("/tai-khoan/")["Location"] == "/ho-so/xac-thuc/ung-dung/"
    set_up(client)
    entry = LogEntry.objects.get_for_object(last).latest("pk")
    assert entry.changes_dict == {"xác thực hai bước": ["", "đã bỏ, bằng lệnh trên máy chủ"]}
    assert "đã bỏ, bằng lệnh trên máy chủ" in client.get("/nhat-ky/").content.decode()


def test_the_command_names_an_account_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="no account 'la'"):
        call_command("reset_second_factor", "la")


def test_codes_cannot_be_guessed_without_end(strict: None, commits: None) -> None:
    person("tc", roles=("organiser",))
    client = browser()
    sign_in(client, "tc")
    secret = set_up(client)
    cache.clear()
    thief = browser("203.0.113.9")
    sign_in(thief, "tc")
    for number in range(10):
        thief.post("/dang-nhap/ma/", {"code": f"{number:06}"})
    refused = thief.post("/dang-nhap/ma/", {"code": code(secret)})
    assert "quá nhiều lần" in refused.content.decode()


def test_giving_the_second_factor_up_sends_staff_back_to_setting_one_up(strict: None, commits: None) -> None:
    person("tc", roles=("organiser",))
    client = browser()
    sign_in(client, "tc")
    set_up(client)
    assert client.post("/ho-so/xac-thuc/ung-dung/bo/").status_code == 302
    assert client.get("/danh-sach/")["Location"] == "/ho-so/xac-thuc/ung-dung/"


def test_learners_are_not_asked_for_a_second_factor_and_pay_no_query_for_it(course: Any, strict: None) -> None:
    client = signed_in("hv-1")
    client.get("/khoa-hoc/mau/")
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/khoa-hoc/mau/").status_code == 200
    assert not [each for each in captured if "mfa" in each["sql"]]


def test_a_technician_takes_a_lost_second_factor_away_and_it_is_recorded(
    strict: None, settings: Any, commits: None
) -> None:
    from auditlog.models import LogEntry

    user, _ = person("tc", roles=("organiser",)), person("kt", roles=("technician",))
    client = browser()
    sign_in(client, "tc")
    set_up(client)
    settings.REQUIRE_MFA = False
    signed_in("kt").post(f"/tai-khoan/{user.pk}/bo-xac-thuc/")
    assert sign_in(browser(), "tc")["Location"] == "/"
    entry = LogEntry.objects.get_for_object(user).filter(additional_data__act="bo-xac-thuc").get()
    assert entry.actor.username == "kt"


# Joining


@pytest.fixture
def open_course(course: Any) -> Any:
    """A course in which people enrol themselves."""
    course.self_registration = True
    course.save()
    return course


WANTED = {"full_name": "Lê Thị Mới", "email": "Moi@mau.vn", "school": "THCS Mẫu", "unit": "Phòng Mẫu"}


def test_courses_are_closed_to_joining_unless_they_say_otherwise(course: Any) -> None:
    assert browser().get("/tu-ghi-danh/mau/").status_code == 404
    assert signed_in("hv-1").post("/tu-ghi-danh/mau/").status_code == 404


def test_a_stranger_joins_by_a_letter_and_lands_in_the_smallest_class(open_course: Any, letters: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.classes.models import Enrolment

    assert 'role="status"' in browser().post("/tu-ghi-danh/mau/", WANTED).content.decode()
    assert not User.objects.filter(email="moi@mau.vn").exists(), "nobody is made before the address is proven"
    link = next(each for each in links(letters.get().message) if "xac-nhan" in each)
    client = browser()
    assert "Lê Thị Mới" in client.get(link).content.decode()
    weak = client.post(link, {"password1": "ngan", "password2": "ngan"})
    assert 'role="alert"' in weak.content.decode()
    answer = client.post(link, {"password1": PASSWORD, "password2": PASSWORD})
    assert answer["Location"] == "/khoa-hoc/mau/"
    assert client.get("/khoa-hoc/mau/").status_code == 200
    assert Enrolment.objects.get(learner__username="moi@mau.vn").klass.name == "Lớp 1"
    assert browser().post(link, {"password1": PASSWORD, "password2": PASSWORD})["Location"].startswith("/dang-nhap/")


def test_an_address_that_has_an_account_gets_the_same_answer_and_another_letter(open_course: Any, letters: Any) -> None:
    person("moi", email="moi@mau.vn")
    pages = []
    for email in ("moi@mau.vn", "khac@mau.vn"):
        page = browser().post("/tu-ghi-danh/mau/", {**WANTED, "email": email}).content.decode()
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
    assert pages[0] == pages[1]
    assert "đã có tài khoản" in letters.first().message
    assert "xac-nhan-ghi-danh" not in letters.first().message


def test_somebody_who_is_signed_in_joins_once(open_course: Any) -> None:
    from lophoc.classes.models import Enrolment

    user = person()
    client = signed_in("an")
    for _ in range(2):
        assert client.post("/tu-ghi-danh/mau/")["Location"] == "/khoa-hoc/mau/"
    assert Enrolment.objects.filter(learner=user).count() == 1


def test_a_link_to_join_that_was_changed_makes_nobody(open_course: Any) -> None:
    assert browser().get("/xac-nhan-ghi-danh/eyJhIjoxfQ:x:y/").status_code == 404


def test_nobody_joins_the_load_tests_or_the_trial_class(open_course: Any) -> None:
    from lophoc.classes.models import Class, Enrolment

    Class.objects.filter(name="Lớp 1").update(is_load_test=True)
    person()
    signed_in("an").post("/tu-ghi-danh/mau/")
    assert Enrolment.objects.get(learner__username="an").klass.name == "Lớp 2"


# The profile


def profile_fields(**changes: str) -> dict[str, str]:
    fields = {"full_name": "An", "school": "S", "unit": "U", "email": "an@mau.vn", "language": "vi"}
    return {**fields, **changes}


def test_people_change_their_profile_and_its_language() -> None:
    user = person()
    client = signed_in("an")
    answer = client.post("/ho-so/", profile_fields(language="en", full_name="Trần An"))
    assert answer.status_code == 302
    assert answer.cookies["django_language"].value == "en"
    user.refresh_from_db()
    assert (user.full_name, user.language, user.wants_mail) == ("Trần An", "en", False)


def test_a_new_address_needs_the_password_and_must_be_nobody_elses() -> None:
    user = person()
    person("binh")
    client = signed_in("an")
    assert client.post("/ho-so/", profile_fields(email="moi@mau.vn")).status_code == 200
    taken = profile_fields(email="Binh@mau.vn", current_password=PASSWORD)
    assert client.post("/ho-so/", taken).status_code == 200
    right = profile_fields(email="moi@mau.vn", current_password=PASSWORD)
    assert client.post("/ho-so/", right).status_code == 302
    user.refresh_from_db()
    assert user.email == "moi@mau.vn"


def test_a_profile_gives_nobody_a_role() -> None:
    user = person()
    signed_in("an").post("/ho-so/", profile_fields(is_staff="on", is_superuser="on", groups="1", roles="technician"))
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert not user.groups.exists()


# Looking after accounts


def account_fields(**changes: Any) -> dict[str, Any]:
    fields = {"username": "moi", "full_name": "Mới", "email": "moi@mau.vn", "school": "", "unit": "", "is_active": "on"}
    return {**fields, **changes}


def test_a_technician_makes_an_account_with_roles_and_a_letter_goes_out(letters: Any) -> None:
    from auditlog.models import LogEntry

    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, site_roles

    person("kt", roles=("technician",))
    answer = signed_in("kt").post("/tai-khoan/moi/", account_fields(roles=["organiser", "appraiser"]))
    made = User.objects.get(username="moi")
    assert answer["Location"] == f"/tai-khoan/{made.pk}/"
    assert site_roles(made) == {Role.ORGANISER, Role.APPRAISER}
    assert not made.has_usable_password()
    assert "/dat-mat-khau/" in letters.get(to="moi@mau.vn").message
    entries = LogEntry.objects.get_for_object(made)
    assert {each.actor.username for each in entries} == {"kt"}
    assert [each for each in entries if "groups" in each.changes_dict]
    assert not [each for each in entries if "password" in each.changes_dict]


def test_a_technician_finds_changes_and_stops_accounts() -> None:
    user = person(school="THCS Hoa Sen")
    person("kt", roles=("technician",))
    client = signed_in("kt")
    page = client.get("/tai-khoan/?tim=hoa sen").content.decode()
    assert ">an</a></th>" in page
    assert ">kt</a></th>" not in page
    client.post(f"/tai-khoan/{user.pk}/", account_fields(username="an", is_active=""))
    user.refresh_from_db()
    assert (user.full_name, user.is_active) == ("Mới", False)


def test_a_technician_cannot_shut_themselves_out() -> None:
    user = person("kt", roles=("technician",))
    client = signed_in("kt")
    for fields in (account_fields(username="kt", roles=["organiser"]), account_fields(username="kt", is_active="")):
        assert "chính mình" in client.post(f"/tai-khoan/{user.pk}/", fields).content.decode()
    user.refresh_from_db()
    assert user.is_active
    assert user.groups.filter(name="technician").exists()


@pytest.mark.parametrize("role", ["organiser", "builder", "appraiser"])
def test_only_technicians_give_roles(role: str) -> None:
    user = person()
    person("khac", roles=(role,))
    client = signed_in("khac")
    assert client.post(f"/tai-khoan/{user.pk}/", account_fields(roles=["technician"])).status_code == 403
    assert client.post(f"/tai-khoan/{user.pk}/gui-lien-ket/").status_code == 403
    assert not user.groups.exists()


def test_accounts_of_the_load_test_are_not_in_the_list(course: Any) -> None:
    from lophoc.accounts.models import User
    from lophoc.operations.load_test import prepare

    prepare(course, 2, 1, PASSWORD)
    person("kt", roles=("technician",))
    client = signed_in("kt")
    assert "thutai-" not in client.get("/tai-khoan/").content.decode()
    assert client.get(f"/tai-khoan/{User.objects.filter(is_load_test=True).first().pk}/").status_code == 404


def test_the_list_of_people_asks_no_more_for_fifty_than_for_five() -> None:
    person("kt", roles=("technician",))
    client, counts = signed_in("kt"), []
    for many in (5, 60):
        for number in range(many):
            person(f"nguoi-{many}-{number}", "", roles=("builder",))
        with CaptureQueriesContext(connection) as captured:
            client.get("/tai-khoan/?tim=nguoi")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8
