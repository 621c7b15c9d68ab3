"""The site in Vietnamese and in English: nothing is left untranslated, and everybody reads the language they chose."""

import ast
import re
import unicodedata
from collections.abc import Iterator
from gettext import GNUTranslations
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import test_rights_walk as walk
from conftest import signed_in
from django.apps import apps
from django.core.cache import cache
from django.db.models import CharField, JSONField, TextField
from django.test import Client
from django.utils import translation
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).parents[1] / "lophoc"
CATALOGUES = sorted(PACKAGE.glob("locale/*/LC_MESSAGES/*.po"))
ENGLISH = PACKAGE / "locale/en/LC_MESSAGES/django.po"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
#: How `templatize` writes a text that a template has: a call with one literal, or two where it counts something.
IN_TEMPLATE = re.compile(r"""\b(?:_|n?gettext)\((u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))""")
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%[sdg]")
#: Letters that Vietnamese has and English doesn't, composed.
ACCENTED = re.compile(r"[^\W\d_]*[À-ÖØ-öø-ƿǍ-ɏẠ-ỹ][^\W\d_]*")


def entries(catalogue: Path) -> dict[str, list[str]]:
    """The texts of a .po file and their translations, more than one where the text counts something."""
    found: dict[str, list[str]] = {}
    for block in catalogue.read_text("utf-8").split("\n\n"):
        # A text that goes over several lines is one literal on each.
        lines = [line for line in block.replace('"\n"', "").splitlines() if not line.startswith("#")]
        parts = [(name, ast.literal_eval(text)) for name, text in (line.split(" ", 1) for line in lines)]
        key = next(text for name, text in parts if name == "msgid")
        found[key] = [text for name, text in parts if name.startswith("msgstr")]
    assert found.pop("", None) is not None, "the first entry is about the catalogue itself"
    return found


def compiled(catalogue: Path) -> dict[Any, str]:
    """What the .mo file beside a .po file holds."""
    with catalogue.with_suffix(".mo").open("rb") as file:
        read: Any = GNUTranslations(file)
    return {key: text for key, text in read._catalog.items() if key}


def texts_of_code() -> Iterator[str]:
    """Every text that a Python module hands to gettext."""
    for module in PACKAGE.rglob("*.py"):
        if "migrations" not in module.parts:
            for node in ast.walk(ast.parse(module.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                    first = node.args[0] if node.args else None
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value


def texts_of_templates() -> Iterator[str]:
    """Every text that a template hands to gettext."""
    for template in (each for each in PACKAGE.glob("**/templates/**/*") if each.suffix in {".html", ".txt"}):
        for literal in IN_TEMPLATE.findall(templatize(template.read_text("utf-8"))):
            yield ast.literal_eval(literal)


def test_every_text_has_its_english_and_no_english_is_left_of_texts_that_are_gone() -> None:
    texts = {*texts_of_code(), *texts_of_templates()}
    assert len(texts) > 900
    told = entries(ENGLISH)
    assert sorted(texts - told.keys()) == [], "README.md says how texts are added to the catalogue"
    assert sorted(told.keys() - texts) == [], "README.md says how texts are taken from the catalogue"


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: f"{each.parents[1].name}-{each.stem}")
def test_a_catalogue_has_no_gap_no_guess_and_no_line_numbers(catalogue: Path) -> None:
    assert [text for text, told in entries(catalogue).items() if not all(told)] == []
    written = catalogue.read_text("utf-8")
    assert "#, fuzzy" not in written
    assert "#: " not in written
    assert "#~" not in written


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: f"{each.parents[1].name}-{each.stem}")
def test_a_translation_has_the_placeholders_of_its_text(catalogue: Path) -> None:
    for text, told in entries(catalogue).items():
        for each in told:
            assert sorted(PLACEHOLDER.findall(each)) == sorted(PLACEHOLDER.findall(text)), text


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: f"{each.parents[1].name}-{each.stem}")
def test_the_compiled_catalogue_is_made_of_the_one_that_is_read(catalogue: Path) -> None:
    read = entries(catalogue)
    wanted: dict[Any, str] = {text: told[0] for text, told in read.items() if len(told) == 1}
    wanted |= {(text, at): each for text, told in read.items() if len(told) > 1 for at, each in enumerate(told)}
    assert compiled(catalogue) == wanted, "compile it again: README.md says how"


def test_english_has_no_vietnamese_letters() -> None:
    assert [each for told in entries(ENGLISH).values() for each in told if ACCENTED.search(each)] == []


def bare(given: Any) -> Any:
    """Data without accents."""
    if isinstance(given, str):
        split = unicodedata.normalize("NFD", given.replace("đ", "d").replace("Đ", "D"))
        return "".join(letter for letter in split if not unicodedata.combining(letter))
    if isinstance(given, dict):
        return {bare(key): bare(value) for key, value in given.items()}
    return [bare(each) for each in given] if isinstance(given, list) else given


world = walk.world


@pytest.fixture
def ascii_world(world: dict[str, Any]) -> dict[str, Any]:
    """A site whose data has no accents: what has some is then a text of ours."""
    for model in apps.get_models():
        kept = [f.name for f in model._meta.concrete_fields if isinstance(f, CharField | TextField | JSONField)]
        for row in model._base_manager.values("pk", *kept):
            new = {name: bare(row[name]) for name in kept if bare(row[name]) != row[name]}
            if new:
                model._base_manager.filter(pk=row["pk"]).update(**new)
    for material in apps.get_model("content", "Material").objects.all():
        material.body = [(block.block_type, bare(block.value)) for block in material.body]
        material.save()
    cache.clear()
    return world


def in_english(username: str) -> Client:
    """A browser of somebody who chose English."""
    client = signed_in(username) if username else Client(headers={"X-Forwarded-Proto": "https"})
    client.cookies["django_language"] = "en"
    return client


def vietnamese(page: str) -> list[str]:
    """The accented words of a page, but for the name of the language, and the values in forms, which are data."""
    page = re.sub(r"<textarea.*?</textarea>|<script.*?</script>", "", page, flags=re.DOTALL)
    page = re.sub(r'<input[^>]*\bvalue="[^"]*"', "<input", page).replace("Tiếng Việt", "")
    return ACCENTED.findall(unicodedata.normalize("NFC", unescape(page)))


#: Kinds of people, and how many pages at least each of them has.
READERS = {"": 8, "learner": 30, "instructor": 30, "organiser": 40, "builder": 15, "appraiser": 12, "technician": 12}


@pytest.mark.parametrize("kind", READERS)
def test_pages_in_english_have_no_vietnamese_but_data(ascii_world: dict[str, Any], kind: str) -> None:
    client, seen = in_english(walk.PEOPLE[kind or "anonymous"]), 0
    for name, page in walk.TABLE.items():
        if (kind or "anonymous") in page.who and not page.post:
            answer = walk.asked(client, walk.address(name, page, ascii_world), page)
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                seen += 1
                assert vietnamese(answer.content.decode()) == [], name
                assert '<html lang="en"' in answer.content.decode(), name
    assert seen >= READERS[kind]


@pytest.mark.parametrize("status", [403, 404])
def test_refusals_are_in_the_readers_language(course: Any, status: int) -> None:
    address = {403: "/khoa-hoc/mau/so-diem/", 404: "/khong-co/"}[status]
    words = {"vi": {403: "Bạn không có quyền", 404: "Không tìm thấy"}, "en": {403: "You may not", 404: "was not found"}}
    for language, client in (("vi", signed_in("hv-1")), ("en", in_english("hv-1"))):
        answer = client.get(address)
        assert answer.status_code == status
        assert words[language][status] in answer.content.decode()


def test_the_button_changes_the_language_and_the_choice_is_kept(course: Any) -> None:
    client = signed_in("hv-1")
    page = client.get("/").content.decode()
    assert "Đăng xuất" in page
    assert '<button class="plain" name="language" value="en" lang="en">English</button>' in page
    answer = client.post("/ngon-ngu/", {"language": "en", "next": "/khoa-hoc/mau/"})
    assert answer["Location"] == "/khoa-hoc/mau/"
    cookie = answer.cookies["django_language"]
    assert (cookie.value, cookie["secure"], cookie["max-age"]) == ("en", True, 365 * 86400)
    for address in ("/khoa-hoc/mau/", "/"):
        page = client.get(address).content.decode()
        assert ("Sign out" in page, "Đăng xuất" in page) == (True, False)
    assert '<button class="plain" name="language" value="vi" lang="vi">Tiếng Việt</button>' in page
    assert language_of("hv-1") == "en", "so that mail is in English too"


def language_of(username: str) -> str:
    """What an account has as its language."""
    from lophoc.accounts.models import User

    return str(User.objects.get(username=username).language)


def test_a_stranger_can_choose_and_a_language_that_does_not_exist_changes_nothing(course: Any) -> None:
    client = in_english("")
    assert "Sign in" in client.get("/dang-nhap/").content.decode()
    signed = signed_in("hv-1")
    signed.post("/ngon-ngu/", {"language": "xx", "next": "/"})
    assert language_of("hv-1") == "vi"
    assert "Đăng xuất" in signed.get("/").content.decode()


def test_after_sign_in_the_site_speaks_the_accounts_language(course: Any) -> None:
    from lophoc.accounts.models import User

    for language, word in (("en", "Sign out"), ("vi", "Đăng xuất")):
        person = User.objects.create(username=f"nguoi-{language}", language=language)
        person.set_password("mot-mat-khau-dai")
        person.save()
        client = Client(headers={"X-Forwarded-Proto": "https"})
        # Whoever used this browser before read the other language.
        client.cookies["django_language"] = "vi" if language == "en" else "en"
        client.post("/dang-nhap/", {"username": person.username, "password": "mot-mat-khau-dai"})
        assert word in client.get("/").content.decode()


def test_what_is_wrong_with_a_roster_is_said_in_its_uploaders_language(course: Any) -> None:
    from lophoc.accounts.models import RosterImport, User
    from lophoc.accounts.tasks import check_roster

    for language, words in (("en", "no learners"), ("vi", "không có học viên")):
        reader = User.objects.create(username=language, language=language)
        heading = "họ tên,email,trường,đơn vị,lớp\n".encode()
        roster = RosterImport.objects.create(course=course, name="a.csv", content=heading, uploaded_by=reader)
        check_roster.enqueue(roster.pk)
        roster.refresh_from_db()
        assert words in roster.errors[0][2]


def test_a_rosters_columns_can_be_called_what_the_english_page_calls_them() -> None:
    from lophoc.accounts.roster import COLUMNS, LABELS, simple

    with translation.override("en"):
        for name, label in LABELS.items():
            assert simple(translation.gettext(label)) in COLUMNS[name]


def test_the_editor_speaks_the_readers_language(ascii_world: dict[str, Any]) -> None:
    address = "/kho-hoc-lieu/soan/snippets/content/material/add/"
    page = in_english("xd-1").get(address).content.decode()
    # Wagtail translates this one word once, when it starts.
    assert vietnamese(page.replace("Trang Chủ", "")) == []
    page = signed_in("xd-1").get(address).content.decode()
    assert "Lưu bản nháp" in page
    assert "Save draft" not in page
    words = signed_in("xd-1").get("/kho-hoc-lieu/soan/jsi18n/").content.decode()
    assert r"Thu g\u1ecdn t\u1ea5t c\u1ea3" in words, "the words of its scripts too"
