"""1,000 draws of the peak: what they are made of, and the network that they load."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.facts import facts
from lms_stack.pool_stations import CONNECTIONS, THREADS
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.sizing.draws import figure, interval, load_draws
from lms_stack.sizing.network import LINE, outcome
from tests.unit.lms_stack.samples import COURSE, planned
from tests.unit.lms_stack.sizing.loads import load, tier

ALL = tier(*STACK_ROLES, cores=4)
PLAN = planned()


def test_the_same_seed_gives_the_same_draws_and_another_gives_others() -> None:
    first, again, other = (load_draws((COURSE,), facts(), draws=50, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.costs, again.costs)
    assert np.array_equal(first.requests, again.requests)
    assert not np.array_equal(first.costs, other.costs)


def test_the_spread_of_the_service_demands_holds_80_percent_of_the_draws() -> None:
    known = facts()
    drawn = load_draws((COURSE,), known, draws=4000)
    login = drawn.classes.index(next(name for name in drawn.classes if name == "login"))
    app = STACK_ROLES.index(Role.APP)
    measured = known.service_demands.demands[drawn.classes[login]].of("app")
    low, mid, high = np.quantile(drawn.costs[:, login, app], (0.1, 0.5, 0.9)) / measured
    spread = known.service_demands.spread
    assert (low, mid, high) == pytest.approx((1 / spread, 1, spread), rel=0.05)


def test_without_a_spread_every_draw_costs_what_was_measured() -> None:
    known = facts()
    exact = known.model_copy(update={"service_demands": known.service_demands.model_copy(update={"spread": 1.0})})
    drawn = load_draws((COURSE,), exact, draws=10)
    assert np.ptp(drawn.costs, axis=0).max() == pytest.approx(0)


def test_cores_busy_are_the_sum_of_arrivals_times_service_demands() -> None:
    assert load(rate=10, cost=0.02).busy == pytest.approx(np.full((3, 4), 0.2))


def test_a_figure_of_draws_is_their_median_and_their_middle_80_percent() -> None:
    values = np.arange(1, 102, dtype=float)
    found = figure(values, "1/s", "why")
    assert (found.value, found.interval) == (51, interval(values, "1/s"))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((11, 91))


def test_headroom_is_how_many_times_the_load_fits_until_the_first_resource_is_full() -> None:
    found = outcome([ALL], load(rate=10, cost=0.02), line=1e9)
    assert found.headroom == pytest.approx(np.full(3, 4 / (10 * 0.02 * 4)))
    assert found.breaks_first == {"CPU of edge + app + database + cache": 1.0}


def test_a_narrow_line_is_what_is_full_first() -> None:
    found = outcome([ALL], load(bits=1e6), line=2e6)
    assert found.breaks_first == {LINE: 1.0}
    assert found.headroom == pytest.approx(np.full(3, 2.0))


def test_each_role_loads_only_its_own_tier() -> None:
    tiers = [tier(role, cores=cores) for role, cores in zip(STACK_ROLES, (1, 2, 4, 8), strict=True)]
    found = outcome(tiers, load(rate=10, cost=0.02), line=1e9)
    assert found.solution.utilisation[0] == pytest.approx([0.2, 0.1, 0.05, 0.025])


def test_spare_hosts_that_share_the_load_help_until_they_are_lost() -> None:
    hosts = tier(*STACK_ROLES, hosts=3, spare=1)
    whole, failed = (outcome([hosts], load(), line=1e9, lost=lost).headroom[0] for lost in (0, 1))
    assert whole == pytest.approx(failed * 3 / 2)


def test_hosts_that_stand_by_carry_nothing_and_are_not_missed() -> None:
    hosts = tier(*STACK_ROLES, hosts=3, spare=2, standby=True)
    for lost in (0, 1, 2):
        assert outcome([hosts], load(), line=1e9, lost=lost).headroom[0] == pytest.approx(1 / 0.8)


def test_application_processes_are_the_most_cores_that_python_uses() -> None:
    hosts = [tier(role, cores=8) for role in STACK_ROLES]
    few = [each.model_copy(update={"processes": 2}) if each.roles == (Role.APP,) else each for each in hosts]
    assert outcome(few, load(), line=1e12).breaks_first == {"CPU of app": 1.0}
    assert outcome(few, load(), line=1e12).headroom == pytest.approx(np.full(3, 2 / 0.2))


@pytest.mark.parametrize(("threads", "connections", "name"), [(1, 50, THREADS), (50, 1, CONNECTIONS)])
def test_a_pool_that_is_too_small_is_full_first_and_makes_wait(threads: int, connections: int, name: str) -> None:
    hosts = [tier(role, cores=8) for role in STACK_ROLES]
    some = PLAN.pools.model_copy(
        update={
            "app_processes": PLAN.pools.app_processes.model_copy(update={"value": threads}),
            "app_threads": PLAN.pools.app_threads.model_copy(update={"value": 1}),
            "pgbouncer_pool": PLAN.pools.pgbouncer_pool.model_copy(update={"value": connections}),
        }
    )
    free, limited = (outcome(hosts, load(rate=15), line=1e12, pools=pools) for pools in (None, some))
    assert limited.breaks_first == {name: 1.0}
    assert (limited.headroom < free.headroom).all()
    slow, quick = (found.solution.percentile(0.95)[0, 0] for found in (limited, free))
    assert slow > quick


def test_a_database_that_is_full_leaves_the_threads_before_it_with_a_number() -> None:
    hosts = [tier(role, cores=0.25 if role is Role.DATABASE else 8) for role in STACK_ROLES]
    found = outcome(hosts, load(rate=20), line=1e12, pools=PLAN.pools)
    assert found.headroom == pytest.approx(np.full(3, 0.25 / 0.4))
    assert found.breaks_first == {"CPU of database": 1.0}
    assert not found.solution.stable.any()


@given(st.floats(0.25, 64), st.floats(1.1, 4))
def test_a_larger_host_has_more_headroom_and_is_not_slower(cores: float, times: float) -> None:
    small, large = (
        outcome([tier(*STACK_ROLES, cores=size)], load(rate=2), line=1e12) for size in (cores, cores * times)
    )
    assert large.headroom[0] > small.headroom[0]
    slow, quick = (found.solution.percentile(0.95)[0, 0] for found in (small, large))
    assert quick <= slow * (1 + 1e-9)
