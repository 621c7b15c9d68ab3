"""One person's browser: cookies, connections of its own, and every answer checked for what it should be."""

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlencode

import gevent
from locust.contrib.fasthttp import FastHttpSession

from loadtests.generator.video import FRAGMENT, Segment, segments, suiting

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_ALERT = re.compile(r'role="alert">([^<]*)')
_FORM = "application/x-www-form-urlencoded"
_PAGE = re.compile(r'<body data-page="([^"]*)"')


class Failed(Exception):
    """An answer was not what it should be; the rest of the journey can't be done."""


class Upload(NamedTuple):
    """A file that is sent in a form: the form's field, the file's name, and what is in it (a PDF)."""

    field: str
    name: str
    content: bytes


class Visitor:
    """A browser of one account. `told` hears of each request: class, scheduled and ended time, bytes, failure."""

    def __init__(self, url: str, session: FastHttpSession, username: str, think: Callable[[], float]) -> None:
        self.url = url
        self.session = session
        self.username = username
        # No redirect is followed: each request has a class of its own. Asking for that at each request is not safe
        # when two slices of one visitor run at once, for Locust then changes this very setting back and forth.
        session.client.redirect_response_codes = frozenset()  # type: ignore[misc]  # Locust itself sets it so
        self._think = think
        #: What the line gave with the last segment, in bit/s: by it a player chooses a lecture's rate.
        self.rate = 0.0


class Slice:
    """One journey of one visitor: requests one after another, each timed from when it should have been sent."""

    def __init__(self, visitor: Visitor, due: float, told: Callable[..., None]) -> None:
        self.visitor = visitor
        self._due = due
        self._told = told

    def pause(self, seconds: float | None = None) -> None:
        """Think before the next request; the pause is planned, so lateness after it counts."""
        self._due = time.perf_counter() + (self.visitor._think() if seconds is None else seconds)
        gevent.sleep(max(0.0, self._due - time.perf_counter()))

    def get(self, name: str, path: str, page: str | None = None, **headers: str) -> str:
        """Fetch a page; it must be the page that it says it is.

        :raises Failed: it isn't.
        """
        response, body = self._send(name, "GET", path, None, headers)
        text = body.decode("utf-8", "replace")
        self._check(name, response, text, page or name, len(body))
        self._due = time.perf_counter()
        return text

    def _check(self, name: str, response: Any, text: str, page: str, size: int) -> None:
        found = _PAGE.search(text)
        if response.status_code != 200:
            self._fail(name, _status(response), size)
        if found is None or found.group(1) != page:
            self._fail(
                name, f"content: expected page {page}, got {found.group(1) if found else 'no page of the site'}", size
            )
        self._pass(name, size)

    def editor(self, name: str, path: str) -> str:
        """Fetch the editor of materials, which is Wagtail's and so has no name of ours; it must be that form.

        :raises Failed: it isn't.
        """
        response, body = self._send(name, "GET", path, None, {})
        text = body.decode("utf-8", "replace")
        if response.status_code != 200:
            self._fail(name, _status(response), len(body))
        if 'id="w-editor-form"' not in text or 'name="document"' not in text:
            self._fail(name, "content: not the editor of materials", len(body))
        self._done(name, len(body))
        return text

    def post(self, name: str, path: str, form: str, fields: list[tuple[str, str]]) -> str:
        """Send a form of a page with its token; the answer must send us on. Gives back where to.

        :raises Failed: no token in the page, or no redirect.
        """
        fields = [("csrfmiddlewaretoken", self.token(name, form)), *fields]
        return self._redirected(name, path, urlencode(fields).encode(), _FORM)

    def save(self, name: str, path: str, form: str, fields: list[tuple[str, str]]) -> None:
        """Save a form's fields on the way, as its script does; the answer must say that they are stored.

        :raises Failed: it doesn't.
        """
        body = urlencode([("csrfmiddlewaretoken", self.token(name, form)), *fields]).encode()
        response, answer = self._send(name, "POST", path, body, self._form_headers(path, _FORM))
        if response.status_code != 200:
            self._fail(name, _status(response), len(answer))
        if b'"saved": true' not in answer:
            self._fail(name, "content: the site did not say that it saved", len(answer))
        self._done(name, len(answer))

    def upload(self, name: str, path: str, form: str, file: Upload, fields: Iterable[tuple[str, str]] = ()) -> str:
        """Send a file by a page's form, as post does."""
        boundary = "----taphuan7MA4YWxkTrZu0gW"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in (("csrfmiddlewaretoken", self.token(name, form)), *fields)
        ]
        about = f'Content-Disposition: form-data; name="{file.field}"; filename="{file.name}"'
        head = f"{''.join(parts)}--{boundary}\r\n{about}\r\nContent-Type: application/pdf\r\n\r\n".encode()
        body = head + file.content + f"\r\n--{boundary}--\r\n".encode()
        return self._redirected(name, path, body, f"multipart/form-data; boundary={boundary}")

    def report(self, name: str, path: str, page: str, state: object) -> None:
        """Tell the site what a package has told its page; the site must say that it understood.

        :raises Failed: it doesn't.
        """
        headers = {**self._form_headers(path, "application/json"), "X-CSRFToken": self.token(name, page)}
        response, answer = self._send(name, "POST", path, json.dumps(state).encode(), headers)
        if response.status_code != 200:
            self._fail(name, _status(response), len(answer))
        if b'"completed"' not in answer:
            self._fail(name, "content: the site did not say that it kept the result", len(answer))
        self._done(name, len(answer))

    def leave(self, name: str, path: str, towards: str) -> None:
        """Follow a link that leads away from the site; it must lead towards an address, to which nobody goes.

        :raises Failed: it leads elsewhere, or nowhere.
        """
        response, body = self._send(name, "GET", path, None, {})
        place = response.headers.get("location") if response.status_code == 302 else None
        if place is None:
            why = _status(response) if response.status_code != 200 else _complaint(body)
            self._fail(name, why, len(body))
        if not str(place).startswith(towards):
            self._fail(name, "content: the link leads elsewhere", len(body))
        self._done(name, len(body))

    def token(self, name: str, form: str) -> str:
        """The form's token against forged requests."""
        found = _TOKEN.search(form)
        if found is None:
            self._fail(name, "content: the page has no form token", 0)
        return found.group(1)

    def _form_headers(self, path: str, kind: str) -> dict[str, str]:
        return {"Content-Type": kind, "Referer": f"{self.visitor.url}{path}", "Origin": self.visitor.url}

    def _redirected(self, name: str, path: str, body: bytes, kind: str) -> str:
        response, answer = self._send(name, "POST", path, body, self._form_headers(path, kind))
        place = response.headers.get("location") if response.status_code == 302 else None
        if place is None:
            why = _status(response) if response.status_code != 200 else _complaint(answer)
            self._fail(name, why, len(answer))
        self._done(name, len(answer))
        return str(place)

    def playlist(self, name: str, path: str) -> list[Segment]:
        """Fetch a lecture's playlist; gives back its segments in order, of a ladder of rates those that suit the line.

        :raises Failed: it is none, or has no segments that are ranges of one film.
        """
        text = self._playlist(name, path)
        if (rung := suiting(text, path, self.visitor.rate)) is not None:
            text, path = self._playlist(name, rung), rung
        found = segments(text, path)
        if not found:
            self._fail(name, "content: no playlist with segments", len(text))
        self._done(name, len(text))
        return found

    def _playlist(self, name: str, path: str) -> str:
        response, body = self._send(name, "GET", path, None, {})
        if response.status_code != 200:
            self._fail(name, _status(response), len(body))
        return body.decode("utf-8", "replace")

    def segment(self, name: str, wanted: Segment) -> bytes:
        """Fetch a segment of a film; it must be just that range, and begin as a fragment of an MP4 does.

        :raises Failed: it isn't.
        """
        path, first, size, _ = wanted
        asked = time.perf_counter()
        response, body = self._send(name, "GET", path, None, {"Range": f"bytes={first}-{first + size - 1}"})
        if response.status_code != 206:
            self._fail(name, _status(response), len(body))
        place = str(response.headers.get("content-range", ""))
        if len(body) != size or not place.startswith(f"bytes {first}-{first + size - 1}/"):
            self._fail(name, "content: not the range that was asked for", len(body))
        if body[4:8] not in FRAGMENT:
            self._fail(name, "content: the segment is no part of an MP4", len(body))
        self.visitor.rate = 8 * size / max(1e-6, time.perf_counter() - asked)
        self._done(name, len(body))
        return body

    def file(self, name: str, path: str, begins: bytes = b"") -> bytes:
        """Fetch a file; it must not be empty, and begin as such a file does.

        :raises Failed: it doesn't.
        """
        response, body = self._send(name, "GET", path, None, {})
        if response.status_code != 200 or not body:
            self._fail(name, _status(response), len(body))
        if not body.startswith(begins):
            self._fail(name, "content: the file is of another kind", len(body))
        self._done(name, len(body))
        return body

    def _send(
        self, name: str, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[Any, bytes]:
        with self.visitor.session.request(
            method,
            path,
            name=name,
            data=body,  # type: ignore[arg-type]  # bytes are passed on as they are; the annotation leaves them out
            headers=headers,
            catch_response=True,
        ) as response:
            content = response.content or b""
            # Locust's own statistic judges by status alone; ours, which counts, by content as well.
            response.success() if 200 <= response.status_code < 400 else response.failure(str(response.status_code))
        return response, content if isinstance(content, bytes) else content.encode()

    def _pass(self, name: str, size: int) -> None:
        self._told(name, self._due, size, None)

    def _done(self, name: str, size: int) -> None:
        """It went well, and what comes next is due from now on."""
        self._pass(name, size)
        self._due = time.perf_counter()

    def fail(self, name: str, why: str) -> NoReturn:
        """What was answered doesn't let the journey go on.

        :raises Failed: always.
        """
        self._fail(name, why, 0)

    def _fail(self, name: str, why: str, size: int) -> NoReturn:
        self._told(name, self._due, size, why)
        raise Failed(why)


def _complaint(answer: bytes) -> str:
    """What a form that is shown again complains of."""
    found = _ALERT.search(answer.decode("utf-8", "replace"))
    return f"content: the form was shown again: {found.group(1).strip() if found else 'without a reason'}"


def _status(response: Any) -> str:
    if response.status_code == 0:
        return f"no answer: {type(response.error).__name__}"
    return f"status {response.status_code}"
