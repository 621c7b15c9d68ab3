"""Single stations against published tables, closed forms and each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.queueing import formulas

SERVERS = st.integers(1, 400)
LOADS = st.floats(0.02, 0.98)


@pytest.mark.parametrize(
    ("servers", "load", "blocked"),
    # The traffic at which 1 % is lost, from the Erlang B tables that teletraffic handbooks print.
    [(1, 0.0101, 0.01), (2, 0.153, 0.01), (5, 1.361, 0.01), (10, 4.461, 0.01), (20, 12.031, 0.01), (100, 84.064, 0.01)],
)
def test_the_loss_formula_gives_the_published_traffic_tables(servers: int, load: float, blocked: float) -> None:
    assert formulas.erlang_b(servers, load) == pytest.approx(blocked, rel=5e-3)


@given(SERVERS, LOADS)
def test_the_loss_formula_agrees_with_its_recursion(servers: int, share: float) -> None:
    load, b = servers * share, 1.0
    for c in range(1, servers + 1):
        b = load * b / (c + load * b)
    assert formulas.erlang_b(servers, load) == pytest.approx(b, rel=1e-9, abs=1e-280)


def test_two_servers_at_half_load_let_a_third_of_the_arrivals_wait() -> None:
    """By hand at a = 1: the states 0, 1, 2, ... weigh 1, 1, 1/2, 1/4, ..., so two or more have 1 of 3."""
    assert formulas.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert formulas.mmc_wait(2, 1.0, 3.0) == pytest.approx(1.0)


@given(LOADS)
def test_one_server_waits_as_m_m_1_does(rho: float) -> None:
    assert formulas.erlang_c(1, rho) == pytest.approx(rho)
    assert formulas.mmc_wait(1, rho, 2.0) == pytest.approx(2 * rho / (1 - rho))
    assert formulas.mmc_response_percentile(0.95, 1, rho, 1.0) == pytest.approx(-np.log(0.05) / (1 - rho))


@given(SERVERS, LOADS, st.sampled_from([0.5, 0.95, 0.99, 0.999]))
def test_the_percentile_of_the_response_is_where_its_tail_says(servers: int, rho: float, share: float) -> None:
    at = formulas.mmc_response_percentile(share, servers, servers * rho, 1.0)
    assert formulas.mmc_response_tail(at, servers, servers * rho) == pytest.approx(1 - share, rel=1e-6)


@given(SERVERS, LOADS, st.floats(0.01, 0.99))
def test_the_percentile_of_the_wait_leaves_that_share_beyond(servers: int, rho: float, share: float) -> None:
    wait = formulas.mmc_wait_percentile(share, servers, servers * rho, 1.0)
    beyond = formulas.erlang_c(servers, servers * rho) * np.exp(-servers * (1 - rho) * wait)
    assert beyond == pytest.approx(1 - share) if wait > 0 else beyond <= 1 - share


@pytest.mark.parametrize(
    "function", [formulas.mmc_wait, formulas.mmc_response_percentile, formulas.mmc_wait_percentile]
)
def test_a_station_that_cannot_keep_up_waits_without_end(function: object) -> None:
    arguments = (4, 4.0, 1.0) if function is formulas.mmc_wait else (0.95, 4, 4.0, 1.0)
    assert function(*arguments) == np.inf  # type: ignore[operator]


def test_thousands_of_servers_neither_overflow_nor_take_a_loop() -> None:
    """Halfin and Whitt (Operations Research 29(3), 1981): with c = a + β√a, P(wait) → 1 / (1 + √2π β Φ(β) e^(β²/2))."""
    load = 1e6
    assert formulas.erlang_c(load + np.sqrt(load), load) == pytest.approx(0.2234, abs=5e-4)


@given(LOADS)
def test_fixed_service_waits_half_as_long_as_exponential(rho: float) -> None:
    exponential = formulas.mg1_wait(rho, 1.0, 1.0)
    assert exponential == pytest.approx(formulas.mmc_wait(1, rho, 1.0))
    assert formulas.mg1_wait(rho, 1.0, 0.0) == pytest.approx(exponential / 2)


def test_contention_alone_is_amdahls_law_and_coherency_makes_more_servers_worse() -> None:
    assert formulas.usl_capacity(16, 0.05) == pytest.approx(16 / 1.75)
    assert formulas.usl_capacity(1e9, 0.05) == pytest.approx(20, rel=1e-6)
    best = formulas.usl_best(0.02, 0.0005)
    around = formulas.usl_capacity([best - 2, best, best + 2], 0.02, 0.0005)
    assert around[1] > around[0]
    assert around[1] > around[2]
    assert formulas.usl_best(0.02, 0) == np.inf
