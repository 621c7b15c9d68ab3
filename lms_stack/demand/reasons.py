"""Why a journey arrives as often as it does: its process and its inputs, in words."""

from collections.abc import Callable, Sequence

from lms_stack.demand.arrivals import Held, watch_seconds
from lms_stack.demand.draws import JOINING


def reason_of(journey: str, courses: Sequence[Held]) -> str:
    """The reason of a journey's arrivals; for several courses that of each."""
    return _of_each(courses, lambda each: _reason(journey, each))


def reason_at_once(courses: Sequence[Held]) -> str:
    """The reason of the learners at once; for several courses that of each."""
    return _of_each(
        courses,
        lambda each: (
            f"{each.course.learners:,} learners × evening concurrency ({each.inputs['evening_concurrency'].interval})"
        ),
    )


def _of_each(courses: Sequence[Held], told: Callable[[Held], str]) -> str:
    if len(courses) == 1:
        return told(courses[0])
    return "; ".join(f"{each.course.name}: {told(each)}" for each in courses)


def _reason(journey: str, each: Held) -> str:
    inputs = {name: str(one.interval) for name, one in each.inputs.items()}
    learners, instructors = f"{each.course.learners:,} learners", f"{each.course.instructors:,} instructors"
    marking = f"{instructors} × active ({inputs['instructors_marking']})"
    activity = each.known.activity
    if journey == "watch":
        return (
            f"{learners} × evening concurrency ({inputs['evening_concurrency']}) "
            f"× watching ({inputs['watching_share']}) / {watch_seconds(each.known):g} s of video in one watch"
        )
    if journey == "exam":
        return _exam(each, learners, inputs)
    if journey == "gradebook":
        return f"{marking} / one look every ({inputs['gradebook_interval']})"
    if journey in activity["visit_mix"].mix:
        return _visit(journey, each, learners, inputs)
    if journey in activity["instructor_mix"].mix:
        return f"{marking} × {activity['instructor_mix'].mix[journey]:g} an hour"
    return f"{activity['organisation_mix'].mix[journey]:g} an hour in the whole course"


def _exam(each: Held, learners: str, inputs: dict[str, str]) -> str:
    spread = f" / {each.slots} start slots" if each.slots > 1 else ""
    return (
        f"{learners} × attendance ({inputs['exam_attendance']}) × starts in the busiest minute "
        f"({inputs['exam_busiest_minute']}){spread} / 60 s"
    )


def _visit(journey: str, each: Held, learners: str, inputs: dict[str, str]) -> str:
    count = each.known.activity["visit_mix"].mix[journey]
    text = (
        f"{learners} × evening concurrency ({inputs['evening_concurrency']}) × {count:g} {journey} a visit "
        f"/ visit length ({inputs['visit_length']})"
    )
    if journey == "essay":
        text += (
            f"; on the last day handed in ({inputs['essay_handed_in']}) × last day ({inputs['deadline_last_day']}) "
            f"× its busiest hour ({inputs['deadline_busiest_hour']}) / 1 h"
        )
    if journey in JOINING and each.live:
        most = max(one.share for one in each.live) * each.course.learners
        text += (
            f"; and what {most:,.0f} invited to a live session × attendance ({inputs['live_attendance']}) "
            f"× busiest minute ({inputs['live_busiest_minute']}) / 60 s are more than the exam's starts"
        )
    return text
