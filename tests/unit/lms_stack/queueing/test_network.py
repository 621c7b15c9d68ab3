"""The open network against what is known exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.queueing.network import Station, solve
from tests.unit.lms_stack.queueing.exact import shared

CORES = (0.25, 0.75, 1, 1.5, 2, 4, 8, 16, 64)


@pytest.mark.parametrize("cores", CORES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.9])
def test_the_mean_time_at_shared_cores_is_exact(cores: float, share: float) -> None:
    mean, _ = shared(cores, cores * share)
    found = solve([Station("app", cores)], [[cores * share]], [[1.0]])
    assert found.mean[0, 0] == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.9])
def test_the_variance_at_one_shared_core_is_that_of_coffman_muntz_and_trotter(share: float) -> None:
    found = solve([Station("app", 1)], [[share]], [[1.0]])
    assert found.variance[0, 0] == pytest.approx((1 / (1 - share)) ** 2 * (2 + share) / (2 - share))


@pytest.mark.parametrize("cores", CORES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("demand", [0.2, 1.0, 5.0])
def test_the_deviation_at_several_shared_cores_comes_within_two_percent(
    cores: float, share: float, demand: float
) -> None:
    """The class that is followed comes so rarely that it adds no load."""
    _, variance = shared(cores, cores * share, demand)
    found = solve([Station("app", cores)], [[cores * share, 0.0]], [[1.0], [demand]])
    assert found.variance[0, 1] ** 0.5 == pytest.approx(variance**0.5, rel=0.02)


@given(st.floats(0.05, 0.95), st.floats(0.1, 10))
def test_times_scale_with_the_demands(share: float, factor: float) -> None:
    stations = [Station("app", 4), Station("database", 2)]
    costs = np.array([[0.02, 0.002], [0.01, 0.005]])
    rates = np.array([[60.0, 120.0]]) * share
    one, other = solve(stations, rates, costs), solve(stations, rates / factor, costs * factor)
    assert other.utilisation == pytest.approx(one.utilisation)
    assert other.mean == pytest.approx(one.mean * factor)
    assert other.percentile(0.95) == pytest.approx(one.percentile(0.95) * factor)


def test_a_station_that_is_full_makes_its_draw_unstable_and_is_named() -> None:
    stations = [Station("app", 4), Station("database", 2)]
    found = solve(stations, [[100.0], [300.0]], [[0.01, 0.008]])
    assert found.stable.tolist() == [True, False]
    assert found.first_full.tolist() == [1, 1]
    assert found.headroom == pytest.approx([2.5, 2.5 / 3])
    assert np.isinf(found.mean[1]).all()
    assert np.isinf(found.percentile(0.95)[1]).all()
    assert np.isfinite(found.percentile(0.95)[0]).all()


def test_hosts_share_the_requests_and_each_waits_at_one_of_them() -> None:
    together = solve([Station("app", 4, hosts=8)], [[80.0]], [[0.3]])
    alone = solve([Station("app", 4)], [[10.0]], [[0.3]])
    assert together.mean == pytest.approx(alone.mean)
    assert together.utilisation == pytest.approx(alone.utilisation)


def test_a_class_that_costs_nothing_and_one_that_never_comes_are_answered() -> None:
    found = solve([Station("app", 4)], [[0.0, 5.0, 0.0]], [[0.2], [0.0], [0.0]])
    assert found.mean[0] == pytest.approx([0.2, 0, 0])
    assert found.percentile(0.5)[0] == pytest.approx([0.2 * np.log(2), 0, 0])
    assert found.headroom[0] == np.inf


def test_percentiles_rise_with_the_share_and_with_the_load() -> None:
    found = solve([Station("app", 4)], [[10.0], [30.0], [39.0]], [[0.1]])
    times = np.array([found.percentile(share)[:, 0] for share in (0.5, 0.95, 0.99)])
    assert (np.diff(times, axis=0) > 0).all()
    assert (np.diff(times, axis=1) > 0).all()


@pytest.mark.parametrize(
    ("rates", "demands", "words"),
    [
        ([1.0], [[1.0]], "rates (draws, classes)"),
        ([[1.0]], [[1.0, 1.0]], "demands of shape (1, 1, 1)"),
        ([[-1.0]], [[1.0]], "rates that are finite and not negative"),
        ([[1.0]], [[np.nan]], "demands that are finite and not negative"),
    ],
)
def test_what_does_not_fit_together_is_refused(rates: object, demands: object, words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the words are asked for below
        solve([Station("app", 1)], rates, demands)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_station_without_cores_is_refused() -> None:
    with pytest.raises(ValueError, match="station app: expected servers above 0"):
        Station("app", 0)
