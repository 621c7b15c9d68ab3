"""Single stations whose answer is known: M/M/c, M/G/1, and contention by the Universal Scalability Law.

Every function takes numbers or arrays that broadcast, and is stable for thousands of servers. Symbols: `load` is the
offered load in erlang (arrivals 1/s × seconds of service), `servers` their number c, `load < servers`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]


def erlang_b(servers: ArrayLike, load: ArrayLike) -> Array:
    """Share of arrivals that an M/M/c/c station without a queue turns away.

    The sum of Erlang's formula is an incomplete gamma function, B = a^c e^-a / c! / Q(c + 1, a), so it neither
    overflows nor needs a loop (Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.4.21).
    """
    c, a = np.asarray(servers, float), np.asarray(load, float)
    log_last = special.xlogy(c, a) - a - special.gammaln(c + 1)
    return np.asarray(np.exp(log_last) / special.gammaincc(c + 1, a))


def erlang_c(servers: ArrayLike, load: ArrayLike) -> Array:
    """Probability that an arrival at an M/M/c station must wait; 1 where it is not stable.

    C = B / (1 - ρ (1 - B)) (Kleinrock, Queueing Systems volume 1, 1975, section 3.5).
    """
    c, a = np.asarray(servers, float), np.asarray(load, float)
    b, rho = erlang_b(c, a), a / c
    return np.where(rho < 1, b / np.where(rho < 1, 1 - rho * (1 - b), 1), 1.0)


def mmc_wait(servers: ArrayLike, load: ArrayLike, service: ArrayLike) -> Array:
    """Mean wait before service in an M/M/c station, in the unit of `service` (the mean service time).

    E[W] = C s / (c - a) (Kleinrock 1975, section 3.5); infinite where it is not stable.
    """
    c, a = np.asarray(servers, float), np.asarray(load, float)
    spare = np.maximum(c - a, 0)
    with np.errstate(divide="ignore"):
        return np.asarray(erlang_c(c, a) * np.asarray(service, float) / spare)


def mmc_wait_percentile(share: ArrayLike, servers: ArrayLike, load: ArrayLike, service: ArrayLike) -> Array:
    """The wait that a share of the arrivals at an M/M/c station (first come, first served) stays below.

    P(W > t) = C exp(-(c - a) t / s), so it is 0 for a share below 1 - C (Kleinrock 1975, section 3.5).
    """
    c, a = np.asarray(servers, float), np.asarray(load, float)
    beyond = np.maximum(erlang_c(c, a) / (1 - np.asarray(share, float)), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = np.log(beyond) * np.asarray(service, float) / (c - a)
    return np.where(a < c, wait, np.inf)


def mmc_response_percentile(share: float, servers: ArrayLike, load: ArrayLike, service: ArrayLike) -> Array:
    """The response time (wait and service) that a share of the arrivals at an M/M/c station stays below.

    With service rate 1 and θ = c - a: P(T > t) = e^-t + C (e^-θt - e^-t) / (1 - θ), and (1 + C t) e^-t for θ = 1, the
    sum of the wait above and an exponential service. Solved by bisection: sixty halvings, to the last digit.
    """
    c, a = np.broadcast_arrays(np.asarray(servers, float), np.asarray(load, float))
    low = np.zeros(c.shape)
    high = -np.log1p(-share) + np.where(a < c, mmc_wait_percentile(np.sqrt(share), c, a, 1.0), 0) + 50
    for _ in range(60):
        middle = (low + high) / 2
        above = mmc_response_tail(middle, c, np.minimum(a, c)) > 1 - share
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(np.where(a < c, high, np.inf) * np.asarray(service, float))


def mmc_response_tail(time: ArrayLike, servers: ArrayLike, load: ArrayLike) -> Array:
    """P(T > t) of a stable M/M/c station, t in mean service times; see mmc_response_percentile."""
    t, c, a = np.broadcast_arrays(*(np.asarray(each, float) for each in (time, servers, load)))
    wait, theta = erlang_c(c, a), c - a
    alike = np.abs(theta - 1) < 1e-6
    mixed = (np.exp(-theta * t) - np.exp(-t)) / np.where(alike, 1, 1 - theta)
    return np.asarray(np.exp(-t) + wait * np.where(alike, t * np.exp(-t), mixed))


def mg1_wait(rate: ArrayLike, service: ArrayLike, scv: ArrayLike) -> Array:
    """Mean wait in an M/G/1 station, first come, first served, in the unit of `service`.

    Pollaczek and Khinchine: E[W] = ρ s (1 + scv) / (2 (1 - ρ)) (Kleinrock 1975, section 5.6).

    :param scv: squared coefficient of variation of the service time: 0 fixed, 1 exponential.
    """
    s = np.asarray(service, float)
    rho = np.asarray(rate, float) * s
    with np.errstate(divide="ignore"):
        return np.asarray(rho * s * (1 + np.asarray(scv, float)) / 2 / np.maximum(1 - rho, 0))


def usl_capacity(n: ArrayLike, contention: ArrayLike, coherency: ArrayLike = 0.0) -> Array:
    """How many times the work of one server n servers get done: C(n) = n / (1 + σ (n - 1) + κ n (n - 1)).

    The Universal Scalability Law (Gunther, Guerrilla Capacity Planning, 2007, chapter 6).

    :param contention: σ, the share of the work that can't be done side by side (locks).
    :param coherency: κ, the cost of each pair of servers that must agree (caches, shared rows).
    """
    many, sigma, kappa = (np.asarray(each, float) for each in (n, contention, coherency))
    return np.asarray(many / (1 + sigma * (many - 1) + kappa * many * (many - 1)))


def usl_best(contention: float, coherency: float) -> float:
    """The number of servers after which more of them get less done: √((1 - σ) / κ) (Gunther 2007, chapter 6)."""
    return float(np.sqrt((1 - contention) / coherency)) if coherency > 0 else float("inf")
