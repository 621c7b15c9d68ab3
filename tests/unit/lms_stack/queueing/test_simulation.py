"""The model against the simulation of the same network; scripts/check-model goes through many more cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.queueing.network import Station, solve
from scripts.check_model import Case, Compared, compare, table
from scripts.simulation import Came, Swing, simulate

CASES = [
    Case("an exam", 0.5, 1, 0.5, requests=20_000),
    Case("study", 1, 1, 0.7, requests=40_000),
    Case("an exam", 4, 1, 0.8, requests=30_000),
    Case("an exam", 4, 4, 0.6, scv=0.25, requests=20_000),
    Case("study", 16, 1, 0.9, requests=30_000),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_utilisation_and_p95_agree_with_the_simulation(case: Case) -> None:
    found = compare(case)
    assert found.agrees, found


def test_a_model_that_is_off_does_not_agree() -> None:
    assert not Compared(CASES[0], utilisation=0.11, p95=0.0, model=1.0, simulated=1.0).agrees
    assert not Compared(CASES[0], utilisation=0.0, p95=-0.21, model=0.79, simulated=1.0).agrees


def test_a_pool_before_shared_cores_is_simulated_as_it_is_solved() -> None:
    stations = [Station("threads", 2, beyond=("app",)), Station("app", 2)]
    rates, demands = np.array([1.5]), np.array([[0.0, 1.0]])
    seen = simulate(stations, rates, demands, requests=40_000)
    found = solve(stations, rates[None], demands)
    assert found.mean[0, 0] == pytest.approx(seen.mean[0], rel=0.1)
    assert found.percentile(0.95)[0, 0] == pytest.approx(seen.percentile(0.95)[0], rel=0.2)


def test_requests_that_came_are_played_again_at_their_moments_and_only_those_of_the_span_are_timed() -> None:
    came = Came((np.array([0.0, 5.0, 9.0]), np.array([5.0])), 1.0, 8.0)
    demands = np.array([[1.0], [0.5]])
    seen = simulate([Station("app", 1)], np.zeros(2), demands, came=came, scv=0)
    # Both come at 5 s and share the core: the smaller one's half a second takes one, the other is done at 6.5 s.
    assert [each.tolist() for each in seen.times] == [pytest.approx([1.5]), pytest.approx([1.0])]
    assert seen.utilisation[0] == pytest.approx(1.5 / 7)


def test_requests_that_came_take_as_long_as_the_swing_of_their_moment_makes_them() -> None:
    half = Swing(np.array([2.0, 4.0]), np.array([0.5]))
    came = Came((np.array([0.0, 2.0, 6.0]),), 0.0, 9.0, half)
    seen = simulate([Station("app", 1)], np.zeros(1), np.array([[1.0]]), came=came, scv=0)
    assert seen.times[0].tolist() == pytest.approx([1.0, 2.0, 1.0])


@given(st.lists(st.floats(0.1, 4), min_size=1, max_size=8), st.floats(0, 50))
def test_the_clock_at_which_work_is_done_is_the_one_that_gave_that_work(speeds: list[float], clock: float) -> None:
    swing = Swing(np.linspace(0.0, 5.0 * len(speeds), len(speeds) + 1), np.array(speeds))
    assert swing.clock_at(swing.work_at(np.array([clock])))[0] == pytest.approx(clock, abs=1e-3)


def test_requests_that_came_are_not_shared_out_among_hosts() -> None:
    with pytest.raises(ValueError, match="one host of each station"):
        simulate([Station("app", 1, hosts=2)], np.zeros(1), np.array([[1.0]]), came=Came((np.array([0.0]),), 0.0, 1.0))


def test_the_table_tells_both_answers_and_how_far_they_are_apart() -> None:
    line = table([Compared(CASES[0], 0.012, -0.05, 0.019, 0.02)]).splitlines()[-1]
    assert line == "| an exam | 1 × 0.5 | 1 | 50% | +1.2% | 19.0 ms, 20.0 ms | -5% |"
