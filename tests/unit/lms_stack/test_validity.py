"""How long a certificate holds, and when the next is due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course import Course
from lms_stack.validity import Renewal, good_until, renewal
from tests.unit.lms_stack.samples import COURSE, course

DAYS = 90
CLOSES = COURSE.dates.closes


def lasting(opens: date, closes: date) -> Course:
    """The course on other days."""
    return course(dates=COURSE.dates.model_copy(update={"opens": opens, "closes": closes}))


def warned(taught: Course, issued: date) -> Renewal:
    """The warning of a certificate of that day."""
    found = renewal(taught, good_until(taught, issued))
    assert found is not None
    return found


def test_it_is_good_until_the_course_closes_but_never_longer_than_a_measurement_counts() -> None:
    assert good_until(COURSE, CLOSES) == CLOSES
    assert (good_until(COURSE, date(2020, 1, 1)) - date(2020, 1, 1)).days == DAYS


def test_one_that_holds_to_the_courses_last_day_is_not_warned_of() -> None:
    assert renewal(COURSE, CLOSES) is None
    assert renewal(COURSE, good_until(COURSE, CLOSES - timedelta(days=DAYS))) is None


def test_a_new_one_is_due_from_the_first_day_on_which_it_holds_to_the_courses_end() -> None:
    found = warned(COURSE, date(2026, 11, 25))
    assert (found.until, found.due, found.then) == (date(2027, 2, 23), date(2027, 1, 11), CLOSES)


@pytest.mark.parametrize(
    ("issued", "en", "vi"),
    [
        (date(2026, 11, 25), "before the course opens on 01/03/2027", "trước ngày khai giảng 01/03/2027"),
        (date(2026, 12, 31), "before the course closes on 11/04/2027", "trước ngày kết thúc khóa học 11/04/2027"),
    ],
)
def test_the_warning_names_the_day_that_it_does_not_reach_in_both_languages(issued: date, en: str, vi: str) -> None:
    found = warned(COURSE, issued)
    assert en in found.en
    assert vi in found.vi
    for text in (found.en, found.vi):
        assert all(f"{day:%d/%m/%Y}" in text for day in (found.until, found.due, found.then))


def test_in_a_course_of_a_year_the_next_is_due_on_the_last_day_of_the_one_before() -> None:
    year = lasting(date(2027, 1, 1), date(2027, 12, 31))
    found = warned(year, date(2027, 2, 1))
    assert found.due == found.until == date(2027, 5, 2)
    assert found.then == found.due + timedelta(days=DAYS)


@given(st.integers(1, 800), st.integers(1, 800))
def test_whoever_measures_when_it_is_due_is_never_in_the_course_without_a_certificate(early: int, long: int) -> None:
    opens = date(2027, 3, 1)
    taught = lasting(opens, opens + timedelta(days=long))
    issued = opens - timedelta(days=early)
    days = 0
    while found := renewal(taught, good_until(taught, issued)):
        assert issued < found.due <= max(found.until, opens)
        assert found.then == good_until(taught, found.due)
        issued, days = found.due, days + 1
    assert days <= 2 + long // DAYS
