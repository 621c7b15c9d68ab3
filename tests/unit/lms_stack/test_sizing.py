"""From the planned peak to hosts, bandwidth and pools."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course import Course, LabTarget, ServerHost, ServersTarget
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.plan import STACK_ROLES, Plan, Role
from lms_stack.pools import pools
from lms_stack.sizing import cpu_need, plan
from lms_stack.units import Figure, Frozen
from tests.unit.lms_stack.samples import COURSE, course, planned

LEARNERS = st.integers(1, 300_000)
SIZES = [1, 500, 5_000, 50_000, 500_000, 5_000_000]
SERVERS = ServersTarget(
    kind="servers",
    operator_address="203.0.113.5",
    hosts=(ServerHost(name="lms-1", address="203.0.113.10", host_key="ssh-ed25519 AAAA", identity_file="key"),),
)


def figures(value: object) -> list[Figure]:
    """Every figure in a plan, however deep."""
    if isinstance(value, Figure):
        return [value]
    if isinstance(value, dict):
        return [each for inner in value.values() for each in figures(inner)]
    if isinstance(value, (list, tuple)):
        return [each for inner in value for each in figures(inner)]
    return figures(dict(value)) if isinstance(value, Frozen) else []


@pytest.mark.parametrize("learners", SIZES)
@pytest.mark.parametrize("target", [LabTarget(kind="lab"), SERVERS])
def test_every_number_of_a_plan_has_a_unit_and_a_reason(learners: int, target: object) -> None:
    found = figures(planned(learners=learners, target=target))
    assert len(found) > 30
    assert all(each.reason.strip() and each.unit.strip() for each in found)


@given(LEARNERS, st.sampled_from(["one_box", "split"]))
def test_the_hosts_that_carry_the_learners_are_all_but_the_monitor_and_the_load_generators(
    learners: int, layout: str
) -> None:
    found = planned(learners=learners, layout=layout)
    beside = {*found.hosts_of(Role.MONITOR), *found.hosts_of(Role.LOADGEN)}
    assert set(found.stack_hosts) == set(found.hosts) - beside
    assert found.stack_cores.value == pytest.approx(sum(each.cores.value for each in set(found.hosts) - beside))
    assert all(each.name in found.stack_cores.reason for each in found.stack_hosts)


@given(LEARNERS, st.sampled_from(["auto", "one_box", "split"]))
def test_cores_are_the_need_over_the_target_utilisation_or_more(learners: int, layout: str) -> None:
    limit = facts().sizing["target_utilisation"].number
    for use in planned(learners=learners, layout=layout).predicted:
        if use.resource == "cpu":
            assert use.share.value <= limit + 1e-9


@given(LEARNERS)
def test_the_hosts_of_a_role_together_have_what_the_role_needs(learners: int) -> None:
    found = planned(learners=learners, layout="split")
    known = facts()
    for role in STACK_ROLES:
        need = cpu_need(role, found.demand, known).high / known.service_demands.spread
        had = sum(host.cores.value for host in found.hosts_of(role))
        assert had >= need / known.sizing["target_utilisation"].number - 1e-9


@given(LEARNERS, st.integers(1, 300_000), st.sampled_from(["one_box", "split"]))
def test_more_learners_never_get_less(learners: int, more: int, layout: str) -> None:
    fewer, larger = (planned(learners=number, layout=layout) for number in (learners, learners + more))
    assert larger.stack_cores.value >= fewer.stack_cores.value
    assert larger.bandwidth.value >= fewer.bandwidth.value
    assert sum(host.memory.value for host in larger.hosts) >= sum(host.memory.value for host in fewer.hosts)


@given(LEARNERS)
def test_the_line_is_wide_enough_for_its_highest_use_both_ways(learners: int) -> None:
    found = planned(learners=learners)
    limit = facts().sizing["link_utilisation"].number
    for peak in (found.demand.egress, found.demand.ingress):
        assert peak.value <= found.bandwidth.value * limit * (1 + 1e-9)


def test_where_learners_send_more_than_they_get_the_reason_says_so() -> None:
    asked = demand(COURSE)
    sent = asked.model_copy(update={"ingress": asked.egress.model_copy(update={"value": 5e9, "interval": None})})
    found = plan(COURSE, sent)
    assert "ingress 5 Gbit/s" in found.bandwidth.reason
    link = next(use for use in found.predicted if use.resource == "link")
    assert link.share.value == pytest.approx(5e9 / found.bandwidth.value)


def test_a_line_that_is_contracted_already_is_planned_with_as_it_is() -> None:
    found = planned(target=LabTarget.model_validate({"kind": "lab", "edge_link": "7 Mbit/s"}))
    edge = found.hosts_of(Role.EDGE)[0]
    assert edge.link is not None
    assert edge.link.value == 7e6
    assert found.bandwidth.value > 7e6


def test_one_box_carries_all_roles_whatever_its_size() -> None:
    for learners in SIZES:
        found = planned(learners=learners, layout="one_box")
        assert {host.name for host in found.stack_hosts} == {"lms-1"}


def test_a_large_box_has_application_processes_for_all_of_its_need() -> None:
    found = planned(learners=100_000, layout="one_box")
    known = facts()
    need = cpu_need(Role.APP, found.demand, known).high / known.service_demands.spread
    assert found.pools.app_processes.value >= need / known.sizing["target_utilisation"].number


@given(st.floats(0.01, 64), st.integers(1, 20))
def test_an_application_has_a_process_for_each_core_and_eight_threads_at_the_least(cores: float, hosts: int) -> None:
    found = pools(learners=1_000, app_cores=cores, app_hosts=hosts, database_cores=1)
    processes, threads = found.app_processes.value, found.app_threads.value
    assert cores <= processes < cores + 1
    assert threads >= 4
    assert processes * threads >= 8


def test_split_gives_each_role_a_host_of_its_own_whatever_its_size() -> None:
    for learners in SIZES:
        found = planned(learners=learners, layout="split")
        assert all(len(host.roles) == 1 for host in found.hosts)
        assert {role for host in found.hosts for role in host.roles} == set(Role)


def test_auto_begins_with_one_box_and_splits_where_it_would_grow_too_large() -> None:
    assert planned(learners=600) == planned(learners=600, layout="one_box")
    assert planned(learners=100_000) == planned(learners=100_000, layout="split")
    assert len(planned(learners=100_000).hosts_of(Role.APP)) > 1


@pytest.mark.parametrize("learners", SIZES)
def test_host_names_are_unique_and_numbered_by_role(learners: int) -> None:
    found = planned(learners=learners, layout="split")
    names = [host.name for host in found.hosts]
    assert len(set(names)) == len(names)
    assert [host.name for host in found.hosts_of(Role.LOADGEN)] == [
        f"loadgen-{number + 1}" for number in range(len(found.hosts_of(Role.LOADGEN)))
    ]


@pytest.mark.parametrize("learners", SIZES)
def test_there_are_load_generators_for_every_request_of_the_peak(learners: int) -> None:
    found = planned(learners=learners)
    safe = facts().sizing["loadgen_rate"].number
    assert len(found.hosts_of(Role.LOADGEN)) == max(1, ceil(found.demand.request_rate / safe))


def test_a_need_above_the_largest_size_is_planned_and_said() -> None:
    found = planned(learners=5_000_000, target=SERVERS)
    assert "more than the largest size had, 64" in found.hosts_of(Role.EDGE)[0].cores.reason
    assert "lines of the largest size sold" in found.bandwidth.reason


def test_the_pool_of_the_database_is_within_its_connections() -> None:
    for learners in SIZES:
        pools = planned(learners=learners).pools
        assert pools.pgbouncer_pool.value < pools.database_connections.value


def test_a_plan_and_a_course_come_back_from_json_as_they_were() -> None:
    for learners in SIZES:
        found = planned(learners=learners)
        assert Plan.model_validate_json(found.model_dump_json()) == found
    assert Course.model_validate_json(COURSE.model_dump_json()) == COURSE


@given(st.integers(1, 5_000_000), st.integers(1, 100_000), st.floats(1e4, 1e12))
def test_no_course_is_too_small_or_too_large_to_plan(learners: int, instructors: int, bit_rate: float) -> None:
    lessons = tuple(
        lesson.model_copy(update={"video": lesson.video and lesson.video.model_copy(update={"bit_rate": bit_rate})})
        for lesson in COURSE.lessons
    )
    found = planned(learners=learners, instructors=instructors, content=lessons)
    assert all(each.value >= 0 for each in figures(found))
    assert course().name == found.deployment
