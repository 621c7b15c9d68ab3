"""How many study at once in an evening: as the days of a course showed it, and what the next plan takes for it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from pydantic import ValidationError

from lms_stack.calibration import rounded
from lms_stack.course import VIET_NAM, Course
from lms_stack.demand import LiveStart
from lms_stack.demand.arrivals import offers
from lms_stack.demand.days import days_of
from lms_stack.demand.inputs import inputs_of
from lms_stack.errors import UsageError
from lms_stack.facts import Fact, Facts
from lms_stack.ledger import Entry, of_the_next
from lms_stack.request_classes import FILE_CLASSES
from lms_stack.units import Frozen

#: The fact that is refitted: learners at once in the busiest evening hour, as a share of those enrolled.
FACT = "evening_concurrency"
#: What a day's forecast of it is called in the ledger.
KIND: Final = "concurrency"
#: Days that a refit needs at least: of fewer the scatter says next to nothing.
FEWEST = 5
#: Another course of the same people differs from this one by more than its evenings from each other (a judgement).
LEAST_SPREAD = 1.2
#: The level of an hour is looked up at each such step of it.
_STEP = timedelta(minutes=5)


class Hour(Frozen):
    """One hour of a course: when it ended, and requests per second of each class that the application answered."""

    ended: datetime
    classes: dict[str, float]

    @property
    def began(self) -> datetime:
        """Its beginning."""
        return self.ended - timedelta(hours=1)


def concurrency(hour: Hour, course: Course, live: Iterable[LiveStart], known: Facts) -> float | None:
    """Learners at once in the course's busiest evening hour, as a share of those enrolled, by what one hour showed.

    The demand model backwards (docs/demand.md): requests over those of a visit are the visits that began; times the
    length of a visit, they are the learners on the site (Little's law); over the level of the hour, those of the
    busiest one. The length is not measured: it is taken at its middle, where it stands in the model as well.

    :returns: None of an hour outside the course, or in which an exam or the beginning of a live session fell.
    """
    if _stormy(hour, course, live, known):
        return None
    days = days_of(course, known)
    level = float(np.mean([days.level(hour.began + number * _STEP) for number in range(12)]))
    visit = _visit(course, known)
    if not level:
        return None
    visits = sum(hour.classes.get(name, 0.0) for name in visit) / sum(visit.values())
    length = inputs_of(course, known)["visit_length"].interval.mid
    return visits * length / (course.learners * level)


def _stormy(hour: Hour, course: Course, live: Iterable[LiveStart], known: Facts) -> bool:
    storm = timedelta(seconds=known.activity["storm_length"].number)
    spans = [(exam.opens, exam.closes) for exam in course.exams]
    spans += [(one.starts, one.starts + storm) for one in live]
    return any(first < hour.ended and hour.began < last for first, last in spans)


def _visit(course: Course, known: Facts) -> dict[str, float]:
    """What a study visit asks for, by class.

    Left out are those that films, staff and probes ask for as well, and essays, which come on their last day.
    """
    mix = known.activity["visit_mix"].mix
    staff = {*known.activity["instructor_mix"].mix, *known.activity["organisation_mix"].mix}
    shared = {name for each in ("watch", "essay", "gradebook", *staff) for name in known.journeys[each].requests}
    asked: dict[str, float] = {}
    for journey in (name for name in mix if offers(course, name) and name != "live_session"):
        for name, count in known.journeys[journey].requests.items():
            if name not in shared | FILE_CLASSES:
                asked[name] = asked.get(name, 0.0) + mix[journey] * count
    return asked


def seen_days(found: Iterable[Entry], deployment: str) -> dict[date, float]:
    """What each day of a deployment showed, by its date in Viet Nam; of a day that was recorded twice the later one."""
    return {
        entry.at.astimezone(VIET_NAM).date(): each.measured
        for entry in found
        if entry.deployment == deployment and entry.event == "day"
        for each in entry.forecasts
        if each.kind == KIND and each.measured > 0
    }


def refitted(days: Mapping[date, float], deployment: str, known: Facts) -> Fact:
    """The fact for this deployment's next plan: around what its days showed, as wide as holds the next in 80 %.

    :raises UsageError: fewer than five days.
    """
    if len(days) < FEWEST:
        raise UsageError(f"{len(days)} days of study are too few to refit by; at least {FEWEST} are needed")
    centre, scatter = of_the_next(list(days.values()))
    mid, spread = min(1.0, centre), max(LEAST_SPREAD, scatter)
    ends = {"low": rounded(mid / spread), "mid": rounded(mid), "high": rounded(min(1.0, mid * spread))}
    source = (
        f"The forecast ledger: the busiest hours of {len(days)} days of {deployment}, {min(days)} to {max(days)}, by "
        "Little's law from requests per second and the visit of visit_mix and visit_length."
    )
    return known.activity[FACT].model_copy(update={**ends, "source": source})


def to_yaml(fact: Fact) -> str:
    """The refitted fact as a file, in the form of lms_stack/facts/activity.yaml."""
    head = "# Written by `taphuan forecast --refit`; `taphuan plan` uses it in place of the shipped fact.\n"
    plain = {FACT: fact.model_dump(mode="json", exclude_none=True)}
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=118)


_AGAIN = "`taphuan forecast COURSE.yaml --refit` writes it anew; without it the shipped fact is used"


def with_activity(known: Facts, path: Path) -> Facts:
    """The facts with a deployment's own activity in place of the shipped one, where it was refitted.

    :raises UsageError: the file is there and is none.
    """
    if not path.exists():
        return known
    try:
        own = Fact.model_validate(yaml.safe_load(path.read_text("utf-8"))[FACT])
        _ = own.interval
    except (yaml.YAMLError, ValidationError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is no fact of activity: {error}", hint=_AGAIN) from error
    return known.model_copy(update={"activity": {**known.activity, FACT: own}})
