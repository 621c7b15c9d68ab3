"""The course's days and hours: how busy each is, of the busiest."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from lms_stack.course import VIET_NAM, Course
from lms_stack.facts import Facts


@dataclass(frozen=True)
class Days:
    """How many visits each day and hour has, of those in the course's busiest hour.

    :ivar of_day: for each day of the course, 1 for the busiest.
    :ivar of_hour: for each hour of a day, 1 for the busiest.
    """

    course: Course
    of_day: NDArray[np.float64]
    of_hour: NDArray[np.float64]

    def level(self, moment: datetime) -> float:
        """Visits at a moment, as a share of those in the busiest hour; 0 outside the course."""
        local = moment.astimezone(VIET_NAM)
        day = (local.date() - self.course.dates.opens).days
        return float(self.of_day[day] * self.of_hour[local.hour]) if 0 <= day < len(self.of_day) else 0.0

    def busiest_hour_of(self, day: int) -> datetime:
        """The beginning of the busiest hour of a day, which is counted from the course's first."""
        hour = int(np.argmax(self.of_hour))
        return datetime.combine(self.course.dates.opens + timedelta(days=day), time(hour), VIET_NAM)

    @property
    def busiest_hour(self) -> datetime:
        """The beginning of the course's busiest hour."""
        return self.busiest_hour_of(int(np.argmax(self.of_day)))


def days_of(course: Course, known: Facts) -> Days:
    """The days of a course: the week's shape, times the rush before each deadline.

    d days before the next deadline a day has 1 + (rush - 1) / (1 + d) times its visits.
    """
    first = course.dates.opens
    numbers = np.arange((course.dates.closes - first).days + 1)
    week = np.array(known.activity["day_of_week"].series)[(numbers + first.weekday()) % 7]
    deadlines = np.array(_deadlines(course))
    before = deadlines[np.searchsorted(deadlines, numbers)] - numbers
    of_day = week * (1 + (known.activity["deadline_rush"].number - 1) / (1 + before))
    of_hour = np.array(known.activity["hour_of_day"].series)
    return Days(course, of_day / of_day.max(), of_hour / of_hour.max())


def _deadlines(course: Course) -> list[int]:
    """Days from the first to each deadline, in order: essays that are due, exams, and the course's last day."""
    ends = [unit.due for unit in course.content if unit.kind == "essay"]
    ends += [exam.opens.astimezone(VIET_NAM).date() for exam in course.exams]
    return sorted((end - course.dates.opens).days for end in (*ends, course.dates.closes))
