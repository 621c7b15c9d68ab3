"""How long a certificate of a `fits` holds, and when a course that goes on longer must be measured anew."""

from datetime import date, timedelta

from lms_stack.course import Course
from lms_stack.facts import facts
from lms_stack.units import Frozen


def good_until(course: Course, issued: date) -> date:
    """Until when a measurement of that day counts: the course's last day, or as many days as the fact `ready_days`."""
    return min(course.dates.closes, issued + _counts())


def _counts() -> timedelta:
    return timedelta(days=facts().thresholds["ready_days"].number)


class Renewal(Frozen):
    """That a certificate ends before its course does, and from which day on a new verify is due.

    :ivar before: the day that it doesn't reach: the course's first, or its last.
    :ivar opening: whether that is the first.
    :ivar due: the first day on which a new verify is worth its while.
    :ivar then: until when a certificate of that day holds.
    """

    until: date
    before: date
    opening: bool
    due: date
    then: date

    @property
    def vi(self) -> str:
        """The warning in Vietnamese."""
        what = "trước ngày khai giảng" if self.opening else "trước ngày kết thúc khóa học"
        return (
            f"chứng nhận hết hạn ngày {_day(self.until)}, {what} {_day(self.before)}; từ ngày {_day(self.due)} cần đo "
            f"lại, kết quả đạt khi đó có giá trị đến hết ngày {_day(self.then)}"
        )

    @property
    def en(self) -> str:
        """The same in English."""
        what = "opens" if self.opening else "closes"
        return (
            f"the certificate ends on {_day(self.until)}, before the course {what} on {_day(self.before)}; from "
            f"{_day(self.due)} on a new verify is due, and one that fits then counts until {_day(self.then)}"
        )


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def renewal(course: Course, until: date) -> Renewal | None:
    """What to warn of where a certificate that holds until that day ends before the course does; None where it doesn't.

    A new verify is due from the first day on which it holds to the course's end. Where that is too late, for the course
    runs by then without a certificate, it is due on the certificate's last day, or when the course opens.
    """
    opens, closes = course.dates.opens, course.dates.closes
    if until >= closes:
        return None
    holds_to_the_end, needed = closes - _counts(), max(until, opens)
    due = min(holds_to_the_end, needed)
    opening = until < opens
    return Renewal(
        until=until, before=opens if opening else closes, opening=opening, due=due, then=good_until(course, due)
    )
