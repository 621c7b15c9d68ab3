"""A calibration as a file, as facts of a plan, scaled to another CPU, and refitted."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from lms_stack import cpu_speed
from lms_stack.calibration import (
    Calibration,
    Machine,
    Refit,
    by_speed,
    calibrated,
    read,
    refitted,
    to_yaml,
)
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.errors import UsageError
from lms_stack.estimation import bytes_of, estimated, spread_of
from lms_stack.facts import facts
from lms_stack.observation import Observation, Window
from lms_stack.plan import Role
from lms_stack.request_classes import RequestClass
from lms_stack.sizing import plan
from lms_stack.units import Interval

_NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)
_MACHINE = Machine(cpu="Some CPU", cores=2, pieces_per_second=300, speed=2.0)


def _calibration(factor: float = 1.0, refit: Refit | None = None) -> Calibration:
    """The shipped table times a factor, as if it had been measured."""
    table = facts().service_demands.demands
    demands = {
        name: {
            role: Interval(low=0.9 * cost, mid=cost, high=1.1 * cost, unit="ms")
            for role in (Role.EDGE, Role.APP, Role.DATABASE, Role.CACHE)
            if (cost := row.of(role) * 1000 * factor) > 0
        }
        for name, row in table.items()
    }
    return Calibration(
        version="0.1.0",
        engine="lophoc",
        engine_version="0.1.0",
        measured=_NOW,
        machine=_MACHINE,
        loads=("study",),
        demands=demands,
        bytes={RequestClass.LOGIN: 1234.0},
        at_rest={Role.APP: 0.01},
        from_the_table={Role.CACHE: (RequestClass.LOGIN,)},
        spread=1.2,
        refit=refit,
    )


def test_a_calibration_is_the_same_after_it_was_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "calibration.yaml"
    held = _calibration(refit=Refit(at=_NOW, entries=7, factor=1.1, spread=1.3))
    file.write_text(to_yaml(held), "utf-8")
    assert read(file) == held


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2", "is no calibration"),
        ("just a word", "is no calibration"),
        ("demands: {}", "version: Field required"),
        ("demands: {login: {app: [1, 2]}}", "is no calibration"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "calibration.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError) as error:
        read(file)
    assert said in error.value.message
    assert "taphuan calibrate" in error.value.hint


def test_an_interval_that_is_upside_down_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "calibration.yaml"
    plain = yaml.safe_load(to_yaml(_calibration()))
    plain["demands"]["login"]["app"] = [3, 2, 1]
    file.write_text(yaml.safe_dump(plain), "utf-8")
    with pytest.raises(UsageError, match=r"demands\.login\.app: .*expected finite low <= mid <= high"):
        read(file)


def test_a_calibration_that_is_not_there_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        read(tmp_path / "calibration.yaml")


def test_a_plan_uses_the_calibration_and_says_where_and_when_it_was_measured() -> None:
    course = read_course(Path("courses/demo.yaml"))
    known = calibrated(facts(), _calibration(2.0))
    before, after = (plan(course, demand(course, each), each) for each in (facts(), known))
    assert "service demands measured here on 2027-02-01 on Some CPU" in after.hosts[0].cores.reason
    assert "service demands as measured)" in before.hosts[0].cores.reason
    busy = [each.hosts[0].cores.interval for each in (before, after)]
    assert busy[0]
    assert busy[1]
    assert busy[1].mid == pytest.approx(2 * busy[0].mid, rel=0.01)


def test_a_faster_core_needs_less_of_its_time() -> None:
    cost = facts().service_demands.demands[RequestClass.LOGIN].app
    scaled = calibrated(facts(), _calibration(), speed=4.0).service_demands
    assert scaled.demands[RequestClass.LOGIN].app == pytest.approx(cost / 2)
    assert "scaled to a core of speed 4.00" in scaled.origin


def test_timing_the_cores_alone_scales_the_shipped_table() -> None:
    made = by_speed(facts(), _MACHINE, version="0", engine="lophoc", engine_version="0", now=_NOW)
    table = calibrated(facts(), made).service_demands
    assert table.demands[RequestClass.LOGIN].app == pytest.approx(
        facts().service_demands.demands[RequestClass.LOGIN].app / 2, rel=1e-3
    )
    assert "2.00 times the speed" in table.origin
    assert table.spread == facts().service_demands.spread


def test_a_class_that_was_not_calibrated_keeps_the_shipped_figure_for_this_cpu() -> None:
    held = _calibration()
    without = held.model_copy(
        update={"demands": {name: row for name, row in held.demands.items() if name is not RequestClass.INBOX}}
    )
    row = calibrated(facts(), without).service_demands.demands[RequestClass.INBOX]
    assert row.app == pytest.approx(facts().service_demands.demands[RequestClass.INBOX].app / 2)


def test_a_refit_takes_the_middle_and_the_scatter_of_the_forecasts() -> None:
    found = refitted([1.1, 1.2, 1.3, 1.15, 1.25, 1.2], _calibration(), _NOW)
    assert found.factor == pytest.approx(1.2, rel=0.01)
    assert 1.05 < found.spread < 1.15
    table = calibrated(facts(), _calibration(refit=found)).service_demands
    assert table.spread == found.spread
    assert table.demands[RequestClass.LOGIN].app == pytest.approx(
        facts().service_demands.demands[RequestClass.LOGIN].app * found.factor
    )
    assert "refitted by 6 forecasts" in table.origin


def test_a_second_refit_builds_on_the_first() -> None:
    before = _calibration(refit=Refit(at=_NOW, entries=5, factor=1.5, spread=1.2))
    assert refitted([1.0] * 5, before, _NOW).factor == pytest.approx(1.5)


def test_an_interval_of_80_percent_after_a_refit_holds_80_percent_of_the_next() -> None:
    chance = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        ratios = np.exp(chance.normal(0.1, 0.2, 9))
        found = refitted(list(ratios[:8]), _calibration(), _NOW)
        held += bool(found.factor / found.spread <= ratios[8] <= found.factor * found.spread)
    assert 0.74 <= held / 400 <= 0.86


def test_few_forecasts_are_no_reason_to_refit() -> None:
    with pytest.raises(UsageError, match="4 forecasts"):
        refitted([1.0] * 4, _calibration(), _NOW)


def test_loads_become_demands_in_milliseconds_with_their_middle_inside() -> None:
    window = Window(
        load="x",
        seconds=5,
        requests={RequestClass.LOGIN: 100, RequestClass.LOGIN_FORM: 100},
        app_seconds={RequestClass.LOGIN: 3.0, RequestClass.LOGIN_FORM: 0.2},
        queries={RequestClass.LOGIN: 500, RequestClass.LOGIN_FORM: 100},
        cpu={Role.EDGE: 0.2, Role.APP: 3.2, Role.DATABASE: 0.3, Role.CACHE: 0.03},
    )
    loads = [Observation(load="x", windows=(window, window), bytes={RequestClass.LOGIN: 10.0})]
    tiers, demands = estimated(loads)
    assert demands[RequestClass.LOGIN][Role.APP].mid == pytest.approx(30, rel=0.02)
    assert bytes_of(loads) == {RequestClass.LOGIN: 10.0}
    assert spread_of(tiers, {RequestClass.LOGIN: 1.0}) >= 1.2


def test_the_piece_of_work_is_the_same_each_time_and_takes_time() -> None:
    assert cpu_speed.work() == cpu_speed.work()
    assert cpu_speed.speed(spells=2, apart=0) > 0
