"""People in browsers: each has a Chromium context of their own, reads their own mail, and leaves screenshots."""

import base64
import hmac
import os
import re
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from runbooks.ssh import SshRemote

#: Chromium must not look anything up outside: the test machine may have no internet at all.
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
#: What axe holds the pages to: WCAG 2.1, levels A and AA.
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


def pictures() -> Path:
    """Where the screenshots go: a folder that stays, so that they can be looked at."""
    folder = Path(os.environ.get("TAPHUAN_PICTURES", "artefacts/browser"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Site:
    """The site under test: its address, a browser, and a way to what it queued as mail."""

    url: str
    browser: Browser
    remote: SshRemote
    faults: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """A new person's first page. The site's own CA is all that the browser lacks, so that alone is waived."""
        context = self.browser.new_context(
            ignore_https_errors=True, locale="vi-VN", viewport={"width": 1100, "height": 900}
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", lambda said: self._note(page, said.type, said.text))
        page.on("pageerror", lambda error: self._note(page, "error", str(error)))
        return page

    def _note(self, page: Page, kind: str, text: str) -> None:
        """A script or style that the policy refused, or one that failed, is a fault of the site."""
        if kind == "error" and "status of 4" not in text:
            self.faults.append(f"{page.url}: {text}")

    def letter_link(self, address: str) -> str:
        """The link in the last letter to an address, as the site queued it."""
        code = (
            "from post_office.models import Email; "
            f"print(Email.objects.filter(to__icontains='{address}').order_by('pk').last().message)"
        )
        deadline = time.monotonic() + 60
        while True:
            said = self.remote.run("lms-1", f'/usr/local/bin/lophoc-manage shell --command "{code}"', check=False)
            if found := re.search(r"https://\S+", said.stdout):
                return found.group(0)
            assert time.monotonic() < deadline, f"no letter to {address}: {said.stderr[-500:]}"
            time.sleep(2)


@dataclass
class Person:
    """Somebody who uses the site."""

    site: Site
    username: str
    password: str
    page: Page = field(init=False)
    secret: str = ""

    def __post_init__(self) -> None:
        self.page = self.site.page()

    def first_password(self, address: str) -> None:
        """Follow the letter's link and set a password."""
        self.page.goto(self.site.letter_link(address))
        for box in self.page.locator("main input[type=password]").all():
            box.fill(self.password)
        self._click("main button")

    def sign_in(self) -> None:
        """Sign in; staff set up their second factor the first time, and give it after that."""
        page = self.page
        page.goto(f"{self.site.url}dang-nhap/")
        page.fill("[name=username]", self.username)
        page.fill("[name=password]", self.password)
        self._click("main button")
        if page.locator("#secret").count():
            self.secret = page.inner_text("#secret").strip()
            self._give_code()
        elif page.locator("[name=code]").count():
            self._give_code()

    def _give_code(self) -> None:
        self.page.fill("[name=code]", one_time_code(self.secret))
        self._click("main button")

    def _click(self, selector: str) -> None:
        """Click on what leads to another page, and wait for that."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def go(self, path: str) -> Page:
        """Open a page of the site; it must be there."""
        answer = self.page.goto(f"{self.site.url}{path}")
        assert answer is not None
        assert answer.ok, f"{self.username}: {path} gave {answer.status}"
        return self.page

    def open(self, path: str, title: str) -> Page:
        """Open a page of the site, and from it what a link of its own part leads to."""
        page = self.go(path)
        with page.expect_navigation():
            page.locator("main").get_by_role("link", name=title).first.click()
        return page

    def until(self, path: str, selector: str, seconds: float = 60) -> Page:
        """Open a page again and again until something is on it."""
        deadline = time.monotonic() + seconds
        while not self.go(path).locator(selector).count():
            assert time.monotonic() < deadline, f"{path} never showed {selector}"
            time.sleep(1)
        return self.page

    def status(self, path: str) -> int:
        """The status that a page has for this person."""
        answer = self.page.goto(f"{self.site.url}{path}")
        assert answer is not None
        return answer.status

    def press(self, label: str) -> None:
        """Press a button of the page's own part, and wait for what comes."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=label, exact=True).first.click()

    def shows(self, name: str) -> None:
        """A screenshot under a row's name; the page must be accessible, too."""
        self.page.screenshot(path=pictures() / f"{name}.png", full_page=True)
        assert accessibility_faults(self.page) == [], name


def answer(page: Page) -> None:
    """Answer every question of an attempt somehow."""
    for question in page.locator("main form fieldset").all():
        if question.locator("label.choice input").count():
            question.locator("label.choice input").first.check()
        elif question.locator("select").count():
            for choice in question.locator("select").all():
                choice.select_option(index=1)
        else:
            question.locator("input").fill("6")


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 AA: the rule and the first element of each."""
    found: Any = Axe().run(page, options=WCAG).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


def one_time_code(secret: str) -> str:
    """The code of now by RFC 6238: six digits, thirty seconds, SHA-1."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"
