"""Quantities as people write and read them, and the laws of intervals."""

import json
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack import units
from lms_stack.units import Figure, Interval, show

POSITIVE = st.floats(1e-6, 1e9)


@st.composite
def intervals(draw: st.DrawFn, unit: str = "1/s") -> Interval:
    """Any interval of positive numbers."""
    low, mid, high = sorted(draw(st.tuples(POSITIVE, POSITIVE, POSITIVE)))
    return Interval(low=low, mid=mid, high=high, unit=unit, confidence=draw(st.floats(0.1, 1)))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("20 Mbit/s", "bit rate", 20e6),
        ("600 kbit/s", "bit rate", 6e5),
        ("2.5MB/s", "bit rate", 20e6),
        ("45 min", "duration", 2700),
        ("1.5 h", "duration", 5400),
        ("2 d", "duration", 172800),
        (" 250 ms ", "duration", 0.25),
        ("4 GiB", "size", 4 * 2**30),
        ("4 GB", "size", 4e9),
        ("15 %", "share", 0.15),
        ("15%", "share", 0.15),
    ],
)
def test_quantities_are_read_with_their_units(text: str, kind: str, value: float) -> None:
    assert units.parse(text, kind) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "45",
        45,
        45.0,
        True,
        "45 Mbit/s",
        "min",
        "",
        "4 5 min",
        "0.15",
        None,
        [],
        "1 parsec",
        "1e3 s",
        "nan s",
        "inf s",
        "__import__('os')",
        "9" * 400 + " s",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match='like "45 min"'):
        units.parse(text, "duration")


@pytest.mark.parametrize("text", ["0.15", "15", "1 s", "15 percent", 0.15])
def test_a_share_is_written_in_percent(text: object) -> None:
    with pytest.raises(ValueError, match='like "15 %"'):
        units.parse(text, "share")


@given(st.text(max_size=30))
def test_any_text_is_a_finite_quantity_or_a_value_error(text: str) -> None:
    for kind in units.KINDS:
        try:
            value = units.parse(text, kind)
        except ValueError:
            continue
        assert -inf < value < inf


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.165, "1/s", "0.165/s"),
        (427_310, "1/s", "427,000/s"),
        (1e-7, "1/s", "0.0000001/s"),
        (71.31e6, "bit/s", "71.3 Mbit/s"),
        (999_999, "bit/s", "1 Mbit/s"),
        (12, "bit/s", "12 bit/s"),
        (2**30, "B", "1 GiB"),
        (1.5 * 2**30, "B", "1.5 GiB"),
        (1023.9999 * 2**20, "B", "1 GiB"),
        (0.6, "share", "60 %"),
        (0.0123, "share", "1.23 %"),
        (0, "s", "0 s"),
        (0.35, "s", "350 ms"),
        (0.99999, "s", "1 s"),
        (60, "s", "60 s"),
        (2700, "s", "45 min"),
        (7200, "s", "2 h"),
        (172_800, "s", "2 d"),
        (1, "learners", "1 learner"),
        (12_345, "learners", "12,345 learners"),
        (98.6, "learners", "99 learners"),
        (1, "processes", "1 process"),
        (1, "core", "1 core"),
        (0.75, "core", "0.75 cores"),
        (1.06, "ratio", "1.06"),
        (3, "journeys/visit", "3 journeys/visit"),
        (nan, "s", "NaN s"),
        (nan, "learners", "? learners"),
    ],
)
def test_figures_are_shown_as_people_read_them(value: float, unit: str, shown: str) -> None:
    assert show(value, unit) == shown


@given(
    st.floats(-1e15, 1e15), st.sampled_from(["1/s", "bit/s", "B", "s", "share", "core", "learners", "requests", "x"])
)
def test_no_figure_is_shown_with_an_exponent(value: float, unit: str) -> None:
    assert "e+" not in show(value, unit)
    assert "e-" not in show(value, unit)


@pytest.mark.parametrize("ends", [(2, 1, 3), (1, 3, 2), (3, 2, 1), (nan, 1, 2), (0, nan, 2), (0, 1, nan), (0, 1, inf)])
def test_an_interval_that_is_upside_down_or_no_number_is_refused(ends: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="low <= mid <= high"):
        Interval(low=ends[0], mid=ends[1], high=ends[2], unit="1/s")


@given(intervals(), st.floats(0, 1e6))
def test_scaling_an_interval_keeps_its_order(interval: Interval, factor: float) -> None:
    scaled = interval.scaled(factor)
    assert scaled.low <= scaled.mid <= scaled.high
    assert Interval.model_validate(scaled.model_dump()) == scaled


@given(intervals(), intervals())
def test_a_sum_holds_every_sum_of_what_its_parts_hold(one: Interval, other: Interval) -> None:
    total = one.plus(other)
    assert total == other.plus(one)
    assert total.low <= one.mid + other.mid <= total.high
    assert total.confidence == min(one.confidence, other.confidence)


@given(intervals(), intervals("s"))
def test_a_product_holds_every_product_of_what_its_factors_hold(one: Interval, other: Interval) -> None:
    product = one.times(other, "requests")
    assert product.low <= one.low * other.mid <= product.high
    assert product.low <= one.high * other.mid <= product.high
    assert product.unit == "requests"


@given(intervals())
def test_nothing_and_one_change_no_interval(interval: Interval) -> None:
    assert interval.plus(Interval.exact(0, "1/s")) == interval
    assert interval.times(Interval.exact(1, ""), "1/s") == interval
    assert interval.scaled(1) == interval


def test_different_units_are_not_added() -> None:
    with pytest.raises(ValueError, match="can't add s to 1/s"):
        Interval.exact(1, "1/s").plus(Interval.exact(1, "s"))


@given(intervals())
def test_an_interval_comes_back_from_json_as_it_was(interval: Interval) -> None:
    assert Interval.model_validate_json(interval.model_dump_json()) == interval
    assert Interval.model_validate(json.loads(interval.model_dump_json())) == interval


@pytest.mark.parametrize(
    ("ends", "unit", "shown"),
    [
        ((60, 108, 198), "learners", "60 to 198 learners, likely 108 learners"),
        ((0.1, 0.18, 0.33), "share", "10 to 33 %, likely 18 %"),
        ((1200, 1800, 2700), "s", "20 to 45 min, likely 30 min"),
        ((0.8, 1.8, 3.1), "1/s", "0.8/s to 3.1/s, likely 1.8/s"),
        ((9e8, 1e9, 2e9), "bit/s", "900 Mbit/s to 2 Gbit/s, likely 1 Gbit/s"),
        ((10, 10, 10), "s", "10 s"),
    ],
)
def test_an_interval_reads_as_a_sentence_part(ends: tuple[float, float, float], unit: str, shown: str) -> None:
    assert str(Interval(low=ends[0], mid=ends[1], high=ends[2], unit=unit)) == shown


def test_a_figure_reads_as_its_value_with_its_unit() -> None:
    assert str(Figure(value=20e6, unit="bit/s", reason="written in the course file")) == "20 Mbit/s"


def test_values_of_the_domain_can_neither_be_changed_nor_enlarged() -> None:
    figure = Figure(value=1, unit="core", reason="a reason")
    with pytest.raises(ValueError, match="frozen"):
        figure.value = 2  # type: ignore[misc]
    with pytest.raises(ValueError, match="Extra inputs"):
        Figure.model_validate({"value": 1, "unit": "core", "reason": "r", "note": str(Path())})
