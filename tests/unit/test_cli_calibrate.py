"""What calibrate makes of the loads that it played."""

from datetime import UTC, datetime

import pytest

from cli.calibrate import _refuse_failed, beside, lost, under_load
from lms_stack.calibration import Calibration, Machine, by_speed, calibrated
from lms_stack.errors import StepFailed
from lms_stack.facts import facts
from lms_stack.observation import Observation, Window
from lms_stack.request_classes import RequestClass


def _load(pieces: float, *, played: bool = True, failed: float = 0.0) -> Observation:
    window = Window(
        load="x", seconds=5, requests={}, app_seconds={}, queries={}, cpu={}, pieces=pieces, piece_seconds=1.0
    )
    times = {RequestClass.LOGIN: 0.1} if played else {}
    return Observation(load="x", windows=(window,), failed_share=failed, p50=times)


def test_the_speed_of_the_cores_is_the_mean_over_the_loads_without_the_time_at_rest() -> None:
    assert under_load([_load(80.0, played=False), _load(20.0), _load(45.0)]) == pytest.approx(30.0)


def test_what_else_runs_on_a_host_is_told_by_the_cores_that_it_keeps_busy() -> None:
    window = _load(20.0).windows[0].model_copy(update={"other": 0.2})
    seen = Observation(load="x", windows=(window, window))
    assert beside([seen], hosts=1) == pytest.approx(0.04)
    assert beside([seen], hosts=2) == pytest.approx(0.02)


def test_what_a_host_did_not_get_of_its_cores_is_told_by_the_cores_that_others_had() -> None:
    window = _load(20.0).windows[0].model_copy(update={"lost": 0.15})
    assert lost([Observation(load="x", windows=(window, window))], hosts=3) == pytest.approx(0.01)


def test_where_no_exporter_timed_the_cores_nothing_is_said_of_them_under_load() -> None:
    untimed = _load(20.0).model_copy(update={"windows": ()})
    assert under_load([untimed]) is None


@pytest.mark.parametrize(("under", "held"), [(20.0, 20.0), (None, 30.0)])
def test_plans_count_on_the_speed_for_which_the_table_holds(under: float | None, held: float) -> None:
    machine = Machine(cpu="Some CPU", cores=1, pieces_per_second=30, speed=0.2, under_load=under)
    now = datetime(2027, 3, 1, tzinfo=UTC)
    made: Calibration = by_speed(facts(), machine, version="1", engine="lophoc", engine_version="1", now=now)
    assert calibrated(facts(), made).service_demands.pieces == held
    assert calibrated(facts(), made, speed=0.5).service_demands.pieces == pytest.approx(held * 2.5)


def test_a_load_of_which_too_much_failed_is_refused_by_its_name() -> None:
    _refuse_failed([_load(20.0, failed=0.05)])
    with pytest.raises(StepFailed, match="6% of the requests of the load `x` failed"):
        _refuse_failed([_load(20.0, failed=0.06)])
