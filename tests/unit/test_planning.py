"""From a course to a plan: units, demand, sizing, topology."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack import units
from lms_stack.course import Course
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.plan import Plan, Role
from lms_stack.provisioned import ProvisionedHost, ProvisionedNetwork
from lms_stack.services import SERVICES
from lms_stack.sizing import plan
from lms_stack.topology import Topology, topology
from lms_stack.units import Figure, Interval

COURSE = read_course(Path(__file__).parent / "good_course.yaml")


def planned(**changes: object) -> Plan:
    """The plan of the course with some of it changed."""
    course = COURSE.model_copy(update=changes)
    return plan(course, demand(course))


def figures(value: object) -> list[Figure]:
    """Every figure in a plan, however deep."""
    if isinstance(value, Figure):
        return [value]
    if isinstance(value, dict):
        return [each for inner in value.values() for each in figures(inner)]
    if isinstance(value, (list, tuple)):
        return [each for inner in value for each in figures(inner)]
    return figures(dict(value)) if isinstance(value, units.Frozen) else []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("20 Mbit/s", "bit rate", 20e6),
        ("600 kbit/s", "bit rate", 6e5),
        ("45 min", "duration", 2700),
        ("1.5 h", "duration", 5400),
        ("250 ms", "duration", 0.25),
        ("4 GiB", "size", 4 * 2**30),
        ("15 %", "share", 0.15),
    ],
)
def test_quantities_are_read_with_their_units(text: str, kind: str, value: float) -> None:
    assert units.parse(text, kind) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["45", 45, "45 Mbit/s", "min", "", "4 5 min", "0.15", None, "1 parsec", "__import__('os')"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match='like "45 min"'):
        units.parse(text, "duration")


@given(st.floats(0.001, 1e9), st.floats(1, 5), st.floats(1, 5), st.floats(0, 100))
def test_scaling_an_interval_keeps_its_order(mid: float, down: float, up: float, factor: float) -> None:
    scaled = Interval(low=mid / down, mid=mid, high=mid * up, unit="1/s").scaled(factor)
    assert scaled.low <= scaled.mid <= scaled.high


def test_an_interval_that_is_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="low <= mid <= high"):
        Interval(low=2, mid=1, high=3, unit="1/s")


@given(st.integers(10, 1_000_000), st.integers(1, 1_000_000))
def test_more_learners_never_ask_for_less(learners: int, more: int) -> None:
    fewer, larger = (demand(COURSE.model_copy(update={"learners": n})) for n in (learners, learners + more))
    assert larger.request_rate > fewer.request_rate
    assert larger.egress.value > fewer.egress.value


def test_request_rates_are_arrivals_times_what_each_journey_asks_for() -> None:
    asked = demand(COURSE)
    for name, rate in asked.requests.items():
        assert rate.value == pytest.approx(
            sum(each.arrivals.value * each.requests.get(name, 0) for each in asked.journeys)
        )


def test_a_course_without_videos_exams_or_forum_has_none_of_their_journeys() -> None:
    lessons = tuple(lesson.model_copy(update={"video": None}) for lesson in COURSE.lessons)
    asked = demand(COURSE.model_copy(update={"content": lessons, "forum": None}))
    assert {each.journey for each in asked.journeys} == {"sign_in", "study", "gradebook"}


@pytest.mark.parametrize("learners", [1, 500, 5_000, 50_000, 5_000_000])
def test_every_number_of_a_plan_has_a_unit_and_a_reason(learners: int) -> None:
    found = figures(planned(learners=learners))
    assert len(found) > 30
    assert all(each.reason and each.unit for each in found)


@given(st.integers(1, 300_000))
def test_cores_are_enough_for_the_target_utilisation(learners: int) -> None:
    limit = facts().sizing["target_utilisation"].number
    for use in planned(learners=learners).predicted:
        if use.resource == "cpu":
            assert use.share.value <= limit + 1e-9


@given(st.integers(1, 300_000))
def test_the_line_is_wide_enough_for_its_highest_use(learners: int) -> None:
    found = planned(learners=learners)
    limit = facts().sizing["link_utilisation"].number
    assert found.demand.egress.value <= found.bandwidth.value * limit * (1 + 1e-9)


def test_small_courses_get_one_box_and_large_ones_a_host_for_each_role() -> None:
    assert [host.name for host in planned(learners=600).hosts][:1] == ["lms-1"]
    large = planned(learners=100_000)
    assert len(large.hosts_of(Role.APP)) > 1
    assert not any(len(host.roles) > 1 for host in large.hosts)
    assert [host.name for host in planned(layout="split").hosts][:2] == ["edge-1", "app-1"]


def test_a_plan_and_a_course_come_back_from_json_as_they_were() -> None:
    found = planned()
    assert Plan.model_validate_json(found.model_dump_json()) == found
    assert Course.model_validate_json(COURSE.model_dump_json()) == COURSE


def concrete(layout: str) -> Topology:
    """A topology with made-up addresses."""
    found = planned(layout=layout)
    hosts = tuple(
        ProvisionedHost(
            name=host.name, address=f"198.18.0.{10 + n}", host_key="ssh-ed25519 AAAA", identity_file=Path("key")
        )
        for n, host in enumerate(found.hosts)
    )
    network = ProvisionedNetwork(cidr="198.18.0.0/24", operator_address="198.18.0.1", interface="th-0")
    return topology(found, network, hosts)


@pytest.mark.parametrize("layout", ["one_box", "split"])
def test_nothing_can_be_reached_but_what_the_service_table_says(layout: str) -> None:
    found = concrete(layout)
    table = {row.name: row for row in SERVICES}
    for host in found.hosts:
        for rule in found.firewall(host):
            row = table[rule.service]
            assert not row.loopback
            assert rule.port == row.port
            assert ("0.0.0.0/0" in rule.sources) is (rule.service in {"http", "https"})


def test_on_hosts_of_their_own_only_the_application_reaches_pgbouncer() -> None:
    found = concrete("split")
    database = found.hosts_of(Role.DATABASE)[0]
    rules = {rule.service: rule.sources for rule in found.firewall(database)}
    assert rules["pgbouncer"] == tuple(host.address for host in found.hosts_of(Role.APP))
    assert "postgresql" not in rules


def test_the_schema_for_editors_is_the_one_of_this_version() -> None:
    kept = Path(__file__).parent.parent.parent / "courses" / "course.schema.json"
    assert json.loads(kept.read_text("utf-8")) == Course.model_json_schema(), (
        "run ./taphuan schema > courses/course.schema.json"
    )
