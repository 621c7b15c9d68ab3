"""How many study at once, out of what hours of a course showed: the demand model backwards, and the next plan."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lms_stack.course import VIET_NAM
from lms_stack.demand import LiveStart, demand
from lms_stack.demand.arrivals import held, medians
from lms_stack.errors import UsageError
from lms_stack.evenings import FACT, KIND, Hour, concurrency, refitted, seen_days, to_yaml, with_activity
from lms_stack.facts import Facts, facts
from lms_stack.ledger import Entry
from lms_stack.units import Interval
from tests.unit.lms_stack.samples import COURSE

KNOWN = facts()
DAYS = held(COURSE, KNOWN).days
#: Any hour of the course, but those of the exam.
HOURS = st.integers(0, (COURSE.dates.closes - COURSE.dates.opens).days * 24 - 1).map(
    lambda hours: datetime.combine(COURSE.dates.opens, datetime.min.time(), VIET_NAM) + timedelta(hours=hours)
)
EXAM = COURSE.exams[0].opens


def taking(share: float) -> Facts:
    """The facts with this concurrency for certain."""
    fact = KNOWN.activity[FACT].model_copy(update={"low": share, "mid": share, "high": share})
    return KNOWN.model_copy(update={"activity": {**KNOWN.activity, FACT: fact}})


def modelled(began: datetime, share: float) -> Hour:
    """What the demand model asks of the application in an hour, every other input at its middle."""
    found: dict[str, float] = {}
    for journey, rates in medians(held(COURSE, taking(share)), [began]).items():
        for name, count in KNOWN.journeys[journey].requests.items():
            found[name] = found.get(name, 0.0) + float(rates[0, 0]) * count
    return Hour(ended=began + timedelta(hours=1), classes=found)


@given(HOURS, st.floats(0.01, 1))
def test_what_the_demand_model_asks_for_gives_back_the_concurrency_that_made_it(began: datetime, share: float) -> None:
    assume(not EXAM - timedelta(hours=3) < began < EXAM + timedelta(hours=3))
    assert concurrency(modelled(began, share), COURSE, (), KNOWN) == pytest.approx(share)


@pytest.mark.parametrize("minutes", [-59, 0, 119])
def test_an_hour_with_an_exam_in_it_says_nothing_of_study(minutes: int) -> None:
    assert concurrency(modelled(EXAM + timedelta(minutes=minutes), 0.2), COURSE, (), KNOWN) is None


def test_an_hour_in_which_a_live_session_began_says_nothing_of_study() -> None:
    evening = DAYS.busiest_hour_of(3)
    live = [LiveStart(starts=evening + timedelta(minutes=55), share=1.0)]
    assert concurrency(modelled(evening, 0.2), COURSE, live, KNOWN) is None
    assert concurrency(modelled(evening - timedelta(hours=1), 0.2), COURSE, live, KNOWN) is not None


def test_an_hour_outside_the_course_says_nothing() -> None:
    before = DAYS.busiest_hour_of(0) - timedelta(days=2)
    assert concurrency(Hour(ended=before, classes={"login": 1.0}), COURSE, (), KNOWN) is None


def entry(at: datetime, measured: float, *, deployment: str = "demo", kind: str = KIND, event: str = "day") -> Entry:
    """A day of the ledger."""
    predicted = Interval(low=0.1, mid=0.18, high=0.33, unit="share")
    return Entry.model_validate(
        {
            "at": at,
            "event": event,
            "deployment": deployment,
            "learners": 120,
            "version": "0.1.0",
            "origin": "as measured",
            "verdict": "observed",
            "forecasts": [{"kind": kind, "of": "site", "predicted": predicted, "measured": measured}],
        }
    )


def test_a_day_counts_once_by_its_last_record_and_by_its_date_in_viet_nam() -> None:
    evening = datetime(2027, 3, 1, 14, tzinfo=UTC)
    found = [
        entry(evening, 0.3),
        entry(evening + timedelta(minutes=5), 0.2),
        entry(evening + timedelta(hours=4), 0.1),  # one o'clock in the night in Viet Nam
        entry(evening + timedelta(days=4), 0.9, deployment="other"),
        entry(evening + timedelta(days=5), 0.9, kind="requests"),
        entry(evening + timedelta(days=6), 0.0),
    ]
    assert {str(day): seen for day, seen in seen_days(found, "demo").items()} == {"2027-03-01": 0.2, "2027-03-02": 0.1}


def days_of(*shares: float) -> dict[date, float]:
    """Days that showed these."""
    return {COURSE.dates.opens + timedelta(days=number): share for number, share in enumerate(shares)}


def test_days_that_agree_give_their_own_middle_and_the_least_spread_and_name_themselves() -> None:
    fact = refitted(days_of(*[0.1] * 6), "demo", KNOWN)
    assert [fact.low, fact.mid, fact.high] == pytest.approx([0.1 / 1.2, 0.1, 0.1 * 1.2], rel=1e-3)
    assert "6 days of demo, 2027-03-01 to 2027-03-06" in fact.source
    assert fact.unit == KNOWN.activity[FACT].unit


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=40))
def test_whatever_days_showed_it_is_an_interval_of_shares(shares: list[float]) -> None:
    interval = refitted(days_of(*shares), "demo", KNOWN).interval
    assert 0 < interval.low < interval.mid <= interval.high <= 1


def test_four_days_are_too_few() -> None:
    with pytest.raises(UsageError, match="4 days of study are too few"):
        refitted(days_of(0.1, 0.2, 0.1, 0.2), "demo", KNOWN)


def test_the_next_demand_is_made_of_what_was_written_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "activity.yaml"
    assert with_activity(KNOWN, path) is KNOWN
    fact = refitted(days_of(*[0.05] * 7), "demo", KNOWN)
    path.write_text(to_yaml(fact), "utf-8")
    quieter = with_activity(KNOWN, path)
    assert quieter.activity[FACT] == fact
    found = demand(COURSE, quieter)
    assert next(each.source for each in found.inputs if each.name == FACT) == fact.source
    assert found.concurrent_learners.value < 0.3 * demand(COURSE, KNOWN).concurrent_learners.value


@pytest.mark.parametrize("text", ["", "[]", f"{FACT}: 1", f"{FACT}: {{what: a, unit: share}}", "{", "other: {}"])
def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "activity.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"activity\.yaml is no fact of activity"):
        with_activity(KNOWN, path)
