"""What scripts/accuracy foretells of a mix: by the calibration, at the speed that the cores had in it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lms_stack.calibration import Calibration, Machine, by_speed
from lms_stack.facts import facts
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult
from lms_stack.observation import Observation, Window
from lms_stack.plan import Role
from lms_stack.pools import pools
from lms_stack.queueing.station import Fluctuation
from lms_stack.request_classes import RequestClass
from scripts.accuracy_predictions import Known, Played, Recorded, fluctuated, swing_of
from scripts.simulation import Swing
from tests.unit.stacks import small_stack

_NOW = datetime(2027, 3, 1, tzinfo=UTC)
_SECONDS, _RATE = 30.0, 20.0
_POOLS = pools(learners=500, app_cores=0.5, app_hosts=1, database_cores=0.2)
_TABLE = facts().service_demands.demands


def _calibration() -> Calibration:
    machine = Machine(cpu="Some CPU", cores=1, pieces_per_second=150, speed=1.0)
    return by_speed(facts(), machine, version="1", engine="lophoc", engine_version="1", now=_NOW)


def _played(*pieces: float, request_class: RequestClass = RequestClass.LESSON_PAGE, rate: float = _RATE) -> Played:
    """A load of one class, in so many windows in which the cores did these pieces of work a second of CPU time."""
    count, costs = rate * _SECONDS, _TABLE[request_class]
    each = count / len(pieces)
    windows = tuple(
        Window(
            load="x",
            seconds=_SECONDS / len(pieces),
            requests={request_class: each},
            app_seconds={},
            queries={},
            cpu={role: each * costs.of(role) for role in (Role.EDGE, Role.APP, Role.DATABASE)},
            other=each * costs.of(Role.CACHE),
            pieces=speed,
            piece_seconds=1.0,
        )
        for speed in pieces
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
    return Played(seen=Observation(load="x", windows=windows), load=load, load_average=1.0)


def _recorded(*pieces: float) -> Recorded:
    """A mix of nothing but lessons, in loads and an overload in which the cores had these speeds."""
    *loads, overload = map(_played, pieces)
    return Recorded(
        mix="lessons",
        topology=small_stack(),
        pools=_POOLS,
        calibration=_calibration(),
        shares=(0.5, 0.8),
        timed=tuple(loads),
        overload=overload,
        offered=30.0,
    )


def test_cores_as_fast_as_in_the_calibration_change_nothing_and_neither_do_untimed_ones() -> None:
    assert Known.at(small_stack(), _POOLS, _calibration(), 150.0).slowness == pytest.approx(1.0)
    assert Known.at(small_stack(), _POOLS, _calibration(), None).slowness == 1.0


def test_cores_of_half_the_speed_are_foretold_half_the_saturation() -> None:
    requests = {RequestClass.LESSON_PAGE: _RATE}
    plain, slow = (Known.at(small_stack(), _POOLS, _calibration(), pieces) for pieces in (150.0, 75.0))
    assert slow.saturation(requests) == pytest.approx(plain.saturation(requests) / 2)


def test_each_load_is_foretold_at_the_speed_that_the_cores_had_in_it() -> None:
    proved = _recorded(75.0, 150.0, 300.0).proved()
    assert list(proved.slowness) == pytest.approx([2.0, 1.0, 0.5])
    cost = sum(_TABLE[RequestClass.LESSON_PAGE].of(role) for role in (Role.EDGE, Role.APP, Role.DATABASE, Role.CACHE))
    assert proved.saturation == pytest.approx((2 / cost, _RATE))
    assert proved.timed[0].cpu == pytest.approx((2 * _RATE * cost, _RATE * cost))


def test_the_swing_of_a_load_is_that_of_its_windows_against_their_mean() -> None:
    swing = swing_of(_played(200.0, 100.0))
    assert swing.speeds.tolist() == pytest.approx([4 / 3, 2 / 3])
    assert swing.edges.tolist() == pytest.approx([0, 15, 30])


def test_fluctuation_within_windows_keeps_their_means() -> None:
    windows = Swing(np.array([10.0, 15.0, 20.0]), np.array([1.25, 0.75]))
    finer = fluctuated(windows, Fluctuation(0.04, 0.02), seed=1)
    assert np.diff(finer.work_at(windows.edges)).tolist() == pytest.approx([5 * 1.25, 5 * 0.75], rel=0.01)
    assert finer.speeds[:50].std() / 1.25 == pytest.approx(0.2, abs=0.06)
    assert fluctuated(windows, Fluctuation(), seed=1) is windows


def test_the_table_of_a_mix_can_be_made_from_what_was_recorded() -> None:
    recorded = _recorded(150.0, 150.0, 150.0)
    assert Recorded.model_validate_json(recorded.model_dump_json()).proved() == recorded.proved()
