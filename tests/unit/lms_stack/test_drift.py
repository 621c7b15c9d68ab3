"""Loads of a calibration on one footing, though the machine's speed changed between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.drift import at_one_speed, drift, spread_by
from lms_stack.observation import Observation, Window
from lms_stack.plan import Role
from lms_stack.request_classes import RequestClass

COSTS = {RequestClass.LOGIN: 0.025, RequestClass.COURSE_LIST: 0.005, RequestClass.CALENDAR: 0.008}
#: Requests of each class in each load: two loads share no class, others tie them.
LOADS = (
    {RequestClass.LOGIN: 100.0, RequestClass.COURSE_LIST: 100.0},
    {RequestClass.CALENDAR: 200.0},
    {RequestClass.LOGIN: 30.0, RequestClass.COURSE_LIST: 90.0, RequestClass.CALENDAR: 60.0},
    {RequestClass.CALENDAR: 50.0, RequestClass.LOGIN: 400.0},
)


def _seen(name: str, requests: dict[RequestClass, float], speed: float) -> Observation:
    """A load on a machine on which all takes so many times its CPU time, as two windows."""
    spent = {each: count * COSTS[each] * speed for each, count in requests.items()}
    halves = [{each: value / 2 for each, value in row.items()} for row in (requests, spent)]
    window = Window(
        load=name,
        seconds=5,
        requests=halves[0],
        app_seconds=halves[1],
        queries={},
        cpu={Role.APP: sum(halves[1].values()), Role.EDGE: 0.1 * speed},
        other=0.01 * speed,
    )
    return Observation(load=name, windows=(window, window))


_speeds = st.lists(st.floats(0.7, 1.5), min_size=len(LOADS), max_size=len(LOADS))


@given(_speeds)
def test_loads_come_out_as_on_a_machine_of_one_speed(speeds: list[float]) -> None:
    loads = [
        _seen(str(number), requests, speed) for number, (requests, speed) in enumerate(zip(LOADS, speeds, strict=True))
    ]
    evened, factors = at_one_speed(loads)
    middle = float(np.exp(np.log(speeds).mean()))
    assert factors == pytest.approx(np.array(speeds) / middle, rel=1e-3)
    for load, requests in zip(evened, LOADS, strict=True):
        calm = _seen(load.load, requests, middle)
        assert load.windows[0].cpu == pytest.approx(calm.windows[0].cpu, rel=1e-3)
        assert load.windows[0].app_seconds == pytest.approx(calm.windows[0].app_seconds, rel=1e-3)
        assert load.windows[0].other == pytest.approx(calm.windows[0].other, rel=1e-3)


def test_a_load_that_shares_no_class_with_another_stays_as_it_was_seen() -> None:
    alone = _seen("alone", {RequestClass.CALENDAR: 100.0}, 1.4)
    rest = Observation(load="at rest", windows=())
    others = [_seen("a", LOADS[0], 1.2), _seen("b", LOADS[0], 1.2)]
    assert list(drift([rest, alone, *others])) == pytest.approx([1, 1, 1, 1])


def test_a_class_that_a_load_hardly_asked_for_says_nothing_of_its_speed() -> None:
    calendar, rare = {RequestClass.CALENDAR: 50.0}, {RequestClass.CALENDAR: 4.0}
    window = _seen("a", {**LOADS[0], **rare}, 1.0).windows[0]
    first_of_all = {**window.app_seconds, RequestClass.CALENDAR: 1.0}
    slow = Observation(load="a", windows=2 * (window.model_copy(update={"app_seconds": first_of_all}),))
    others = [_seen("b", LOADS[0], 1.0), _seen("c", {**LOADS[0], **calendar}, 1.0)]
    assert list(drift([slow, *others])) == pytest.approx([1, 1, 1])


def test_the_more_the_speed_changed_the_wider_is_what_is_believed_of_it() -> None:
    assert spread_by(np.array([1.0])) == 1.0
    assert spread_by(np.array([1.0, 1.0, 1.0])) == pytest.approx(1.0)
    assert 1.1 < spread_by(np.array([0.9, 1.0, 1.1])) < spread_by(np.array([0.7, 1.0, 1.3]))
