"""What journeys read in the site's pages."""

import json
import re
from html import unescape
from typing import Any

ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')
PLAYLIST = re.compile(r'<video[^>]* data-playlist="([^"]+)"')
SCORE = re.compile(r'id="score">[\d.,]+/[\d.,]+<')
TOPIC = re.compile(r'href="(/khoa-hoc/[^"]+/dien-dan/\d+/)"')
JOIN = re.compile(r'href="(/khoa-hoc/[^"]+/lich/\d+/vao/)"')
ATTENDANCE = re.compile(r'href="(/khoa-hoc/[^"]+/lich/\d+/diem-danh/)"')
CERTIFICATE = re.compile(r'href="(/giay-chung-nhan/[^"]+/pdf/)"')
WAITING = re.compile(r'href="(/khoa-hoc/[^"]+/cham-bai/\d+/)"')
LEARNER = re.compile(r'href="(/khoa-hoc/[^"]+/tien-do/\d+/)"')
EXPORT = re.compile(r'href="(\?[^"]*dang=xlsx[^"]*)"')
SHOWN = re.compile(r'name="tren-trang" value="(\d+)"')
ADDRESSEE = re.compile(r'<select name="(?:to|klass)"[^>]*>(.*?)</select>', re.DOTALL)
_ATTEMPT_FIELD = re.compile(r'<input[^>]*?(?:type="(radio|checkbox)")?[^>]*? name="(cau-\d+)"(?: value="(\d+)")?')
_ATTEMPT_MATCH = re.compile(r'<select name="(cau-\d+)">(.*?)</select>', re.DOTALL)
_OPTION = re.compile(r'<option value="(\d+)"')
_RADIO = re.compile(r'<input type="radio" name="(cau-\d+)" value="(\d+)"')
_WORDS = re.compile(r'<textarea name="(cau-\d+)"')
_POINTS = re.compile(r'<input type="number" name="(points-\d+)"[^>]*?max="([\d.]+)"')
_FRAME = re.compile(r'<iframe class="package"[^>]*? name="([^"]*)" data-source="([^"]+)" data-report="([^"]*)"')
_OWN_FILE = re.compile(r'(?:href|src)="((?!/|https?:|data:|#)[^"]+)"')


def choices(page: str) -> dict[str, list[str]]:
    """The fields of an attempt, each with what can be chosen; a number is written where there is nothing to choose."""
    found: dict[str, list[str]] = {}
    for _, name, value in _ATTEMPT_FIELD.findall(page):
        found.setdefault(name, []).append(value or "6")
    rows = ((name, _OPTION.findall(options)) for name, options in _ATTEMPT_MATCH.findall(page))
    return {**found, **{name: values for name, values in rows if values}}


def options(page: str) -> list[str]:
    """Those to whom something can be addressed; nobody where the page has no such list."""
    found = ADDRESSEE.search(page)
    return _OPTION.findall(found.group(1)) if found else []


def survey(page: str) -> dict[str, list[str]]:
    """The questions of a survey, each with its answers; words where there is nothing to choose."""
    found: dict[str, list[str]] = {}
    for name, value in _RADIO.findall(page):
        found.setdefault(name, []).append(value)
    return {**found, **{name: ["Khoá học bổ ích."] for name in _WORDS.findall(page)}}


def rubric(page: str) -> dict[str, float]:
    """The criteria of an essay, each with its most points."""
    return {name: float(most) for name, most in _POINTS.findall(page)}


class Package:
    """A SCORM or H5P package as its page frames it: where it begins, where it reports to, of what kind it is."""

    def __init__(self, source: str, report: str, launch: dict[str, Any]) -> None:
        self.source, self.report, self.kind = source, report, str(launch.get("kind", ""))

    @classmethod
    def of(cls, page: str) -> "Package | None":
        """The package of a page; None where the page frames none, or nothing can be reported."""
        found = _FRAME.search(page)
        if found is None or not found[3]:
            return None
        launch = json.loads(unescape(found[1]).removeprefix("lophoc:"))
        return cls(unescape(found[2]), unescape(found[3]), launch)

    def file(self, page: str) -> str:
        """A file of the package's own that its first page asks for; an H5P's page asks for its description."""
        found = _OWN_FILE.search(page)
        return self.source.rsplit("/", 1)[0] + "/" + (unescape(found[1]) if found else "h5p.json")

    def state(self, score: int, *, ended: bool) -> dict[str, Any]:
        """What it tells of its learner, on the way and at its end."""
        return {"data": _STATES[self.kind](str(score), ended), "seconds": 60}


_STATES: dict[str, Any] = {
    "scorm12": lambda score, ended: {
        "cmi.core.lesson_status": "passed" if ended else "incomplete",
        "cmi.suspend_data": "trang=2",
        **({"cmi.core.score.raw": score, "cmi.core.score.max": "100"} if ended else {}),
    },
    "scorm2004": lambda score, ended: {
        "cmi.completion_status": "completed" if ended else "incomplete",
        "cmi.suspend_data": "trang=2",
        **({"cmi.score.raw": score, "cmi.score.max": "100"} if ended else {}),
    },
    "h5p": lambda score, ended: {"verb": "completed" if ended else "answered", "raw": score, "max": "100"},
}
