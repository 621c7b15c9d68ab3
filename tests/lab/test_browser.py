"""The site in a real browser: a learner signs in, watches a lesson, finishes the quiz and posts in the forum."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

pytestmark = [pytest.mark.lab, pytest.mark.browser]

#: Chromium must not look anything up outside: the test machine may have no internet at all.
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@pytest.fixture(scope="module")
def pictures() -> Path:
    """Where the screenshots go: a folder that stays, so that they can be looked at."""
    folder = Path(os.environ.get("TAPHUAN_PICTURES", "artefacts/browser"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def page(site: dict[str, Any]) -> Iterator[Page]:
    """A phone-sized and strict browser; the site's own CA is all that it lacks, so that alone is waived."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=list(QUIET))
        context = browser.new_context(ignore_https_errors=True, locale="vi-VN", viewport={"width": 1100, "height": 900})
        context.set_default_timeout(20_000)
        yield context.new_page()
        browser.close()


@pytest.fixture(scope="module")
def learner(site: dict[str, Any], page: Page, pictures: Path) -> Page:
    """The trial learner, signed in."""
    passwords = json.loads(Path(site["site"]["login"]["password_file"]).read_text("utf-8"))
    page.goto(site["site"]["url"])
    page.screenshot(path=pictures / "1-dang-nhap.png")
    page.fill("#id_username", "hocvien")
    page.fill("#id_password", passwords["hocvien"])
    page.click("main button")
    page.wait_for_selector('body[data-page="course_list"]')
    return page


def test_a_learner_signs_in_and_sees_the_course(learner: Page, pictures: Path) -> None:
    learner.screenshot(path=pictures / "2-khoa-hoc-cua-toi.png")
    learner.click("main h2 a")
    learner.wait_for_selector('body[data-page="course_page"]')
    learner.screenshot(path=pictures / "3-khoa-hoc.png", full_page=True)
    assert learner.locator(".parts li").count() > 5


def test_a_lesson_plays_its_lecture_from_the_middle(learner: Page, pictures: Path) -> None:
    learner.click(".parts li.lesson a >> nth=0")
    learner.wait_for_selector('body[data-page="lesson_page"]')
    state = learner.evaluate(
        """async () => {
            const video = document.querySelector('video');
            video.muted = true;
            await new Promise((ready) => video.readyState ? ready() : video.addEventListener('loadedmetadata', ready));
            video.currentTime = video.duration / 2;
            await video.play();
            await new Promise((moved) => video.addEventListener('timeupdate', moved));
            return {at: video.currentTime, length: video.duration, width: video.videoWidth};
        }"""
    )
    learner.screenshot(path=pictures / "4-bai-hoc.png")
    assert state["at"] >= state["length"] / 2
    assert state["width"] > 0
    learner.click("text=Đánh dấu hoàn thành")
    learner.wait_for_selector('body[data-page="course_page"]')
    assert learner.locator(".parts li.done").count() >= 1


def test_the_quiz_is_taken_to_its_result(learner: Page, pictures: Path) -> None:
    learner.click(".parts li.quiz a >> nth=0")
    learner.click("text=Bắt đầu làm bài")
    learner.wait_for_selector('body[data-page="quiz_attempt"]')
    for question in learner.locator("fieldset").all():
        options = question.locator("label.choice input")
        if options.count():
            options.first.check()
        else:
            question.locator("input").fill("6")
    learner.screenshot(path=pictures / "5-lam-bai.png", full_page=True)
    learner.click("main button")
    learner.wait_for_selector('body[data-page="quiz_submit"]')
    learner.screenshot(path=pictures / "6-ket-qua.png", full_page=True)
    score, _, points = learner.inner_text("#score").replace(",", ".").partition("/")
    assert 0 < float(score) <= float(points)


def test_a_post_appears_in_the_forum(learner: Page, pictures: Path) -> None:
    learner.click("nav.course >> text=Diễn đàn")
    learner.fill("#id_title", "Câu hỏi của học viên")
    learner.fill("#id_body", "Xin hỏi hạn nộp bài luận.")
    learner.click("main form button")
    learner.wait_for_selector(".post")
    learner.screenshot(path=pictures / "7-dien-dan.png")
    assert "Xin hỏi hạn nộp bài luận." in learner.inner_text(".post")
