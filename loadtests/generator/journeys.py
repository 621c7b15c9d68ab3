"""What visitors do, journey by journey; lms_stack/facts/journeys.yaml says how many requests each makes."""

import random
from collections.abc import Callable
from html import unescape
from types import SimpleNamespace

from loadtests.generator import pages
from loadtests.generator.second_factor import code
from loadtests.generator.staff import StaffJourneys
from loadtests.generator.visitor import Slice, Upload
from loadtests.generator.visits import LearnerVisits

_PDF = b"%PDF-1.4\n" + b"% " + b"x" * 120_000 + b"\n%%EOF\n"

#: Segments of one watch. Most watches ask for them this many seconds apart: their rate is the demand's, so a slice need
#: not last as the video does.
SEGMENTS, SEGMENT_PAUSE = 3, 2.0
#: This share of the watches is in real time: players fetch so many segments ahead, then one whenever one has played.
REAL_TIME, AHEAD = 0.25, 2
#: Where staff show their second factor.
SECOND_FACTOR = "/dang-nhap/ma/"
#: How often the answers of an attempt are saved on the way. Browsers do so at every answer, over all of the attempt's
#: time; so many fall into the time that a slice stands for.
SAVES = 3


class Journeys(LearnerVisits, StaffJourneys):
    """All journeys of one course; each is a method that gets a slice to play in."""

    def __init__(self, plan: SimpleNamespace, password: str, chance: random.Random) -> None:
        self.plan = plan
        self.password = password
        self.chance = chance
        self.base = f"/khoa-hoc/{plan.course}"

    def by_name(self, name: str) -> Callable[[Slice], None]:
        """A journey by the name that the load plan has for it."""
        journey: Callable[[Slice], None] = getattr(self, name)
        return journey

    def enter(self, visit: Slice) -> None:
        """Sign in, without the files of the page: for visitors who are in the middle of their visit."""
        form = visit.get("login_form", "/dang-nhap/")
        visit.pause()
        fields = [("username", visit.visitor.username), ("password", self.password), ("next", "")]
        place = visit.post("login", "/dang-nhap/", form, fields)
        if place.startswith(SECOND_FACTOR):
            form = visit.get("second_factor", SECOND_FACTOR)
            visit.post("second_factor", SECOND_FACTOR, form, [("code", code(visit.visitor.username, self.password))])
        visit.get("course_list", "/")

    def sign_in(self, visit: Slice) -> None:
        """A visit begins: the form, its files, the password, the list of courses."""
        form = visit.get("login_form", "/dang-nhap/")
        for path in pages.ASSET.findall(form)[:2]:
            visit.file("static_asset", path)
        visit.pause()
        fields = [("username", visit.visitor.username), ("password", self.password), ("next", "")]
        visit.post("login", "/dang-nhap/", form, fields)
        visit.get("course_list", "/")

    def study(self, visit: Slice) -> None:
        """The course, a lesson, and the lesson is done."""
        visit.get("course_page", f"{self.base}/")
        visit.pause()
        lesson = f"{self.base}/bai-hoc/{self.chance.choice(self.plan.lessons)}/"
        page = visit.get("lesson_page", lesson)
        visit.pause()
        visit.post("lesson_done", f"{lesson}hoan-thanh/", page, [])

    def watch(self, visit: Slice) -> None:
        """A lesson's lecture, thirty seconds of it, from anywhere in it."""
        page = visit.get("lesson_page", f"{self.base}/bai-hoc/{self.chance.choice(self.plan.lessons)}/")
        found = pages.PLAYLIST.search(page)
        segments = visit.playlist("video_playlist", unescape(found.group(1)) if found else "/thu-muc/none")
        first = self.chance.randrange(max(1, len(segments) - SEGMENTS))
        in_real_time = self.chance.random() < REAL_TIME
        for number, segment in enumerate(segments[first : first + SEGMENTS]):
            if in_real_time and number >= AHEAD:
                visit.pause(segment.seconds)
            elif number and not in_real_time:
                visit.pause(SEGMENT_PAUSE)
            visit.segment("video_segment", segment)

    def quiz(self, visit: Slice) -> None:
        """A self-assessment, from the course page to its result."""
        visit.get("course_page", f"{self.base}/")
        visit.pause()
        self._take(visit, self.chance.choice(self.plan.quizzes))

    def exam(self, visit: Slice) -> None:
        """Sign in for the exam, find it, take it, hand it in."""
        self.sign_in(visit)
        visit.get("course_page", f"{self.base}/")
        visit.pause()
        self._take(visit, self.plan.quizzes[-1])

    def _take(self, visit: Slice, number: int) -> None:
        address = f"{self.base}/bai-kiem-tra/{number}/"
        page = visit.get("quiz_page", address)
        visit.pause()
        attempt = visit.post("quiz_attempt", f"{address}bat-dau/", page, [])
        questions = visit.get("quiz_attempt", attempt)
        answers = self._answers(questions)
        for given in range(SAVES):
            visit.pause()
            visit.save("quiz_save", f"{attempt}luu/", questions, answers[: len(answers) * (given + 1) // SAVES])
        visit.pause()
        result = visit.post("quiz_submit", f"{attempt}nop/", questions, answers)
        page = visit.get("quiz_submit", result)
        if not pages.SCORE.search(page):
            visit.fail("quiz_submit", "content: the result shows no score")

    def _answers(self, page: str) -> list[tuple[str, str]]:
        """An answer to each question: one of the choices, a number, or for each row something that may match it."""
        return [(name, self.chance.choice(values)) for name, values in pages.choices(page).items()]

    def forum(self, visit: Slice) -> None:
        """Read a topic and write in it."""
        topic, page = self._topic(visit)
        visit.pause()
        visit.post("forum_post", f"{topic}tra-loi/", page, [("body", "Cảm ơn thầy cô, em đã hiểu bài.")])

    def forum_read_only(self, visit: Slice) -> None:
        """Read a topic."""
        self._topic(visit)

    def _topic(self, visit: Slice) -> tuple[str, str]:
        topics = pages.TOPIC.findall(visit.get("forum_read", f"{self.base}/dien-dan/"))
        if not topics:
            visit.fail("forum_read", "content: the forum has no topic")
        visit.pause()
        topic = self.chance.choice(topics)
        return topic, visit.get("forum_read", topic)

    def look_around(self, visit: Slice) -> None:
        """What is new, what is due, what was written, and how far one is."""
        for name, path in (
            ("announcements", f"{self.base}/thong-bao/"),
            ("calendar", f"{self.base}/lich/"),
            ("inbox", "/tin-nhan/"),
            ("my_results", f"{self.base}/ket-qua/"),
        ):
            visit.get(name, path)
            visit.pause()

    def essay(self, visit: Slice) -> None:
        """Hand in an essay."""
        address = f"{self.base}/bai-luan/{self.chance.choice(self.plan.essays)}/"
        page = visit.get("essay_form", address)
        visit.pause()
        visit.upload("essay_upload", address, page, Upload("file", "bai-luan.pdf", _PDF))
