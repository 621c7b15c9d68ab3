"""The Course: what the administrator writes. The schema with its defaults; its kinds of value are in course_values.py.

The text under each field is its description in the JSON Schema, which editors show.
"""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from lms_stack.course_values import (
    VIET_NAM,
    Address,
    BitRate,
    Count,
    Day,
    Duration,
    ExpectedShare,
    FileName,
    HostKey,
    Moment,
    Port,
    Share,
    Slug,
    Text,
    Wait,
)
from lms_stack.units import Frozen

__all__ = [
    "VIET_NAM",
    "Course",
    "Dates",
    "Essay",
    "Exam",
    "Expectations",
    "LabTarget",
    "Lesson",
    "Mail",
    "Objectives",
    "Package",
    "Quiz",
    "ServerHost",
    "ServersTarget",
    "Unit",
    "Video",
    "course_schema",
]


class Written(Frozen):
    """Base of what an administrator writes: the text under a field tells editors what it is."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Dates(Written):
    """When the course runs, and until when its content stays readable."""

    opens: Day
    """The first day."""
    closes: Day
    """The last day."""
    access_until: Day
    """Until when content stays readable: at least six months after closing (Article 10.8)."""


class Video(Written):
    """A recorded lecture; without a file one is made of title cards, which is enough to size and to verify."""

    duration: Duration
    """How long it plays."""
    bit_rate: BitRate
    """How many bits a second of it has: what sizes the line."""
    file: FileName | None = None
    """The recording; title cards where there is none."""


class Lesson(Written):
    """Text, slides and a recorded lecture."""

    kind: Literal["lesson"]
    title: Text
    """What learners see in the list."""
    text: FileName
    """The lesson's text, Markdown."""
    slides: bool = True
    """Whether slides are made from the text's headings."""
    video: Video | None = None
    """The recorded lecture."""


class Quiz(Written):
    """A self-assessment quiz."""

    kind: Literal["quiz"]
    title: Text
    """What learners see in the list."""
    questions: FileName
    """The questions, YAML."""
    time_limit: Duration
    """How long one attempt may take."""
    attempts: Annotated[Count, Field(le=100)] = 3
    """How often a learner may try."""


class Essay(Written):
    """An essay that learners upload."""

    kind: Literal["essay"]
    title: Text
    """What learners see in the list."""
    text: FileName
    """What the essay is about, Markdown."""
    due: Day
    """The last day to hand it in, within the course."""


class Exam(Written):
    """The final exam: one window in which it can be started, and the time each learner has."""

    kind: Literal["exam"]
    title: Text
    """What learners see in the list."""
    questions: FileName
    """The questions, YAML."""
    opens: Moment
    """From when it can be started; Viet Nam's time where no zone is written."""
    closes: Moment
    """When the last must have handed in."""
    duration: Duration
    """The time each learner has."""


class Package(Written):
    """A SCORM or H5P package that somebody made elsewhere."""

    kind: Literal["package"]
    title: Text
    """What learners see in the list."""
    file: FileName
    """The package, .zip or .h5p; or its imsmanifest.xml or h5p.json in a folder that is packed as it lies there."""


Unit = Annotated[Lesson | Quiz | Essay | Exam | Package, Field(discriminator="kind")]


class Objectives(Written):
    """What learners may expect; a verdict holds the stack to it."""

    page_p95: Wait = 1.0
    """In how long 95 of 100 pages must have come."""
    failed_requests: Share = 0.01
    """The highest share of requests that may fail."""


class Mail(Written):
    """The mail server that letters are handed to."""

    server: Text
    """Its name or address."""
    port: Port = 587
    """Where it takes mail: 465 speaks TLS from the start, any other turns to it (STARTTLS)."""
    user: str = ""
    """Who logs in there; nobody where it is left out."""
    password_file: FileName | None = None
    """A file with nothing but the password, readable by you alone."""
    sender: Text
    """Who the letters are from, like lophoc@example.edu.vn."""


class Expectations(Written):
    """What is known of these learners, in place of the general facts; each is then taken as certain.

    The names are those of lms_stack/facts/activity.yaml.
    """

    evening_concurrency: ExpectedShare | None = None
    """Learners on the site at once in the busiest evening hour, of all."""
    visit_length: Duration | None = None
    """How long one study visit lasts."""
    watching_share: ExpectedShare | None = None
    """How many of those on the site play a video at one moment."""
    exam_attendance: ExpectedShare | None = None
    """How many of the learners sit the exam in its window."""
    exam_busiest_minute: ExpectedShare | None = None
    """How many of an exam's takers start in its busiest minute."""
    essay_handed_in: ExpectedShare | None = None
    """How many of the learners hand in an essay."""
    deadline_last_day: ExpectedShare | None = None
    """How many of the essays come on the last day."""
    deadline_busiest_hour: ExpectedShare | None = None
    """How many of the last day's essays come in its busiest hour."""
    live_attendance: ExpectedShare | None = None
    """How many of those invited come to a live session."""
    live_busiest_minute: ExpectedShare | None = None
    """How many of a live session's visitors come in its busiest minute."""
    instructors_marking: ExpectedShare | None = None
    """How many of the instructors mark or look at the grade book in the busiest hour."""


class LabTarget(Written):
    """Guests on this machine."""

    kind: Literal["lab"]
    edge_link: BitRate | None = None
    """The line's bandwidth each way; the planned one where it is left out."""


class ServerHost(Written):
    """An existing machine reached over SSH, and the only key it may answer with."""

    name: Slug
    address: Address
    port: Port = 22
    """Where its SSH listens."""
    user: Text = "root"
    """Who logs in: root, or somebody who may use sudo without a password."""
    host_key: HostKey
    identity_file: FileName
    """The private key to log in with."""


class ServersTarget(Written):
    """Machines that are there already."""

    kind: Literal["servers"]
    hosts: tuple[ServerHost, ...] = Field(min_length=1)
    """The machines, by the names that `taphuan plan` gives them."""
    operator_address: Address
    edge_link: BitRate | None = None
    """The line that is contracted; the planned one where it is left out."""


Target = Annotated[LabTarget | ServersTarget, Field(discriminator="kind")]


class Course(Written):
    """One course, from its learners to the machines it runs on."""

    name: Slug
    title: Text
    """The course's name, as people read it."""
    organiser: Text
    """Who holds the course."""
    summary: str = ""
    """A few sentences for the first page."""
    dates: Dates
    learners: Annotated[Count, Field(le=5_000_000)]
    """How many are enrolled."""
    classes: Annotated[Count, Field(le=100_000)]
    """Into how many classes they are divided."""
    instructors: Annotated[Count, Field(le=100_000)]
    """How many teach and mark."""
    content: tuple[Unit, ...] = Field(min_length=1)
    """Lessons, quizzes, essays, exams and packages, in their order."""
    forum: FileName | None = None
    """The first topics of the forum, YAML; no forum where it is left out."""
    sessions: FileName | None = None
    """Live sessions and sessions in a room, YAML."""
    survey: FileName | None = None
    """The questions of the surveys of satisfaction, YAML; the LMS's own where it is left out."""
    prices: FileName | None = None
    """What servers and lines cost, YAML; designs are told without their costs where it is left out."""
    objectives: Objectives = Objectives()
    expectations: Expectations = Expectations()
    """What is known of these learners, in place of the general facts; nothing where it is left out."""
    mail: Mail | None = None
    """Where letters go out; they wait in the queue where it is left out."""
    engine: Literal["lophoc"] = "lophoc"
    """The LMS."""
    layout: Literal["auto", "one_box", "split"] = "auto"
    """All roles on one host, each on its own, or as the sizing says."""
    target: Target = LabTarget(kind="lab")
    """Where the machines come from: guests on this one, or servers that are there."""

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons, in order."""
        return tuple(unit for unit in self.content if isinstance(unit, Lesson))

    @property
    def exams(self) -> tuple[Exam, ...]:
        """The exams, in order."""
        return tuple(unit for unit in self.content if isinstance(unit, Exam))

    @property
    def files(self) -> tuple[str, ...]:
        """Every file the course names, relative to the course file."""
        named = [getattr(unit, "text", None) or getattr(unit, "questions", None) for unit in self.content]
        videos = [lesson.video.file for lesson in self.lessons if lesson.video]
        packages = [unit.file for unit in self.content if isinstance(unit, Package)]
        others = (self.forum, self.sessions, self.survey, self.mail and self.mail.password_file)
        return tuple(name for name in (*named, *videos, *packages, *others) if name)


@cache
def course_schema() -> dict[str, Any]:
    """The JSON Schema of a course file, for editors; don't change what it returns."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Course.model_json_schema()}
