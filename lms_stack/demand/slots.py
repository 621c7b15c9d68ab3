"""Start slots of an exam: who may start when, so that not everybody does in the same minute."""

from collections.abc import Iterator, Sequence

from lms_stack.course import Course, Exam
from lms_stack.demand.model import Demand
from lms_stack.demand.planned import demand_together
from lms_stack.facts import Facts, facts
from lms_stack.units import Figure, Frozen, show

#: Numbers of slots that are offered where the exam's window has room for them.
CHOICES = (1, 2, 3, 4, 6, 8, 12)


class ExamSlots(Frozen):
    """One way to spread the starts of a course's exams, and the peak that is left.

    :ivar apart: seconds between two slots; 0 for a single one.
    :ivar learners: of each slot.
    :ivar planned: the peak of the whole stack that is left, in which other hours may then be the busiest.
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


def exam_slots(courses: Sequence[Course], together: Demand, known: Facts | None = None) -> tuple[ExamSlots, ...]:
    """The start slots that fit the windows of the exams of the courses on one stack; nothing where there is no exam.

    Of several courses one at a time spreads its exams.

    :param together: the planned peak of the courses where all takers of an exam start at once.
    :param known: the facts to use; those shipped with this version where it is None.
    """
    known = known or facts()
    return tuple(offer for each in courses for offer in _offers(each, courses, together, known))


def _offers(course: Course, courses: Sequence[Course], together: Demand, known: Facts) -> Iterator[ExamSlots]:
    of_course = f" ({course.name})" if len(courses) > 1 else ""
    titled = [exam.model_copy(update={"title": f"{exam.title}{of_course}"}) for exam in course.exams]
    fitting = [(exam, slots, apart) for exam in titled for slots, apart in _fitting(exam, known)]
    planned = {
        slots: demand_together(courses, known, live=together.live, slots={course.name: slots})
        for slots in {slots for _, slots, _ in fitting} - {1}
    } | {1: together}
    yield from (_offer(course, exam, slots, apart, planned[slots]) for exam, slots, apart in fitting)


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
