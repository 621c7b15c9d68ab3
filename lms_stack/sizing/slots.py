"""An exam whose start is spread over slots, and the cores that each choice saves."""

from collections.abc import Sequence

from lms_stack.course import Course
from lms_stack.demand import ExamSlots, LiveStart, demand, exam_slots
from lms_stack.facts import Facts
from lms_stack.outlook import SlotChoice
from lms_stack.sizing.rules import plan, planned_cores
from lms_stack.units import Figure


def slot_choices(course: Course, known: Facts, live: Sequence[LiveStart]) -> tuple[SlotChoice, ...]:
    """The slots that fit the exam with the largest storm, each with the cores that would be planned for it."""
    offers = exam_slots(course, known, live=live)
    if not offers:
        return ()
    storm = max(offers, key=lambda each: each.starts.value).exam
    mine = [each for each in offers if each.exam == storm]
    cores = {each.slots: _cores(course, each, known, live) for each in mine}
    return tuple(_choice(each, cores[each.slots], cores[1]) for each in mine)


def _cores(course: Course, offer: ExamSlots, known: Facts, live: Sequence[LiveStart]) -> Figure:
    return planned_cores(plan(course, demand(course, known, live=live, slots=offer.slots), known))


def _choice(offer: ExamSlots, cores: Figure, together: Figure) -> SlotChoice:
    saved = max(0.0, together.value - cores.value)
    return SlotChoice(
        slots=offer.slots,
        apart=offer.apart,
        starts=offer.starts,
        requests=offer.requests,
        cores=cores,
        saved=Figure(
            value=saved,
            unit="core",
            reason=f"{together} where all start at once, {cores} with these slots",
        ),
    )
