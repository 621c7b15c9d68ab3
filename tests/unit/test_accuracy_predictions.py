"""What scripts/accuracy foretells of a mix: by the calibration, at the speed that the planned mix showed beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from lms_stack.calibration import Calibration, Machine, by_speed
from lms_stack.facts import facts
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult
from lms_stack.observation import Observation, Window
from lms_stack.plan import Role
from lms_stack.pools import pools
from lms_stack.request_classes import RequestClass
from scripts.accuracy_predictions import Known, Played, Recorded
from tests.unit.stacks import small_stack

_NOW = datetime(2027, 3, 1, tzinfo=UTC)
_SECONDS, _RATE = 30.0, 20.0
_POOLS = pools(learners=500, app_cores=0.5, app_hosts=1, database_cores=0.2)
_TABLE = facts().service_demands.demands


def _calibration() -> Calibration:
    machine = Machine(cpu="Some CPU", cores=1, pieces_per_second=150, speed=1.0)
    return by_speed(facts(), machine, version="1", engine="lophoc", engine_version="1", now=_NOW)


def _played(request_class: RequestClass, rate: float, times: float) -> Played:
    """A load of one class that took so many times the CPU time of the table."""
    count = rate * _SECONDS
    window = Window(
        load="x",
        seconds=_SECONDS,
        requests={request_class: count},
        app_seconds={},
        queries={},
        cpu={role: times * count * _TABLE[request_class].of(role) for role in (Role.EDGE, Role.APP, Role.DATABASE)},
        other=times * count * _TABLE[request_class].of(Role.CACHE),
    )
    row = ClassResult(request_class=request_class, intended=count, completed=round(count), failed=0, p50=0.02, p95=0.05)
    load = LoadResult(
        started=_NOW,
        hold_started=_NOW,
        hold_ended=_NOW + timedelta(seconds=_SECONDS),
        classes=(row,),
        generator=GeneratorHealth(
            loop_lag_p99=0.002,
            run_queue_share=0,
            cpu_share=0.1,
            intended_arrivals=600,
            started_arrivals=600,
            cpu_warning=False,
        ),
    )
    return Played(seen=Observation(load="x", windows=(window,)), load=load, load_average=1.0)


def _recorded(*speeds: float) -> Recorded:
    """A mix of nothing but lessons; inboxes beside it showed these speeds."""
    lessons = _played(RequestClass.LESSON_PAGE, _RATE, 1.0)
    return Recorded(
        mix="lessons",
        topology=small_stack(),
        pools=_POOLS,
        calibration=_calibration(),
        shares=(0.5, 0.8),
        timed=(lessons, lessons),
        overload=lessons,
        offered=30.0,
        references=tuple(_played(RequestClass.INBOX, _RATE, speed) for speed in speeds),
    )


def test_where_the_planned_mix_takes_what_is_known_of_it_nothing_is_changed() -> None:
    known = Known.at(small_stack(), _POOLS, _calibration(), [_played(RequestClass.INBOX, _RATE, 1.0)])
    assert known.speed == pytest.approx(1.0)


def test_a_machine_that_takes_twice_the_time_for_the_planned_mix_is_foretold_half_the_saturation() -> None:
    requests = {RequestClass.LESSON_PAGE: _RATE}
    plain, slow = (
        Known.at(small_stack(), _POOLS, _calibration(), [_played(RequestClass.INBOX, _RATE, times)])
        for times in (1.0, 2.0)
    )
    assert slow.saturation(requests) == pytest.approx(plain.saturation(requests) / 2)


def test_each_load_is_foretold_at_the_speed_before_and_after_it_and_the_overload_at_that_before() -> None:
    proved = _recorded(1.0, 4.0, 1.0).proved()
    assert list(proved.speeds) == pytest.approx([2.0, 2.0, 1.0])
    cost = sum(_TABLE[RequestClass.LESSON_PAGE].of(role) for role in (Role.EDGE, Role.APP, Role.DATABASE, Role.CACHE))
    assert proved.saturation == pytest.approx((1 / cost, _RATE))
    assert proved.timed[0].cpu == pytest.approx((2 * _RATE * cost, _RATE * cost))


def test_the_table_of_a_mix_can_be_made_from_what_was_recorded() -> None:
    recorded = _recorded(1.0, 1.0, 1.0)
    assert Recorded.model_validate_json(recorded.model_dump_json()).proved() == recorded.proved()
