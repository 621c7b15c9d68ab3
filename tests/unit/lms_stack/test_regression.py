"""The regression against loads whose true demands are known."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_stack.facts import facts
from lms_stack.observation import Observation, Window
from lms_stack.plan import Role
from lms_stack.regression import application, by_queries, tier
from lms_stack.request_classes import RequestClass

_TABLE = {name: each.of(Role.EDGE) for name, each in facts().service_demands.demands.items()}
_JOURNEYS = facts().journeys
_ADDED = 0.0008


def _load(
    name: str,
    requests: Mapping[RequestClass, float],
    truth: Mapping[RequestClass, float],
    chance: np.random.Generator,
    *,
    noise: float = 0.01,
    at_rest: float = 0.01,
) -> Observation:
    """Three windows of a load, with the CPU that the truth gives it and some noise on that."""
    windows = []
    for _ in range(3):
        counts = {each: float(chance.poisson(5 * rate)) for each, rate in requests.items()}
        own = {each: count * truth[each] for each, count in counts.items()}
        spent = (sum(own.values()) + 5 * at_rest) * float(chance.normal(1, noise))
        app = sum(own.values()) + _ADDED * sum(counts.values()) + 5 * at_rest
        windows.append(
            Window(
                load=name,
                seconds=5,
                requests=counts,
                app_seconds=own,
                queries={},
                cpu={Role.EDGE: spent, Role.APP: app},
            )
        )
    return Observation(load=name, windows=tuple(windows))


def _loads(truth: Mapping[RequestClass, float], seed: int = 1) -> list[Observation]:
    """The stack at rest, each journey alone, and one mix."""
    chance = np.random.default_rng(seed)
    singles = [
        _load(name, {each: 8 * count for each, count in journey.requests.items()}, truth, chance)
        for name, journey in _JOURNEYS.items()
    ]
    mix = dict.fromkeys(truth, 3.0)
    return [_load("at rest", {}, truth, chance), *singles, _load("mix", mix, truth, chance)]


def _cost(demands: Mapping[RequestClass, float], journey: str) -> float:
    return sum(demands[name] * count for name, count in _JOURNEYS[journey].requests.items() if name in demands)


def test_a_journeys_cost_is_recovered_though_its_classes_only_come_together() -> None:
    truth = {name: cost * 1.7 for name, cost in _TABLE.items()}
    found = tier(_loads(truth), Role.EDGE, _TABLE, draws=5)
    estimate = dict(zip(found.classes, found.demands, strict=True))
    for journey in _JOURNEYS:
        assert _cost(estimate, journey) == pytest.approx(_cost(truth, journey), rel=0.06)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.6, 1.6), min_size=len(_TABLE), max_size=len(_TABLE)), st.integers(0, 1000))
def test_journeys_are_recovered_whatever_the_truth_and_the_intervals_hold_it(factors: list[float], seed: int) -> None:
    truth = {name: cost * factor for (name, cost), factor in zip(_TABLE.items(), factors, strict=True)}
    found = tier(_loads(truth, seed), Role.EDGE, _TABLE, draws=60)
    counts = {
        journey: np.array([each.requests.get(name, 0.0) for name in found.classes])
        for journey, each in _JOURNEYS.items()
    }
    true = np.array([truth[name] for name in found.classes])
    inside = 0
    for count in counts.values():
        low, high = np.quantile(found.draws[:, :-1] @ count, (0.02, 0.98))
        inside += bool(low * 0.97 <= count @ true <= high * 1.03)
    assert inside >= 0.75 * len(counts)  # journeys share requests, so they miss together
    mixed = np.ones(len(true)) @ np.column_stack([found.demands, true])
    assert mixed[0] == pytest.approx(mixed[1], rel=0.12)


def test_classes_that_only_come_together_are_said_to_be_from_the_table() -> None:
    found = tier(_loads(dict(_TABLE)), Role.EDGE, _TABLE, draws=5)
    told = set(found.told_apart())
    assert RequestClass.VIDEO_SEGMENT in told
    assert not {RequestClass.ANNOUNCEMENTS, RequestClass.CALENDAR, RequestClass.INBOX} & told


def test_a_class_so_rare_that_the_loads_error_is_larger_than_its_cost_is_from_the_table_too() -> None:
    chance = np.random.default_rng(4)
    study = {RequestClass.COURSE_PAGE: 20.0, RequestClass.LESSON_PAGE: 20.0, RequestClass.LESSON_DONE: 20.0}
    loads = [
        _load("at rest", {}, _TABLE, chance),
        _load("study", study, _TABLE, chance),
        _load("with a little else", study | {RequestClass.GRADEBOOK: 0.3}, _TABLE, chance),
        _load("forum", {RequestClass.FORUM_READ: 20.0}, _TABLE, chance),
    ]
    told = tier(loads, Role.EDGE, _TABLE, draws=5).told_apart()
    assert not {RequestClass.GRADEBOOK, RequestClass.COURSE_PAGE} & set(told)
    assert RequestClass.FORUM_READ in told


def test_what_the_tier_takes_at_rest_is_no_requests_cost() -> None:
    chance = np.random.default_rng(3)
    loads = [_load("at rest", {}, _TABLE, chance, at_rest=0.2)]
    loads += [
        _load(name, {each: 8 * count for each, count in journey.requests.items()}, _TABLE, chance, at_rest=0.2)
        for name, journey in _JOURNEYS.items()
    ]
    found = tier(loads, Role.EDGE, _TABLE, draws=5)
    assert found.at_rest == pytest.approx(0.2, rel=0.1)
    estimate = dict(zip(found.classes, found.demands, strict=True))
    assert _cost(estimate, "watch") == pytest.approx(_cost(_TABLE, "watch"), rel=0.1)


def test_the_applications_own_count_tells_every_class_apart_and_its_server_adds_to_each() -> None:
    truth = {name: (0.004 + 0.001 * number) for number, name in enumerate(_TABLE)}
    found = application(_loads(truth), _TABLE, draws=5)
    for name, demand in zip(found.classes, found.demands, strict=True):
        assert demand == pytest.approx(truth[name] + _ADDED, rel=0.02)
    assert set(found.told_apart()) == set(found.classes)


def test_a_class_that_no_load_asked_for_keeps_the_tables_figure_for_this_cpu() -> None:
    truth = {name: cost * 2 for name, cost in _TABLE.items()}
    loads = [each for each in _loads(truth) if each.load not in {"essay", "mix"}]
    found = application(loads, _TABLE, draws=5)
    estimate = dict(zip(found.classes, found.demands, strict=True))
    assert RequestClass.ESSAY_UPLOAD not in found.told_apart()
    assert estimate[RequestClass.ESSAY_UPLOAD] == pytest.approx(truth[RequestClass.ESSAY_UPLOAD] + _ADDED, rel=0.02)


def test_the_databases_table_takes_the_shape_of_the_queries() -> None:
    requests = {RequestClass.LOGIN: 100.0, RequestClass.INBOX: 100.0}
    window = Window(
        load="x",
        seconds=5,
        requests=requests,
        app_seconds={},
        queries={RequestClass.LOGIN: 300.0, RequestClass.INBOX: 900.0},
        cpu={},
    )
    shaped = by_queries(
        [Observation(load="x", windows=(window,))], {RequestClass.LOGIN: 0.002, RequestClass.INBOX: 0.002}
    )
    assert shaped[RequestClass.LOGIN] == pytest.approx(0.001)
    assert shaped[RequestClass.INBOX] == pytest.approx(0.003)
