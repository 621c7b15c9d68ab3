"""What instructors, builders, organisers and the administrator do while learners learn."""

import random
from types import SimpleNamespace

from loadtests.generator import pages
from loadtests.generator.visitor import Slice, Upload

#: Slides or a document of usual size that a builder uploads: two megabytes.
SLIDES = b"%PDF-1.4\n% " + b"x" * 2_000_000 + b"\n%%EOF\n"
EDITOR = "/kho-hoc-lieu/soan/snippets/content/material/add/"
_MATERIAL = (
    *(("title", "Trang chiếu thử tải"), ("kind", "document"), ("minutes", "0"), ("body-count", "0")),
    *(("author", "Thử tải"), ("licence", "own"), ("language", "vi"), ("action-submit", "1")),
)


class StaffJourneys:
    """Journeys of those who teach, build and organise."""

    plan: SimpleNamespace
    chance: random.Random
    base: str

    def gradebook(self, visit: Slice) -> None:
        """An instructor looks at the class."""
        visit.get("course_page", f"{self.base}/")
        for _ in range(2):
            visit.pause()
            visit.get("gradebook", f"{self.base}/so-diem/")

    def mark_essay(self, visit: Slice) -> None:
        """An instructor marks an essay that waits, by its rubric, with a comment."""
        waiting = pages.WAITING.findall(visit.get("marking", f"{self.base}/cham-bai/"))
        if not waiting:
            visit.fail("marking", "content: no essay waits to be marked")
        address = self.chance.choice(waiting)
        page = visit.get("marking", address, "mark_essay")
        visit.pause()
        points = [(name, f"{most * self.chance.randint(5, 10) / 10:g}") for name, most in pages.rubric(page).items()]
        # Two browsers may have chosen the same essay: the second one's mark then needs a reason.
        fields = [*points, ("comment", "Bài viết rõ ràng, có ví dụ."), ("reason", "Chấm lại")]
        visit.post("mark_essay", address, page, fields)

    def attendance(self, visit: Slice) -> None:
        """An instructor takes attendance of the live session: the calendar, its list, and the list as it is now."""
        found = pages.ATTENDANCE.search(visit.get("calendar", f"{self.base}/lich/"))
        if found is None:
            visit.fail("calendar", "content: no session to take attendance of")
        page = visit.get("attendance", found.group(1))
        visit.pause()
        shown = pages.SHOWN.findall(page)
        there = [("co-mat", learner) for learner in shown if self.chance.random() < 0.9]
        visit.post("attendance_save", found.group(1), page, [*(("tren-trang", each) for each in shown), *there])

    def class_progress(self, visit: Slice) -> None:
        """An instructor looks at the class, and how one learner gets on."""
        learners = pages.LEARNER.findall(visit.get("gradebook", f"{self.base}/so-diem/"))
        if not learners:
            visit.fail("gradebook", "content: the class has no learner")
        visit.pause()
        visit.get("learner_progress", self.chance.choice(learners))

    def upload(self, visit: Slice) -> None:
        """A builder uploads slides into the repository and submits them to be appraised."""
        page = visit.editor("content_form", EDITOR)
        visit.pause()
        file = Upload("document", f"trang-chieu-{self.chance.randrange(10**9)}.pdf", SLIDES)
        visit.upload("content_upload", EDITOR, page, file, _MATERIAL)

    def reports(self, visit: Slice) -> None:
        """An organiser looks at two reports of the course."""
        for report in ("hoat-dong", "hoan-thanh"):
            visit.get("course_reports", f"{self.base}/bao-cao/?loai={report}&theo=lop")
            visit.pause()

    def export(self, visit: Slice) -> None:
        """An organiser takes the grade book of a class as a file."""
        found = pages.EXPORT.search(visit.get("gradebook", f"{self.base}/so-diem/"))
        if found is None:
            visit.fail("gradebook", "content: nothing to export")
        visit.pause()
        visit.file("gradebook_export", f"{self.base}/so-diem/{found.group(1)}", b"PK")

    def announce(self, visit: Slice) -> None:
        """An organiser announces something to a class."""
        address = f"{self.base}/thong-bao/"
        page = visit.get("announcements", address)
        classes = pages.options(page)
        if not classes:
            visit.fail("announcements", "content: no class to address")
        visit.pause()
        fields = [
            ("klass", self.chance.choice(classes)),
            ("title", "Nhắc hạn nộp bài"),
            ("body", "Hạn nộp là thứ Sáu."),
        ]
        visit.get("announcements", visit.post("announcement_post", address, page, fields))

    def probe(self, visit: Slice) -> None:
        """The administrator's own probe: a stranger's look whether the site answers."""
        visit.get("login_form", "/dang-nhap/")
