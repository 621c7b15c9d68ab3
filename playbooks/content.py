"""The content bundle: the course as data for lophoc, with where its media will be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lms_stack.course import Course, Essay, Exam, Lesson, Package, Quiz, Unit
from lms_stack.sessions import read_sessions
from lms_stack.survey import read_survey
from playbooks.media import Lecture, media_of
from playbooks.packages import package_name

#: Common Vietnamese names, for accounts of people whom nobody has entered yet.
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
_MIDDLE = ("Thị", "Văn", "Minh", "Thu", "Đức", "Ngọc", "Quang", "Thanh", "Hữu", "Bích", "Xuân")
_GIVEN = (
    *("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hương", "Khánh", "Lan"),
    *("Mai", "Nam", "Phúc", "Quỳnh", "Sơn", "Tâm", "Uyên", "Yến"),
)


def bundle(course: Course, folder: Path) -> dict[str, Any]:
    """What `load_course` reads; the format is in lms_stack/lophoc/README.md.

    :param folder: the folder of the course file, which the names of its files are relative to.
    """
    media = media_of(course, folder)
    texts = {name: getattr(course, name) for name in ("title", "organiser", "summary")}
    dates = {name: getattr(course.dates, name).isoformat() for name in ("opens", "closes", "access_until")}
    return {
        "slug": course.name,
        **texts,
        **dates,
        "units": [_unit(unit, folder, media) for unit in course.content],
        "forum": _yaml(folder / course.forum) if course.forum else [],
        "sessions": list(_sessions(course, folder)),
        "survey": read_survey(folder / course.survey).model_dump(mode="json") if course.survey else None,
        **people(course),
    }


def as_json(course: Course, folder: Path) -> bytes:
    """The bundle as a file: the same course gives the same bytes."""
    return json.dumps(bundle(course, folder), ensure_ascii=False, indent=1, sort_keys=True).encode()


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _unit(unit: Unit, folder: Path, media: dict[str, Lecture]) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": unit.kind, "title": unit.title}
    match unit:
        case Lesson():
            return found | _lesson(unit, folder, media[unit.title])
        case Essay():
            return found | {"markdown": (folder / unit.text).read_text("utf-8"), "due": unit.due.isoformat()}
        case Quiz():
            return found | _questions(unit.questions, folder, unit.time_limit, unit.attempts)
        case Package():
            return found | {"file": package_name(folder / unit.file)}
        case Exam():
            window = {"opens": unit.opens.isoformat(), "closes": unit.closes.isoformat()}
            asked = _questions(unit.questions, folder, unit.duration, 1)
            return found | asked | {"kind": "quiz", "window": window}


def _lesson(lesson: Lesson, folder: Path, lecture: Lecture) -> dict[str, Any]:
    minutes = round(lesson.video.duration / 60) if lesson.video else 0
    return {
        "markdown": (folder / lesson.text).read_text("utf-8"),
        "minutes": minutes,
        "video": lecture.video,
        "slides": lecture.slides,
    }


def _questions(name: str, folder: Path, limit: float, attempts: int) -> dict[str, Any]:
    return {"questions": _yaml(folder / name), "time_limit": round(limit / 60), "attempts": attempts}


def _sessions(course: Course, folder: Path) -> Iterator[dict[str, Any]]:
    """Sessions as data: moments with their zone, classes by their names."""
    for session in read_sessions(folder / course.sessions, course) if course.sessions else ():
        given = session.model_dump(mode="json", exclude_none=True, exclude={"klass"})
        yield given | ({"class": _class_name(session.klass)} if session.klass else {})


def _class_name(number: int) -> str:
    return f"Lớp {number}"


def people(course: Course) -> dict[str, list[dict[str, str]]]:
    """Classes of even size with an instructor each, and as many accounts as the course names people.

    The accounts have no password until an administrator gives them one, so nobody can sign in as them.
    """
    instructors = [
        {"username": f"gv-{n:02}", "name": _name(n * 7), "email": ""} for n in range(1, course.instructors + 1)
    ]
    classes = [
        {"name": _class_name(n + 1), "instructor": instructors[n % len(instructors)]["username"]}
        for n in range(course.classes)
    ]
    return {"classes": classes, "instructors": instructors, "learners": list(_learners(course))}


def _learners(course: Course) -> Iterator[dict[str, str]]:
    for n in range(course.learners):
        klass = _class_name(n % course.classes + 1)
        yield {"username": f"hv-{n + 1:04}", "name": _name(n), "class": klass, "email": ""}


def _name(number: int) -> str:
    """A name for the number; neighbours differ, and the lists' lengths have no common factor, so it rarely repeats."""
    return " ".join(names[number % len(names)] for names in (_FAMILY, _MIDDLE, _GIVEN))
