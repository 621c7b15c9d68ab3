"""The rarer things that learners come for: packages, surveys, live sessions, certificates, messages, questions."""

import random
from types import SimpleNamespace

from loadtests.generator import pages
from loadtests.generator.visitor import Slice

#: Where the engine says that the load test's live sessions are.
ROOM = "https://phong-hop.invalid/"


class LearnerVisits:
    """Journeys of learners in the middle of their visit."""

    plan: SimpleNamespace
    chance: random.Random
    base: str

    def package(self, visit: Slice) -> None:
        """A SCORM or H5P package: its page, its own files and the player's, a result on the way and one at its end."""
        page = visit.get("package_page", f"{self.base}/goi-hoc-lieu/{self.chance.choice(self.plan.packages)}/")
        package = pages.Package.of(page)
        if package is None:
            visit.fail("package_page", "content: the page frames no package that may report")
        first = visit.file("package_file", package.source).decode("utf-8", "replace")
        for path in pages.ASSET.findall(first)[:2]:
            visit.file("static_asset", path)
        visit.file("package_file", package.file(first))
        for ended in (False, True):
            visit.pause()
            state = package.state(self.chance.randrange(101), ended=ended)
            visit.report("package_report", package.report, page, state)

    def survey(self, visit: Slice) -> None:
        """The questions of the survey, and answers. Who has answered before sends none, and is told so."""
        address = f"{self.base}/khao-sat/"
        page = visit.get("survey", address)
        visit.pause()
        answers = [(name, self.chance.choice(values)) for name, values in pages.survey(page).items()]
        visit.post("survey_submit", address, page, answers)

    def live_session(self, visit: Slice) -> None:
        """The calendar, and the link of the live session that is on: the site records who came, and sends on."""
        found = pages.JOIN.search(visit.get("calendar", f"{self.base}/lich/"))
        if found is None:
            visit.fail("calendar", "content: no live session to join")
        visit.pause()
        visit.leave("session_join", found.group(1), ROOM)

    def certificate(self, visit: Slice) -> None:
        """One's own certificates, and the file of one."""
        found = pages.CERTIFICATE.search(visit.get("certificates", "/giay-chung-nhan/", "my_certificates"))
        if found is None:
            visit.fail("certificates", "content: no certificate")
        visit.pause()
        visit.file("certificate_pdf", found.group(1), b"%PDF")

    def message(self, visit: Slice) -> None:
        """A message to the instructor or an adviser."""
        address = f"{self.base}/tin-nhan-moi/"
        page = visit.get("message_form", address, "message_new")
        people = pages.options(page)
        if not people:
            visit.fail("message_form", "content: nobody to write to")
        self._written(visit, address, page, [("to", self.chance.choice(people))])

    def question(self, visit: Slice) -> None:
        """A question to the organisers."""
        address = f"{self.base}/hoi-ban-to-chuc/"
        self._written(visit, address, visit.get("message_form", address, "message_new"), [])

    def _written(self, visit: Slice, address: str, page: str, to: list[tuple[str, str]]) -> None:
        visit.pause()
        fields = [*to, ("subject", "Hỏi về bài tập"), ("body", "Thưa thầy cô, em nộp bài ở đâu ạ?")]
        visit.get("inbox", visit.post("message_post", address, page, fields), "conversation")
