"""Packages and lectures in Chromium: what others wrote runs, reports a score, and can't reach the site around it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect, sync_playwright

from lms_stack.course_file import read_course
from lms_stack.folders import cache_root
from playbooks.cards import write_card
from playbooks.media import encode
from playbooks.packages import pack
from tests.contracts.ports import free_port, wait_for
from tests.contracts.toy_course import certified

# Chromium gives up on a page that it fetches while guests of another test come and go: ERR_NETWORK_CHANGED.
pytestmark = [pytest.mark.contract, pytest.mark.browser, pytest.mark.alone]

ROOT = Path(__file__).parent.parent.parent
DEMO = ROOT / "courses" / "demo"
PASSWORD = "mat-khau-hoc-vien"
#: Chromium must not look anything up outside: the test machine may have no internet at all.
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")
#: A page that tries what a package must not: its scripts run, and what they found is written on it.
PROBE = """<html><head></head><body><p id="found"></p><script>
const found = {};
const attempt = (name, what) => {
  try { found[name] = what() ?? "nothing"; } catch (error) { found[name] = error.name; }
};
attempt("origin", () => window.origin);
attempt("page", () => top.document.title);
attempt("cookie", () => document.cookie || "none");
attempt("storage", () => (localStorage.setItem("a", "b"), localStorage.getItem("a")));
if (top !== window) attempt("leave", () => { top.location.href = "/dang-nhap/"; return "tried"; });
const ask = async (name, address, options) => {
  try { const answer = await fetch(address, options); found[name] = `${answer.type} ${answer.status}`; }
  catch (error) { found[name] = error.name; }
};
Promise.all([
  ask("site", "/", { credentials: "include" }),
  ask("outside", "https://localhost:9/", { mode: "no-cors" }),
  ask("own", "index.html"),
]).then(() => { document.getElementById("found").textContent = JSON.stringify(found); });
</script></body></html>"""
MANIFEST = (DEMO / "goi-mat-khau" / "imsmanifest.xml").read_text("utf-8")


#: Published on npm, with the names and hashes of their archives: a SCORM 1.2 package that shows content of another
#: address and tells the LMS its score, and an H5P player whose own test is a true-or-false question by H5P's makers.
PUBLISHED = {
    "@didask/scol-r@0.1.6": (
        "didask-scol-r-0.1.6.tgz",
        "321acd6cd98ce813d04848183d11857e10030b9c06a70f067b46e580c07ed9f9",
    ),
    "h5p-standalone@2.1.0": (
        "h5p-standalone-2.1.0.tgz",
        "0af4d8a7033cd8440fb258b390a3e42eb48a6bc23cb050a4926e18712e4142be",
    ),
}
#: What the SCORM package shows, written where its own instructions say so.
SOURCE = (
    "data:text/html,<script>parent.postMessage({function:'setScore',arguments:[85]},'*');"
    "parent.postMessage({function:'setLessonStatus',arguments:['passed']},'*')</script>"
)
#: Where the player has the package that it is tested with.
QUESTION = "test/workspace/"


def published(package: str, folder: Path) -> dict[str, bytes]:
    """The files of a published archive, from npm or from the cache, by their names in it."""
    name, digest = PUBLISHED[package]
    kept = cache_root() / "npm" / name
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", package, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(folder / name, kept)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == digest
    with tarfile.open(kept) as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        return {each.name.removeprefix("package/"): tar.extractfile(each).read() for each in files}  # type: ignore[union-attr]


def written(target: Path, files: dict[str, bytes]) -> Path:
    """An archive of these files."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target


def foreign(folder: Path) -> list[Path]:
    """Packages that nobody here wrote."""
    connector = published("@didask/scol-r@0.1.6", folder)
    connector["index.html"] = connector["index.html"].replace(b'data-source=""', f'data-source="{SOURCE}"'.encode())
    player = published("h5p-standalone@2.1.0", folder)
    question = {
        name.removeprefix(QUESTION): text
        for name, text in player.items()
        if name.startswith(QUESTION) and not name.endswith(".txt")
    }
    return [written(folder / "goi" / "scol-r.zip", connector), written(folder / "goi" / "cau-hoi.h5p", question)]


def packages(folder: Path) -> list[Path]:
    """The demo's two packages, packed, one that means ill, and two that are published."""
    (folder / "goi").mkdir()
    made = [folder / "goi" / "mat-khau.zip", folder / "goi" / "dung-sai.h5p", folder / "goi" / "do-tham.zip"]
    pack(DEMO / "goi-mat-khau", made[0])
    pack(DEMO / "goi-dung-sai", made[1])
    with zipfile.ZipFile(made[2], "w") as archive:
        archive.writestr("imsmanifest.xml", MANIFEST)
        for name in ("index.html", "bai.js", "bai.css"):
            archive.writestr(name, PROBE)
    return [*made, *foreign(folder)]


def bundle(made: list[Path], lecture: str) -> dict[str, Any]:
    """A course with a lecture and these packages, open now."""
    units = [{"kind": "lesson", "title": "Bài 1", "markdown": "Chào.", "video": lecture, "minutes": 1}]
    units += [{"kind": "package", "title": path.stem, "file": f"goi/{path.name}"} for path in made]
    dates = {"opens": "2020-03-01", "closes": "2098-04-11", "access_until": "2099-10-31"}
    nobody: dict[str, Any] = {"forum": [], "classes": [], "instructors": [], "learners": []}
    return {"slug": "mau", "title": "Khoá mẫu", "organiser": "Sở mẫu", "summary": "", "units": units, **dates, **nobody}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with that course."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "passwords.json").write_text(json.dumps(dict.fromkeys(("quantri", "giangvien", "hocvien"), PASSWORD)))
    media = folder / "media"
    course = read_course(ROOT / "courses" / "demo.yaml")
    write_card(folder / "card.png", course, course.lessons[0])
    (media / "mau").mkdir(parents=True)
    encode(folder / "card.png", 65, 300e3, media / "mau" / "bai-01", folder / "ffmpeg.log")
    (folder / "course.json").write_text(json.dumps(bundle(packages(folder), "mau/bai-01/phim.m3u8")), "utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "lms_stack" / "lophoc", Path(__file__).parent))),
        "DJANGO_SETTINGS_MODULE": "lophoc.settings_test",
        "LOPHOC_DATABASE_URL": f"sqlite:///{folder / 'toy.sqlite'}",
        "LOPHOC_MEDIA_ROOT": str(media),
        "LOPHOC_INITIAL_PASSWORDS": str(folder / "passwords.json"),
        "TOY_DATABASE": str(folder / "toy.sqlite"),
        "TOY_MEDIA": str(media),
    }
    for command in (["migrate", "--verbosity", "0"], ["load_course", str(folder)], ["load_accounts"]):
        subprocess.run([sys.executable, "-m", "lophoc.manage", *command], env=environment, check=True)
    certified(folder)
    port = free_port()
    options = f"--interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads 8".split()
    tls = ["--ssl-certificate", str(folder / "site.crt"), "--ssl-keyfile", str(folder / "site.key")]
    command = [sys.executable, "-m", "granian", *options, *tls, "media_site:application"]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for(port)
    yield f"https://127.0.0.1:{port}"
    process.send_signal(signal.SIGTERM)
    process.wait(10)


@pytest.fixture
def page(site: str) -> Iterator[Page]:
    """A browser in which the trial learner is signed in."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=list(QUIET))
        context = browser.new_context(ignore_https_errors=True, locale="vi-VN")
        context.set_default_timeout(20_000)
        found = context.new_page()
        sign_in(found, site, "hocvien")
        yield found
        browser.close()


def sign_in(page: Page, site: str, username: str) -> None:
    """Sign somebody in who has an account from the beginning."""
    page.goto(f"{site}/dang-nhap/")
    page.locator("main [name=username], main [name=login]").first.fill(username)
    page.fill("main [name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector('body[data-page="course_list"]')


def opened(page: Page, site: str, number: int) -> Frame:
    """The package that is the course's unit of this number, and its frame."""
    page.goto(f"{site}/khoa-hoc/mau/goi-hoc-lieu/{number}/")
    element = page.wait_for_selector("iframe.package")
    frame = element.content_frame() if element else None
    assert frame
    return frame


def score_on(page: Page, site: str, number: int) -> str:
    """What the package's own page says of its score, after it was opened anew."""
    opened(page, site, number)
    return page.inner_text("#package-state")


def until(page: Page | Frame, expression: str) -> None:
    """Wait until an expression holds; the page's policy forbids Playwright's own way, which evaluates text."""
    deadline = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"{expression} never held"
        page.wait_for_timeout(100)


def saved(page: Page, what: str) -> Any:
    """The site's answer to the report that holds this."""
    return page.expect_response(lambda one: one.url.endswith("/ket-qua/") and what in (one.request.post_data or ""))


def test_a_scorm_package_reports_its_score_and_goes_on_where_it_was_left(page: Page, site: str) -> None:
    frame = opened(page, site, 2)
    with saved(page, "cau-2"):
        frame.check('[name="cau-1"][value="1"]')
        frame.check('[name="cau-2"][value="1"]')
    frame = opened(page, site, 2)
    expect(frame.locator('[name="cau-2"][value="1"]')).to_be_checked()
    frame.check('[name="cau-3"][value="0"]')
    with saved(page, "failed") as answer:
        frame.click("button")
    assert answer.value.json() == {"score": 67, "completed": True}
    assert "67/100" in score_on(page, site, 2)


def test_a_package_that_is_published_on_npm_runs_and_reports_its_score(page: Page, site: str) -> None:
    with saved(page, "passed") as answer:
        opened(page, site, 5)
    assert answer.value.json() == {"score": 85, "completed": True}
    expect(page.locator("#package-state")).to_contain_text("đã được lưu")


def test_an_h5p_package_that_is_published_on_npm_runs_and_reports_its_score(page: Page, site: str) -> None:
    frame = opened(page, site, 6)
    assert answered(page, frame, "True") == {"score": 0, "completed": True}
    frame.get_by_role("button", name="Retry").click()
    assert answered(page, frame, "False") == {"score": 100, "completed": True}
    assert "100/100" in score_on(page, site, 6)


def answered(page: Page, frame: Frame, choice: str) -> Any:
    """What the site keeps of an answer to the published question.

    Its buttons come and move by and by, and a click that takes aim meanwhile is lost: the key is not.
    """
    check, radio = frame.get_by_role("button", name="Check"), frame.get_by_role("radio", name=choice)
    expect(check).to_be_visible()
    radio.click()
    expect(radio).to_be_checked()
    with saved(page, "answered") as kept:
        check.press("Enter")
    return kept.value.json()


def test_an_h5p_package_reports_its_score(page: Page, site: str) -> None:
    frame = opened(page, site, 3)
    for name, value in enumerate(("true", "false", "false", "false")):
        frame.check(f'[name="{name}"][value="{value}"]')
    with saved(page, "completed") as answer:
        frame.click("button")
    assert answer.value.json() == {"score": 75, "completed": True}
    assert "75/100" in score_on(page, site, 3)


def test_scores_of_packages_are_in_the_grade_book(page: Page, site: str) -> None:
    test_an_h5p_package_reports_its_score(page, site)
    page.click("header form[action*='thoat'] button, header form[action*='dang-xuat'] button")
    sign_in(page, site, "giangvien")
    page.goto(f"{site}/khoa-hoc/mau/so-diem/")
    expect(page.locator("main table")).to_contain_text("75/100")


def test_staff_play_a_package_in_the_repository_and_nothing_of_it_is_reported(page: Page, site: str) -> None:
    page.context.clear_cookies()
    sign_in(page, site, "quantri")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.goto(f"{site}/kho-hoc-lieu/xem/2/")
    expect(page.locator("h1")).to_have_text("mat-khau")
    element = page.wait_for_selector("iframe.package")
    frame = element.content_frame() if element else None
    assert frame
    for number, answer in ((1, "1"), (2, "1"), (3, "0")):
        frame.check(f'[name="cau-{number}"][value="{answer}"]')
    frame.click("button")
    expect(frame.locator("#ket-qua")).to_contain_text("67")
    until(frame, 'window.name.includes(\'"cmi.core.lesson_status":"failed"\')')  # it has told the page around it
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 0))")
    assert sent == []
    assert "Kết quả không được ghi nhận" in page.inner_text("#package-state")


@pytest.mark.parametrize("alone", [False, True], ids=["in its frame", "opened by itself"])
def test_a_package_can_reach_neither_the_site_nor_a_stranger(page: Page, site: str, alone: bool) -> None:
    frame = opened(page, site, 4)
    expect(frame.locator("#found")).not_to_be_empty()
    if alone:
        page.goto(frame.url)
        frame = page.main_frame
        expect(frame.locator("#found")).not_to_be_empty()
    found = json.loads(frame.inner_text("#found"))
    assert found["origin"] == "null"
    assert found["cookie"] == "none"
    assert found["storage"] == "b"
    assert found["site"] == found["outside"] == "TypeError"
    assert found["own"] == "cors 200"
    if not alone:
        assert found["page"] == "SecurityError"
        assert page.url.endswith("/goi-hoc-lieu/4/")


def test_what_a_package_asks_for_carries_no_cookie_of_the_site(page: Page, site: str) -> None:
    frame = opened(page, site, 4)
    expect(frame.locator("#found")).not_to_be_empty()
    asked = page.request.get(f"{site}/khai-bao").text().splitlines()
    # Its pages are asked for by the site's own page, in the learner's name; all else is asked for by the package.
    of_package = [line for line in asked if "referred-by-package" in line]
    assert of_package
    assert not [line for line in of_package if line.endswith("cookie")]


def test_a_lecture_plays_in_segments_and_goes_on_where_it_was_left(page: Page, site: str) -> None:
    page.goto(f"{site}/khoa-hoc/mau/bai-hoc/1/")
    until(page, "document.querySelector('video').readyState > 0")
    assert page.evaluate("document.querySelector('video').src").startswith("blob:")
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(65, abs=1)
    page.evaluate("document.querySelector('video').muted = true")
    page.evaluate("document.querySelector('video').play()")
    until(page, "document.querySelector('video').currentTime > 0.5")
    page.evaluate("document.querySelector('video').currentTime = 42")
    until(page, "document.querySelector('video').currentTime > 42.2")
    with page.expect_response("**/cho-xem/") as told:
        page.evaluate("document.querySelector('video').pause()")
    assert told.value.status == 204
    page.evaluate("localStorage.clear()")
    page.goto(f"{site}/khoa-hoc/mau/bai-hoc/1/")
    until(page, "document.querySelector('video').currentTime > 40")
    asked = page.request.get(f"{site}/khai-bao").text()
    assert "phim.mp4 bytes=" in asked
