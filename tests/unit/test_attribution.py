"""Which resource breaks first: the utilisation law, in units that a person reads."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.measurement import Measurement, ResourceUse
from loadtests.attribution import breaking_order, served_rate
from tests.unit.test_comparison import measured, row

PLAYED = demand(read_course(Path(__file__).parent / "good_course.yaml"))


def use(resource: str, share: float, size: float | None = 1.0, name: str = "") -> ResourceUse:
    """One resource of lms-1."""
    return ResourceUse.model_validate(
        {
            "resource": resource,
            "host": "lms-1",
            "name": name or resource,
            "share": share,
            "capacity": "its size",
            "size": size,
            "query": f"query of {resource}",
        }
    )


def run(*uses: ResourceUse) -> Measurement:
    """A hold of 60 s in which 1,200 requests came to an end: 20/s."""
    return measured(row(1200)).model_copy(update={"resources": uses})


def test_what_one_request_takes_and_where_it_is_full_follow_from_use_and_rate() -> None:
    order = breaking_order(run(use("cpu", 0.4, 2.0), use("link", 0.5, 20e6), use("pool", 0.1, 8.0)), PLAYED)
    assert [(each.resource, each.per_request, each.full_at) for each in order] == [
        ("link", "62.5 kB", 40.0),
        ("cpu", "40 ms CPU", 50.0),
        ("pool", "40 ms of a place", 200.0),
    ]
    assert order[0].query == "query of link"


def test_the_load_that_fills_it_is_told_in_learners_of_the_planned_peak() -> None:
    (only,) = breaking_order(run(use("cpu", 0.5)), PLAYED)
    assert only.learners == pytest.approx(PLAYED.learners * 40 / PLAYED.request_rate)


def test_space_and_what_is_not_used_at_all_are_never_full_by_load_and_come_last() -> None:
    order = breaking_order(run(use("disk", 0.9, name="disk space"), use("lock", 0.0), use("cpu", 0.1)), PLAYED)
    assert [(each.name, each.full_at) for each in order] == [("cpu", 200.0), ("disk space", None), ("lock", None)]


@pytest.mark.parametrize(
    ("resource", "full", "room"), [("cpu", 0.9, 0.89), ("pool", 0.95, 0.94), ("disk", 0.95, 0.94), ("lock", 0.9, 0.89)]
)
def test_what_has_no_room_left_is_marked_by_the_facts(resource: str, full: float, room: float) -> None:
    assert breaking_order(run(use(resource, full)), PLAYED)[0].exhausted
    assert not breaking_order(run(use(resource, room)), PLAYED)[0].exhausted


def test_an_older_measurement_without_sizes_still_tells_the_order() -> None:
    order = breaking_order(run(use("cpu", 0.2, None), use("link", 0.4, None)), PLAYED)
    assert [(each.resource, each.per_request, each.full_at) for each in order] == [
        ("link", "–", 50.0),
        ("cpu", "–", 100.0),
    ]


def test_a_run_that_served_nothing_says_nothing_of_its_resources() -> None:
    empty = measured(row(0)).model_copy(update={"resources": (use("cpu", 0.2),)})
    assert served_rate(empty) == 0
    assert breaking_order(empty, PLAYED)[0].full_at is None


@given(shares=st.lists(st.floats(0.001, 2.0), min_size=1, max_size=8))
def test_the_busiest_resource_always_breaks_first(shares: list[float]) -> None:
    order = breaking_order(run(*(use("cpu", share) for share in shares)), PLAYED)
    assert [each.share for each in order] == sorted(shares, reverse=True)
