"""Start slots of an exam: who may start when, so that not everybody does in the same minute."""

from collections.abc import Iterator

from lms_stack.course import Course, Exam
from lms_stack.demand.model import Demand
from lms_stack.demand.planned import demand
from lms_stack.facts import Facts, facts
from lms_stack.units import Figure, Frozen, show

#: Numbers of slots that are offered where the exam's window has room for them.
CHOICES = (1, 2, 3, 4, 6, 8, 12)


class ExamSlots(Frozen):
    """One way to spread the starts of an exam, and the peak that is left.

    :ivar apart: seconds between two slots; 0 for a single one.
    :ivar learners: of each slot.
    :ivar planned: the peak of the whole course that is left, in which other hours may then be the busiest.
    """

    exam: str
    slots: int
    apart: Figure
    learners: Figure
    planned: Demand

    @property
    def starts(self) -> Figure:
        """Starts of the exam at the planned peak, 1/s."""
        return next(each.arrivals for each in self.planned.journeys if each.journey == "exam")

    @property
    def requests(self) -> Figure:
        """All requests at the planned peak, 1/s."""
        reason = "the sum of all classes at the planned peak"
        return Figure(value=self.planned.request_rate, unit="1/s", reason=reason)


def exam_slots(course: Course, together: Demand, known: Facts | None = None) -> tuple[ExamSlots, ...]:
    """The start slots that fit the windows of a course's exams; nothing where it has no exam.

    :param together: the planned peak of the course where all takers start at once.
    :param known: the facts to use; those shipped with this version where it is None.
    """
    known = known or facts()
    fitting = [(exam, slots, apart) for exam in course.exams for slots, apart in _fitting(exam, known)]
    spread = {slots for _, slots, _ in fitting} - {1}
    planned = {slots: demand(course, known, live=together.live, slots=slots) for slots in spread} | {1: together}
    return tuple(_offer(course, exam, slots, apart, planned[slots]) for exam, slots, apart in fitting)


def _fitting(exam: Exam, known: Facts) -> Iterator[tuple[int, float]]:
    """Numbers of slots and seconds between them, the last of which still has the exam's whole time."""
    free = (exam.closes - exam.opens).total_seconds() - exam.duration
    least = known.activity["exam_slot_apart"].number
    yield 1, 0.0
    yield from ((slots, free / (slots - 1)) for slots in CHOICES if slots > 1 and free / (slots - 1) >= least)


def _offer(course: Course, exam: Exam, slots: int, apart: float, planned: Demand) -> ExamSlots:
    free = (
        f"window of {show((exam.closes - exam.opens).total_seconds(), 's')} - {show(exam.duration, 's')} an exam takes"
    )
    return ExamSlots(
        exam=exam.title,
        slots=slots,
        apart=Figure(
            value=apart, unit="s", reason=f"({free}) / {slots - 1} gaps" if slots > 1 else "all start at once"
        ),
        learners=Figure(
            value=course.learners / slots, unit="learners", reason=f"{course.learners:,} learners / {slots} slots"
        ),
        planned=planned,
    )
