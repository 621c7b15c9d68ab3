"""Loading a content bundle: one course.json, made by taphuan from a course file (format: README.md)."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction

from lophoc.accounts.models import User
from lophoc.accounts.rights import SITE_ROLES, assign
from lophoc.assessment.load import load as load_assessment
from lophoc.catalogue.load import load as load_units
from lophoc.catalogue.models import Course
from lophoc.catalogue.structure import forget
from lophoc.classes.models import Class, Enrolment
from lophoc.forum.load import load as load_topics
from lophoc.notices.load import load as load_announcements
from lophoc.packages.load import with_uploads
from lophoc.schedule.load import load as load_sessions
from lophoc.surveys.load import load as load_survey

Bundle = Mapping[str, Any]
#: Matches no password: the account's owner sets the first one.
NO_PASSWORD = "!"  # noqa: S105 - this is how Django marks an account without one


@transaction.atomic
def load(folder: Path) -> bool:
    """Load a bundle; whatever is there already is brought up to date. False where nothing had to change."""
    text = (folder / "course.json").read_bytes()
    bundle: Bundle = json.loads(text)
    digest = sha256(text).hexdigest()
    if Course.objects.filter(slug=bundle["slug"], bundle_hash=digest).exists():
        return False
    course = _course(bundle, digest)
    load_units(course, {**bundle, "units": with_uploads(folder, bundle["units"])})
    load_assessment(course, bundle)
    people = _people([*bundle["instructors"], *bundle["learners"]])
    _classes(course, bundle, people)
    load_topics(course, bundle.get("forum", ()))
    load_announcements(course, bundle.get("announcements", ()))
    load_sessions(course, bundle.get("sessions", ()))
    load_survey(course, bundle.get("survey"))
    forget(course.slug)
    return True


def _course(bundle: Bundle, digest: str) -> Course:
    dates = {name: date.fromisoformat(bundle[name]) for name in ("opens", "closes", "access_until")}
    texts = {name: bundle[name] for name in ("title", "organiser", "summary")}
    course, _ = Course.objects.update_or_create(slug=bundle["slug"], defaults={**dates, **texts, "bundle_hash": digest})
    return course


def _people(rows: list[Bundle]) -> dict[str, User]:
    """Accounts by user name; new ones have no password until their owner sets one."""
    names = [row["username"] for row in rows]
    held = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    User.objects.bulk_create(
        [
            User(username=row["username"], full_name=row["name"], email=row.get("email", ""), password=NO_PASSWORD)
            for row in rows
            if row["username"] not in held
        ],
        batch_size=1000,
    )
    return {user.username: user for user in User.objects.filter(username__in=names)}


def _classes(course: Course, bundle: Bundle, people: Mapping[str, User]) -> None:
    classes = {}
    for given in bundle["classes"]:
        instructor = people.get(given.get("instructor", ""))
        classes[given["name"]], _ = Class.objects.update_or_create(
            course=course, name=given["name"], defaults={"instructor": instructor}
        )
    Enrolment.objects.bulk_create(
        [Enrolment(learner=people[row["username"]], klass=classes[row["class"]]) for row in bundle["learners"]],
        ignore_conflicts=True,
        batch_size=1000,
    )


TRIAL_CLASS = "Lớp dùng thử"
_FIRST_NAMES = {"quantri": "Quản trị viên", "giangvien": "Giảng viên dùng thử", "hocvien": "Học viên dùng thử"}


@transaction.atomic
def first_accounts(course: Course, passwords: Mapping[str, str]) -> bool:
    """The accounts that a new site begins with, and their trial class; False where all are there already.

    A password is set only when its account is made: later it is its owner's own affair.
    """
    people = {name: _first_account(name, password) for name, password in passwords.items()}
    trial, made = Class.objects.get_or_create(
        course=course, name=TRIAL_CLASS, defaults={"instructor": people["giangvien"][0], "is_trial": True}
    )
    _, joined = Enrolment.objects.get_or_create(learner=people["hocvien"][0], klass=trial)
    return made or joined or any(new for _, new in people.values())


def _first_account(name: str, password: str) -> tuple[User, bool]:
    organiser = name == "quantri"
    user, new = User.objects.get_or_create(
        username=name,
        defaults={"full_name": _FIRST_NAMES.get(name, name)},
    )
    if new:
        user.set_password(password)
        user.save(update_fields=("password",))
        assign(user, SITE_ROLES if organiser else ())
    return user, new
