"""Pools as limits, against M/M/c and against Markov chains that are solved without the model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.queueing import formulas
from lms_stack.queueing.network import Solution, Station, solve
from lms_stack.queueing.station import inner_first
from tests.unit.lms_stack.queueing.exact_pool import time_in_pool

THREADS = ("app", "database")


def pooled(rate: float, places: int, cores: tuple[float, float], demands: tuple[float, float]) -> Solution:
    stations = [Station("threads", places, beyond=THREADS), Station("app", cores[0]), Station("database", cores[1])]
    return solve(stations, [[rate]], [[0.0, *demands]])


def throughput(places: int, cores: tuple[float, float], demands: tuple[float, float]) -> float:
    """What the pool lets through, requests/s: its share of one request per second says it."""
    return float(0.001 / pooled(0.001, places, cores, demands).utilisation[0, 0])


@pytest.mark.parametrize("places", [2, 3, 4, 8, 16])
@pytest.mark.parametrize(
    ("cores", "demands"), [((2, 1), (1.0, 0.2)), ((1, 1), (1.0, 0.8)), ((4, 2), (1.0, 0.5)), ((2, 0.5), (1.0, 0.1))]
)
@pytest.mark.parametrize("share", [0.5, 0.8, 0.9])
def test_the_time_behind_a_pool_comes_within_six_percent_of_the_markov_chain(
    places: int, cores: tuple[float, float], demands: tuple[float, float], share: float
) -> None:
    rate = share * throughput(places, cores, demands)
    found = pooled(rate, places, cores, demands)
    assert found.mean[0, 0] == pytest.approx(time_in_pool(rate, places, cores, demands), rel=0.06)


@given(st.integers(1, 60), st.floats(0.05, 0.97))
def test_a_pool_whose_places_are_held_elsewhere_is_m_m_c(places: int, share: float) -> None:
    rate = places * share / 0.2
    found = solve([Station("pool", places, beyond=("app",)), Station("app", 1)], [[rate]], [[0.2, 0.0]])
    assert found.mean[0, 0] == pytest.approx(0.2 + formulas.mmc_wait(places, places * share, 0.2), rel=1e-6)
    assert found.utilisation[0, 0] == pytest.approx(share)


@given(st.integers(1, 16), st.integers(0, 40), st.floats(0.05, 0.95))
def test_a_pool_of_at_least_the_cores_moves_the_wait_before_it_and_adds_none(
    cores: int, more: int, share: float
) -> None:
    stations = [Station("threads", cores + more, beyond=("app",)), Station("app", cores)]
    found = solve(stations, [[cores * share]], [[0.0, 1.0]])
    assert found.mean[0, 0] == pytest.approx(solve(stations[1:], [[cores * share]], [[1.0]]).mean[0, 0], rel=1e-4)


def test_a_pool_that_is_too_small_is_the_first_that_is_full_and_one_that_is_ample_is_not() -> None:
    tight, ample = pooled(0.9, 1, (4, 2), (0.8, 0.2)), pooled(0.9, 64, (4, 2), (0.8, 0.2))
    assert tight.first_full[0] == 0
    assert tight.headroom[0] == pytest.approx(1 / 0.9)
    assert ample.first_full[0] == 1
    assert ample.mean[0, 0] < tight.mean[0, 0] / 3


def test_more_than_a_pool_lets_through_waits_without_end() -> None:
    found = pooled(1.1, 1, (4, 2), (0.8, 0.2))
    assert not found.stable[0]
    assert found.utilisation[0, 0] == pytest.approx(1.1)
    assert found.mean[0, 0] == np.inf


def test_what_does_not_pass_the_pool_does_not_wait_for_it() -> None:
    """Files of the edge need no application thread."""
    stations = [Station("edge", 2), Station("threads", 1, beyond=("app",)), Station("app", 4)]
    found = solve(stations, [[8.0, 20.0]], [[0.001, 0.0, 0.1], [0.002, 0.0, 0.0]])
    assert found.mean[0, 1] == pytest.approx(0.002, rel=1e-3)
    assert found.mean[0, 0] == pytest.approx(0.1 / (1 - 0.8), rel=0.01)


def test_the_pools_of_several_hosts_are_filled_by_the_share_of_each() -> None:
    """Two hosts of four threads each, before a database that both share."""
    stations = [
        Station("threads", 4, hosts=2, beyond=("app", "connections")),
        Station("app", 2, hosts=2),
        Station("connections", 3, beyond=("database",)),
        Station("database", 2),
    ]
    found = solve(stations, [[20.0]], [[0.0, 0.1, 0.0, 0.04]])
    assert inner_first(stations) == [2, 0]
    assert found.utilisation[0] == pytest.approx([0.51, 0.5, 0.4, 0.4], abs=0.03)
    assert 0.14 < found.mean[0, 0] < 0.25


def test_draws_with_and_without_load_stand_beside_each_other() -> None:
    stations = [Station("threads", 4, beyond=("app",)), Station("app", 1)]
    found = solve(stations, [[0.0, 0.0], [5.0, 1.0], [50.0, 1.0]], [[0.0, 0.1], [0.0, 0.0]])
    assert found.stable.tolist() == [True, True, False]
    assert found.mean[:2] == pytest.approx(np.array([[0.1, 0], [0.2, 0]]))
    assert np.isinf(found.mean[2]).all()


@pytest.mark.parametrize(
    "stations",
    [
        [Station("threads", 4, beyond=("nowhere",)), Station("app", 1)],
        [Station("threads", 4, beyond=("app", "connections")), Station("connections", 4, beyond=("threads",))],
    ],
)
def test_a_pool_before_nothing_or_before_itself_is_refused(stations: list[Station]) -> None:
    with pytest.raises(ValueError, match="pool threads: expected other stations beyond it"):
        solve(stations, [[1.0]], [[0.0, 1.0]])


def test_half_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pool threads: expected a whole number of places, not 1\.5"):
        Station("threads", 1.5, beyond=("app",))
