"""How often each journey begins: the courses' study visits, exams, deadlines, live sessions and work, at given moments.

Each function gives arrays of one row a moment and one column a draw, in 1/s. The rates are means; that arrivals vary
around them is added by lms_stack/demand/draws.py.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from lms_stack.course import VIET_NAM, Course
from lms_stack.demand.days import Days, days_of
from lms_stack.demand.inputs import Draws, drawn, inputs_of
from lms_stack.demand.live import LiveStart
from lms_stack.demand.model import DemandInput
from lms_stack.facts import Facts
from lms_stack.request_classes import RequestClass

MINUTE = 60.0
HOUR = 3600.0

#: Learners who come for a live session, before it is known what of them an exam's storm covers; no journey of its own.
JOIN = "join"


@dataclass(frozen=True)
class Held:
    """One course that is held, with its calendar and its inputs.

    :ivar slots: into how many start slots the starts of each exam are spread.
    """

    course: Course
    known: Facts
    days: Days
    inputs: Mapping[str, DemandInput]
    live: tuple[LiveStart, ...] = ()
    slots: int = 1


def held(course: Course, known: Facts, live: Sequence[LiveStart] = (), slots: int = 1) -> Held:
    """A course with its calendar and inputs; `live` are the starts of its live sessions."""
    return Held(course, known, days_of(course, known), inputs_of(course, known), tuple(live), slots)


def held_together(
    courses: Sequence[Course],
    known: Facts,
    live: Mapping[str, Sequence[LiveStart]] | None = None,
    slots: Mapping[str, int] | None = None,
) -> tuple[Held, ...]:
    """Several courses, each with its calendar and inputs.

    :param live: by the course's name, the starts of its live sessions.
    :param slots: by the course's name, into how many start slots its exams are spread; one where it is left out.
    :raises ValueError: there is no course, or two have one name.
    """
    if not courses:
        raise ValueError("expected one course or more")
    if len({course.name for course in courses}) < len(courses):
        raise ValueError("expected courses that each have a name of their own")
    live, slots = live or {}, slots or {}
    return tuple(held(each, known, live.get(each.name, ()), slots.get(each.name, 1)) for each in courses)


def arrivals(each: Held, moments: Sequence[datetime], draws: int, seed: int) -> dict[str, Draws]:
    """Mean arrivals of each journey of one course, (moments, draws), 1/s."""
    values = drawn(each.inputs, draws, seed)
    found: dict[str, Draws] = defaultdict(lambda: np.zeros((len(moments), draws)))
    for part in (_study, _watch, _exam, _essays, _live, _work):
        for journey, rate in part(each, moments, values).items():
            found[journey] = found[journey] + rate
    return dict(found)


def medians(each: Held, moments: Sequence[datetime]) -> dict[str, Draws]:
    """Mean arrivals with every input at its median, (moments, 1)."""
    exact = {
        name: one.model_copy(update={"interval": one.interval.exact(one.interval.mid, one.interval.unit)})
        for name, one in each.inputs.items()
    }
    return arrivals(Held(each.course, each.known, each.days, exact, each.live, each.slots), moments, 1, 0)


def on_the_site(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> Draws:
    """Learners who are on a study visit, (moments, draws)."""
    levels = np.array([each.days.level(moment) for moment in moments])
    return np.outer(levels, each.course.learners * values["evening_concurrency"])


def _study(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> dict[str, Draws]:
    """Little's law: visits begin at the rate of those on the site over the length of a visit."""
    visits = on_the_site(each, moments, values) / values["visit_length"]
    mix = each.known.activity["visit_mix"].mix
    held = {name for name in mix if offers(each.course, name) and (name != "live_session" or each.live)}
    return {name: visits * count for name, count in mix.items() if name in held}


def offers(course: Course, journey: str) -> bool:
    """Whether the course has what a journey is about."""
    kinds = {unit.kind for unit in course.content}
    needed = {kind: kind in kinds for kind in ("quiz", "essay", "package")}
    needed |= {"mark_essay": needed["essay"], "attendance": course.sessions is not None}
    forum = course.forum is not None
    return needed.get(journey, forum if journey.startswith("forum") else True)


def _watch(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> dict[str, Draws]:
    """Those who watch make one `watch` for each stretch of film that it has."""
    if not any(lesson.video for lesson in each.course.lessons):
        return {}
    return {"watch": on_the_site(each, moments, values) * values["watching_share"] / watch_seconds(each.known)}


def watch_seconds(known: Facts) -> float:
    """Seconds of film in one `watch`."""
    segment = known.activity["video_segment"].interval.mid
    return segment * known.journeys["watch"].requests[RequestClass.VIDEO_SEGMENT]


def _exam(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> dict[str, Draws]:
    """The busiest minute after an opening; slots share the takers between them."""
    if not each.course.exams:
        return {}
    storms = _stormy(each, [exam.opens for exam in each.course.exams], [1.0] * len(each.course.exams), moments)
    starts = each.course.learners * values["exam_attendance"] * values["exam_busiest_minute"] / MINUTE / each.slots
    return {"exam": np.outer(storms, starts)}


def _stormy(
    each: Held, begins: Sequence[datetime], weights: Sequence[float], moments: Sequence[datetime]
) -> NDArray[np.float64]:
    """The weight of all storms that are on at each moment: those that began less than a storm's length ago."""
    length = each.known.activity["storm_length"].number
    times = np.array([one.timestamp() for one in begins])
    order = np.argsort(times)
    so_far = np.concatenate([[0.0], np.cumsum(np.array(weights)[order])])
    at = np.array([moment.timestamp() for moment in moments])
    last, first = (np.searchsorted(times[order], ends, side="right") for ends in (at, at - length))
    on: NDArray[np.float64] = so_far[last] - so_far[first]
    return on


def _essays(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> dict[str, Draws]:
    """The busiest hour of the day on which an essay is due."""
    due = Counter(unit.due for unit in each.course.content if unit.kind == "essay")
    if not due:
        return {}
    busiest = each.days.busiest_hour.hour
    local = [moment.astimezone(VIET_NAM) for moment in moments]
    ends = np.array([due[moment.date()] if moment.hour == busiest else 0 for moment in local])
    hour = values["essay_handed_in"] * values["deadline_last_day"] * values["deadline_busiest_hour"]
    return {"essay": np.outer(ends, each.course.learners * hour / HOUR)}


def _live(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> dict[str, Draws]:
    """The busiest minute after a live session's beginning."""
    if not each.live:
        return {}
    invited = _stormy(each, [one.starts for one in each.live], [one.share for one in each.live], moments)
    joins = np.outer(
        np.minimum(invited, 1.0),
        each.course.learners * values["live_attendance"] * values["live_busiest_minute"] / MINUTE,
    )
    return {JOIN: joins}


def _work(each: Held, moments: Sequence[datetime], values: Mapping[str, Draws]) -> dict[str, Draws]:
    """Instructors, builders and organisers at work, on any day of the course."""
    first, last = each.course.dates.opens, each.course.dates.closes
    at_work = np.array([first <= moment.astimezone(VIET_NAM).date() <= last for moment in moments], dtype=float)
    active = np.outer(at_work, each.course.instructors * values["instructors_marking"])
    instructors = each.known.activity["instructor_mix"].mix.items()
    others = each.known.activity["organisation_mix"].mix.items()
    return {
        "gradebook": active / values["gradebook_interval"],
        **{name: active * count / HOUR for name, count in instructors if offers(each.course, name)},
        **{name: np.outer(at_work, np.full(active.shape[1], count / HOUR)) for name, count in others},
    }
