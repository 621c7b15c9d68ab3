"""The forecast ledger: lines that survive a kill, and the maths of coverage."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.ledger import Entry, Forecast, append, binomial_interval, coverage, cpu_ratios, entries, usable
from lms_stack.units import Interval

_AT = datetime(2027, 3, 1, 13, tzinfo=UTC)


def _forecast(measured: float, kind: Literal["cpu", "requests"] = "cpu", mid: float = 0.5) -> Forecast:
    predicted = Interval(low=0.8 * mid, mid=mid, high=1.25 * mid, unit="share")
    return Forecast(kind=kind, of="lms-1", predicted=predicted, measured=measured)


def _entry(
    *forecasts: Forecast,
    verdict: str = "fits",
    event: Literal["verify", "day"] = "verify",
    deployment: str = "demo",
    hours: int = 0,
) -> Entry:
    return Entry(
        at=_AT + timedelta(hours=hours),
        event=event,
        deployment=deployment,
        learners=600,
        version="0.1.0",
        origin="as measured",
        verdict=verdict,
        forecasts=forecasts,
    )


def test_what_was_written_is_read_back_in_its_order_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.jsonl"
    written = [_entry(_forecast(0.5), hours=number) for number in range(3)]
    for each in written:
        append(path, each)
    assert entries(path) == (tuple(written), 0)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_ledger_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert entries(tmp_path / "ledger.jsonl") == ((), 0)


def test_a_line_cut_off_by_a_kill_is_passed_over_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    append(path, _entry(_forecast(0.5)))
    whole = path.read_bytes()
    for cut in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole + whole[:cut])
        append(path, _entry(_forecast(0.6)))
        found, torn = entries(path)
        # A line that lacks only its end is a whole one.
        assert torn == (cut < len(whole) - 1)
        assert found[-1].forecasts[0].measured == 0.6
        assert found[0].forecasts[0].measured == 0.5


def test_coverage_counts_what_the_intervals_held_and_how_far_the_middle_was_off() -> None:
    found = [_entry(_forecast(0.5)), _entry(_forecast(0.6)), _entry(_forecast(0.9)), _entry(_forecast(0.3))]
    rows = {row.kind: row for row in coverage(found)}
    assert (rows["cpu"].held, rows["cpu"].of) == (2, 4)
    assert rows["cpu"].promised == 0.8
    assert rows["cpu"].bias == pytest.approx((1.0 * 1.2 * 1.8 * 0.6) ** 0.25)
    assert rows["all"].share == rows["cpu"].share == 0.5


def test_each_kind_of_figure_has_its_own_coverage() -> None:
    rows = {row.kind: row for row in coverage([_entry(_forecast(0.5), _forecast(99, "requests", 50))])}
    assert rows["cpu"].held == 1
    assert rows["requests"].held == 0
    assert (rows["all"].held, rows["all"].of) == (1, 2)


def test_nothing_is_said_of_an_empty_ledger() -> None:
    assert coverage([]) == ()


def test_the_binomial_interval_is_that_of_the_table_of_clopper_and_pearson() -> None:
    # 8 of 10 at 95 %: 0.4439 to 0.9748, as every table of exact binomial intervals has it.
    low, high = binomial_interval(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4439, 0.9748)


@given(st.integers(1, 60), st.data())
def test_a_binomial_interval_holds_the_share_that_was_seen(of: int, data: st.DataObject) -> None:
    held = data.draw(st.integers(0, of))
    low, high = binomial_interval(held, of)
    assert 0 <= low <= held / of <= high <= 1


def test_eight_of_ten_keep_a_promise_of_80_percent_and_two_of_ten_do_not() -> None:
    good = coverage([_entry(*[_forecast(0.5)] * 8, *[_forecast(2.0)] * 2)])[-1]
    bad = coverage([_entry(*[_forecast(0.5)] * 2, *[_forecast(2.0)] * 8)])[-1]
    assert good.keeps_its_promise
    assert not bad.keeps_its_promise


@pytest.mark.parametrize(("held", "of"), [(3, 2), (-1, 2), (0, 0)])
def test_a_share_that_cannot_be_is_refused(held: int, of: int) -> None:
    with pytest.raises(ValueError, match="expected some forecasts"):
        binomial_interval(held, of)


def test_invalid_measurements_and_other_deployments_say_nothing() -> None:
    ours, theirs = _entry(_forecast(0.5)), _entry(_forecast(0.5), deployment="other")
    invalid = _entry(_forecast(0.5), verdict="invalid")
    assert usable([ours, theirs, invalid]) == (ours, theirs)
    assert usable([ours, theirs, invalid], "demo") == (ours,)


def test_of_a_courses_days_only_the_busiest_counts_since_that_is_what_was_foretold() -> None:
    days = [_entry(_forecast(rate, "requests", 50), event="day", hours=24 * n) for n, rate in enumerate((20, 45, 30))]
    assert usable(days) == (days[1],)


def test_a_calibration_is_refitted_by_the_busiest_host_of_each_verify() -> None:
    busy, idle = _forecast(0.6), _forecast(0.02, mid=0.01)
    assert cpu_ratios([_entry(idle, busy), _entry(_forecast(9.0), event="day")]) == [pytest.approx(1.2)]
