"""What a load should show on the hosts that stand."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_stack.calibration import Calibration, Machine
from lms_stack.facts import facts
from lms_stack.forecast import beyond_cpu, pages, predicted, rate_of_arrivals, tiers
from lms_stack.observation import Observation, Window
from lms_stack.plan import STACK_ROLES, Role
from lms_stack.pools import pools
from lms_stack.request_classes import RequestClass
from tests.unit.stacks import small_stack, split_stack

_STUDY = {RequestClass.COURSE_PAGE: 15.0, RequestClass.LESSON_PAGE: 15.0, RequestClass.LESSON_DONE: 15.0}


def _own(**parts: dict[Role, float] | dict[RequestClass, float] | float) -> Calibration:
    return Calibration.model_validate(
        {
            "version": "0",
            "engine": "lophoc",
            "engine_version": "0",
            "measured": datetime(2027, 2, 1, tzinfo=UTC),
            "machine": Machine(cpu="x", cores=1, pieces_per_second=150, speed=1),
            "loads": ("study",),
            "demands": {},
            **parts,
        }
    )


def _cost(name: RequestClass) -> float:
    row = facts().service_demands.demands[name]
    return sum(row.of(role) for role in STACK_ROLES)


def test_the_middle_of_the_cpu_forecast_is_the_utilisation_law() -> None:
    found = predicted(small_stack(), _STUDY, facts()).cpu()["lms-1"]
    assert found.mid == pytest.approx(sum(rate * _cost(name) for name, rate in _STUDY.items()))
    assert found.low < found.mid < found.high


def test_what_else_runs_on_a_host_is_added_once_for_each_host() -> None:
    plain, beside = (predicted(small_stack(), _STUDY, facts(), own) for own in (None, _own(beside=0.2)))
    cores = small_stack().stack_hosts[0].cores
    assert beside.cpu()["lms-1"].mid - plain.cpu()["lms-1"].mid == pytest.approx(0.2 / cores, rel=0.02)
    assert beside.headroom().mid < plain.headroom().mid
    own = _own(at_rest={Role.APP: 0.2}, beside=0.1)
    assert own.at_rest_on((Role.APP,), 2) == pytest.approx(0.2)


def test_what_the_services_take_at_rest_is_added_and_leaves_less_for_requests() -> None:
    plain, rested = (predicted(small_stack(), _STUDY, facts(), own) for own in (None, _own(at_rest={Role.APP: 0.2})))
    assert rested.cpu()["lms-1"].mid == pytest.approx(plain.cpu()["lms-1"].mid + 0.2)
    assert rested.headroom().mid == pytest.approx(0.8 * plain.headroom().mid)
    login = RequestClass.COURSE_PAGE
    assert rested.p95()[login].mid > plain.p95()[login].mid


def test_cores_that_others_have_leave_less_for_requests_and_are_no_cpu_use_of_the_host() -> None:
    plain, less = (predicted(small_stack(), _STUDY, facts(), own) for own in (None, _own(lost=0.2)))
    assert less.cpu()["lms-1"].mid == pytest.approx(plain.cpu()["lms-1"].mid)
    assert less.headroom().mid == pytest.approx(0.8 * plain.headroom().mid)


def test_behind_few_threads_of_a_busy_host_light_pages_take_longer_and_heavy_ones_less() -> None:
    few = pools(learners=500, app_cores=1.0, app_hosts=1, database_cores=0.2)
    mix = {RequestClass.LOGIN_FORM: 3.0, RequestClass.COURSE_LIST: 1.0, RequestClass.LOGIN: 1.0}
    times = 0.85 * predicted(small_stack(), mix, facts(), draws=1).headroom().mid
    busy = {name: times * rate for name, rate in mix.items()}
    free, behind = (predicted(small_stack(), busy, facts(), pools=each, draws=1) for each in (None, few))
    light, *_, heavy = sorted(mix, key=_cost)
    assert behind.p95()[light].mid > free.p95()[light].mid
    assert behind.p95()[heavy].mid < free.p95()[heavy].mid
    assert behind.cpu()["lms-1"].mid == pytest.approx(free.cpu()["lms-1"].mid)


def test_what_answers_take_beside_cpu_time_is_added_to_them() -> None:
    own = _own(beyond={RequestClass.LESSON_PAGE: 0.05})
    plain, slow = (predicted(small_stack(), _STUDY, facts(), each).p95() for each in (None, own))
    assert slow[RequestClass.LESSON_PAGE].mid == pytest.approx(plain[RequestClass.LESSON_PAGE].mid + 0.05)
    assert slow[RequestClass.COURSE_PAGE].mid == pytest.approx(plain[RequestClass.COURSE_PAGE].mid)


def test_hosts_of_one_role_are_one_tier_and_each_has_its_forecast() -> None:
    assert [tier.name for tier in tiers(split_stack())] == ["edge-1", "2 × app", "database-1", "cache-1"]
    found = predicted(split_stack(), _STUDY, facts()).cpu()
    assert found["app-1"] == found["app-2"]
    app = sum(rate * facts().service_demands.demands[name].of("app") for name, rate in _STUDY.items())
    assert found["app-1"].mid == pytest.approx(app / 2)


def test_of_a_load_that_cannot_be_carried_no_times_are_foretold_and_no_cpu_is_more_than_full() -> None:
    found = predicted(small_stack(), {name: 10 * rate for name, rate in _STUDY.items()}, facts())
    assert found.p95() == {}
    assert found.cpu()["lms-1"].high == 1.0
    assert found.headroom().mid < 1


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 0.8), st.floats(1.02, 1.5))
def test_more_load_means_more_cpu_longer_times_and_less_headroom(share: float, more: float) -> None:
    unit = share / sum(rate * _cost(name) for name, rate in _STUDY.items())
    less, greater = (
        predicted(small_stack(), {name: rate * unit * factor for name, rate in _STUDY.items()}, facts(), draws=1)
        for factor in (1, min(more, 0.95 / share))
    )
    assert greater.cpu()["lms-1"].mid > less.cpu()["lms-1"].mid
    assert greater.headroom().mid < less.headroom().mid
    assert greater.p95()[RequestClass.LESSON_PAGE].mid > less.p95()[RequestClass.LESSON_PAGE].mid


def test_arrivals_by_chance_stay_in_their_interval_four_times_in_five() -> None:
    journeys = [(2.0, {RequestClass.LOGIN: 3.0}), (0.5, {RequestClass.VIDEO_SEGMENT: 10.0})]
    found = rate_of_arrivals(journeys, 60)
    assert found.mid == pytest.approx(11)
    chance = np.random.default_rng(1)
    came = (3 * chance.poisson(120, 2000) + 10 * chance.poisson(30, 2000)) / 60
    held = float(((came >= found.low) & (came <= found.high)).mean())
    assert 0.76 < held < 0.85


def test_a_rate_in_bits_counts_only_what_has_a_weight() -> None:
    found = rate_of_arrivals([(2.0, {RequestClass.LOGIN: 1.0, RequestClass.INBOX: 1.0})], 60, {RequestClass.LOGIN: 8.0})
    assert found.mid == pytest.approx(16)


def test_what_p50_has_beyond_the_model_is_taken_from_the_loads_and_is_never_negative() -> None:
    own = _own()
    solved = predicted(small_stack(), _STUDY, facts(), own, draws=1)
    half = dict(zip(solved.classes, solved.solution.percentile(0.5)[0], strict=True))
    window = Window(
        load="study",
        seconds=5,
        requests={name: 5 * rate for name, rate in _STUDY.items()},
        app_seconds={},
        queries={},
        cpu={},
    )
    p50 = {RequestClass.COURSE_PAGE: half[RequestClass.COURSE_PAGE] + 0.004, RequestClass.LESSON_PAGE: 0.0001}
    seen = Observation(load="study", windows=(window,), p50=p50)
    found = beyond_cpu([seen], small_stack(), facts(), own)
    assert found == {RequestClass.COURSE_PAGE: 0.004, RequestClass.LESSON_PAGE: 0.0}


def test_files_are_no_pages() -> None:
    found = predicted(small_stack(), {RequestClass.VIDEO_SEGMENT: 1.0, RequestClass.LOGIN: 1.0}, facts()).p95()
    assert set(pages(found)) == {RequestClass.LOGIN}
