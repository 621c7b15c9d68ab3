"""The site in a real browser: a learner signs in, watches a lesson, finishes the quiz and posts in the forum."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.lab.people import answer, chromium, pictures

pytestmark = [pytest.mark.lab, pytest.mark.browser]


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the screenshots go."""
    return pictures()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A strict browser; the site's own CA is all that it lacks, so that alone is waived."""
    with chromium() as browser:
        context = browser.new_context(ignore_https_errors=True, locale="vi-VN", viewport={"width": 1100, "height": 900})
        context.set_default_timeout(20_000)
        yield context.new_page()


@pytest.fixture(scope="module")
def learner(site: dict[str, Any], page: Page, folder: Path) -> Page:
    """The trial learner, signed in."""
    passwords = json.loads(Path(site["site"]["login"]["password_file"]).read_text("utf-8"))
    page.goto(site["site"]["url"])
    page.screenshot(path=folder / "1-dang-nhap.png")
    page.fill("[name=username]", "hocvien")
    page.fill("[name=password]", passwords["hocvien"])
    page.click("main button")
    page.wait_for_selector('body[data-page="course_list"]')
    return page


def test_a_learner_signs_in_and_sees_the_course(learner: Page, folder: Path) -> None:
    learner.screenshot(path=folder / "2-khoa-hoc-cua-toi.png")
    learner.click("main .cards a")
    learner.wait_for_selector('body[data-page="course_page"]')
    learner.screenshot(path=folder / "3-khoa-hoc.png", full_page=True)
    assert learner.locator(".parts li").count() > 5


def test_a_lesson_plays_its_lecture_from_the_middle(learner: Page, folder: Path) -> None:
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
    learner.screenshot(path=folder / "4-bai-hoc.png")
    assert state["at"] >= state["length"] / 2
    assert state["width"] > 0
    learner.click("text=Đánh dấu hoàn thành")
    learner.wait_for_selector('body[data-page="course_page"]')
    assert learner.locator(".parts li.done").count() >= 1


def test_the_quiz_is_taken_to_its_result(learner: Page, folder: Path) -> None:
    learner.click(".parts li.quiz a >> nth=0")
    learner.click("text=Bắt đầu làm bài")
    learner.wait_for_selector('body[data-page="quiz_attempt"]')
    answer(learner)
    learner.screenshot(path=folder / "5-lam-bai.png", full_page=True)
    learner.click("main button")
    learner.wait_for_selector('body[data-page="quiz_submit"]')
    learner.screenshot(path=folder / "6-ket-qua.png", full_page=True)
    score, _, points = learner.inner_text("#score").replace(",", ".").partition("/")
    assert 0 < float(score) <= float(points)


def test_a_post_appears_in_the_forum(learner: Page, folder: Path) -> None:
    learner.click("nav.course >> text=Diễn đàn")
    learner.fill("#id_title", "Câu hỏi của học viên")
    learner.fill("#id_body", "Xin hỏi hạn nộp bài luận.")
    learner.click("main form button")
    learner.wait_for_selector(".post")
    learner.screenshot(path=folder / "7-dien-dan.png")
    assert "Xin hỏi hạn nộp bài luận." in learner.inner_text(".post")
