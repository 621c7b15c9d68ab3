"""Cores whose speed changes by itself: the formula beside the work that piles up in a long simulated time."""

import numpy as np
import pytest

from lms_stack.queueing.network import solve
from lms_stack.queueing.station import Fluctuation, Station

#: Seconds of CPU time that a request takes, on average.
DEMAND = 0.03
#: Seconds of a step, and of the whole simulated time.
STEP, TIME = 0.004, 20_000.0


def _there(busy: float, deviation: float, lasting: float, seed: int) -> float:
    """How many requests are there on average; the core is fast and slow by turns, for as long by chance.

    With exponential demands each request there stands for one demand of work, whichever is served first.
    """
    chance, steps = np.random.default_rng(seed), int(TIME / STEP)
    turns = np.cumsum(chance.random(steps) < STEP / (2 * lasting)) % 2
    come = chance.poisson(busy / DEMAND * STEP, steps)
    work = chance.gamma(np.maximum(come, 1e-9), DEMAND) * (come > 0)
    surplus = np.cumsum(work - STEP * (1 + deviation * (2 * turns - 1)))
    waiting = surplus - np.minimum(0, np.minimum.accumulate(surplus))
    return float(waiting[steps // 20 :].mean()) / DEMAND


@pytest.mark.parametrize("lasting", [0.05, 0.2, 0.66])
@pytest.mark.parametrize("busy", [0.5, 0.8])
def test_as_much_more_waits_as_in_the_simulation(busy: float, lasting: float) -> None:
    deviation = 0.2
    core = Station("core", 1.0, fluctuation=Fluctuation(deviation**2, deviation**2 * lasting))
    rates, demands = [[busy / DEMAND]], [[DEMAND]]
    found, steady = (solve([each], rates, demands).mean[0, 0] * busy / DEMAND for each in (core, Station("core", 1.0)))
    fluctuating, still = (_there(busy, how, lasting, seed=1) for how in (deviation, 0.0))
    assert found - steady == pytest.approx(fluctuating - still, rel=0.25, abs=0.02)


def test_utilisation_and_the_steady_core_are_as_they_were() -> None:
    rates, demands = np.array([[10.0, 20.0]]), np.array([[0.01, 0.02], [0.02, 0.01]])
    plain, same, other = (
        solve([Station("core", 1.0, fluctuation=each), Station("database", 1.0)], rates, demands)
        for each in (Fluctuation(), Fluctuation(0.04, 0.0), Fluctuation(0.04, 0.02))
    )
    assert other.utilisation.tolist() == plain.utilisation.tolist()
    assert same.mean.tolist() == plain.mean.tolist()
    assert (other.mean > plain.mean).all()
    assert (other.percentile(0.95) > plain.percentile(0.95)).all()


@pytest.mark.parametrize("cores", [0.5, 1, 2.5, 16])
def test_more_fluctuation_and_more_load_bring_more_of_it(cores: float) -> None:
    rates = np.linspace(0.1, 0.99, 30)[:, None] * cores / DEMAND
    little, much, none = (
        solve([Station("cores", cores, fluctuation=each)], rates, [[DEMAND]])
        for each in (Fluctuation(0.01, 0.005), Fluctuation(0.04, 0.02), Fluctuation())
    )
    assert (much.mean > little.mean).all()
    added = (much.mean - none.mean)[:, 0]
    assert (np.diff(added) > 0).all()
    assert np.isinf(
        solve([Station("cores", cores, fluctuation=Fluctuation(0.04, 0.02))], rates * 2, [[DEMAND]]).mean[-1]
    )
