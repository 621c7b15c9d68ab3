"""The Course: what the administrator writes. The schema, with units and defaults; reading is in course_file.py."""

from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from lms_stack import units
from lms_stack.units import Frozen

#: Viet Nam keeps one time zone without daylight saving.
VIET_NAM = timezone(timedelta(hours=7))


def _read(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda text: units.parse(text, kind))


def _schema(kind: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "description": f"a {kind} with its unit", "examples": [units.KINDS[kind][1]]}
    )


def _between(low: float, high: float, expected: str) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=VIET_NAM)


def _seconds(value: float) -> str:
    return f"{value!r} s"


def _bits(value: float) -> str:
    return f"{value!r} bit/s"


def _percent(value: float) -> str:
    return f"{value * 100!r} %"


Duration = Annotated[
    float,
    _read("duration"),
    _between(1, 31 * 86400, "between 1 s and 31 d"),
    PlainSerializer(_seconds, return_type=str),
    _schema("duration"),
]
BitRate = Annotated[
    float,
    _read("bit rate"),
    _between(1e4, 1e12, "between 10 kbit/s and 1000 Gbit/s"),
    PlainSerializer(_bits, return_type=str),
    _schema("bit rate"),
]
Share = Annotated[
    float,
    _read("share"),
    _between(0, 1, "between 0 % and 100 %"),
    PlainSerializer(_percent, return_type=str),
    _schema("share"),
]
Moment = Annotated[datetime, AfterValidator(_local)]
Text = Annotated[str, Field(min_length=1, max_length=300)]
FileName = Annotated[str, Field(min_length=1, description="a file, relative to the course file")]
Slug = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$", description="2 to 32 of a-z, 0-9 and -, beginning with a letter"),
]


class Dates(Frozen):
    """When the course runs, and until when its content stays readable (Article 10.8: at least six months)."""

    opens: date
    closes: date
    access_until: date


class Video(Frozen):
    """A recorded lecture; without a file one is made of title cards, which is enough to size and to verify."""

    duration: Duration
    bit_rate: BitRate
    file: FileName | None = None


class Lesson(Frozen):
    """Text, slides and a recorded lecture."""

    kind: Literal["lesson"]
    title: Text
    text: FileName
    slides: bool = True
    video: Video | None = None


class Quiz(Frozen):
    """A self-assessment quiz."""

    kind: Literal["quiz"]
    title: Text
    questions: FileName
    time_limit: Duration
    attempts: int = Field(default=3, ge=1, le=100)


class Essay(Frozen):
    """An essay that learners upload."""

    kind: Literal["essay"]
    title: Text
    text: FileName
    due: date


class Exam(Frozen):
    """The final exam: one window in which it can be started, and the time each learner has."""

    kind: Literal["exam"]
    title: Text
    questions: FileName
    opens: Moment
    closes: Moment
    duration: Duration


Unit = Annotated[Lesson | Quiz | Essay | Exam, Field(discriminator="kind")]


class Objectives(Frozen):
    """What learners may expect; a verdict holds the stack to it."""

    page_p95: Duration = 1.0
    failed_requests: Share = 0.01


class LabTarget(Frozen):
    """Guests on this machine."""

    kind: Literal["lab"]
    edge_link: BitRate | None = None


class ServerHost(Frozen):
    """An existing machine reached over SSH, and the only key it may answer with."""

    name: Slug
    address: Text
    port: int = Field(default=22, ge=1, le=65535)
    user: Text = "root"
    host_key: Annotated[str, Field(pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]+")]
    identity_file: FileName


class ServersTarget(Frozen):
    """Machines that are there already, listed here or in a file beside the course file."""

    kind: Literal["servers"]
    hosts: tuple[ServerHost, ...] = Field(min_length=1)
    operator_address: Text
    edge_link: BitRate | None = None


Target = Annotated[LabTarget | ServersTarget, Field(discriminator="kind")]


class Course(Frozen):
    """One course, from its learners to the machines it runs on."""

    name: Slug
    title: Text
    organiser: Text
    summary: str = ""
    dates: Dates
    learners: int = Field(ge=1, le=5_000_000)
    classes: int = Field(ge=1, le=100_000)
    instructors: int = Field(ge=1, le=100_000)
    content: tuple[Unit, ...] = Field(min_length=1)
    forum: FileName | None = None
    objectives: Objectives = Objectives()
    engine: Literal["lophoc"] = "lophoc"
    layout: Literal["auto", "one_box", "split"] = "auto"
    target: Target = LabTarget(kind="lab")

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
        return tuple(name for name in (*named, *videos, self.forum) if name)
