"""An exam whose start is spread over slots: which hardware each choice saves."""

from collections.abc import Sequence

from lms_stack.course import Course
from lms_stack.demand import ExamSlots, exam_slots
from lms_stack.facts import Facts
from lms_stack.outlook import SlotChoice
from lms_stack.plan import Plan
from lms_stack.sizing.rules import plan
from lms_stack.units import Figure, show


def slot_choices(courses: Sequence[Course], planned: Plan, known: Facts) -> tuple[SlotChoice, ...]:
    """Each number of slots that fits the exams' windows, with what is planned for it; nothing without an exam.

    :param planned: what is planned where all takers start at once.
    """
    offers = exam_slots(courses, planned.demand, known)
    return tuple(_choice(offer, plan(courses[0], offer.planned, known), planned) for offer in offers)


def _choice(offer: ExamSlots, spread: Plan, together: Plan) -> SlotChoice:
    cores, before = spread.stack_cores.value, together.stack_cores.value
    line, line_before = spread.bandwidth.value, together.bandwidth.value
    saved = f"{show(before - cores, 'core')} less than with one" if cores < before else "no core less"
    narrower = f", line {show(line, 'bit/s')} instead of {show(line_before, 'bit/s')}" if line < line_before else ""
    return SlotChoice(
        exam=offer.exam,
        slots=offer.slots,
        apart=offer.apart,
        starts=offer.starts,
        requests=offer.requests,
        cores=Figure(value=cores, unit="core", reason="the planned hosts that carry the learners"),
        saved=Figure(value=before - cores, unit="core", reason=f"{saved}{narrower}"),
    )
