"""What is made of Prometheus' answers, and of their absence."""

from datetime import UTC, datetime, timedelta

import pytest

from lms_stack.errors import StepFailed
from lms_stack.measurement import CoreSpeed
from monitoring.names import Alert, Metric, Record
from monitoring.prometheus import FiringAlert, Prometheus, Reading
from monitoring.status import Health, status
from monitoring.usage import cache_lost, core_speeds, resource_use, unit_use
from tests.unit.stacks import small_stack, split_stack

END = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SPAN = (END - timedelta(seconds=60), END)

#: One host's series: a piece of the expression that asks for it, and the answer.
BUSY = {
    f"rate({Metric.HOST_CPU_SECONDS}[60s])": 0.45,
    f"max by (host) ({Metric.HOST_CORES})": 0.5,
    f"rate({Metric.LINK_TRANSMIT}[60s])": 8e6,
    f"rate({Metric.LINK_RECEIVE}[60s])": 8e5,
    f"({Metric.WORKERS_BUSY}))[60s:5s]": 3.0,
    f"({Metric.WORKERS}))[60s:5s]": 8.0,
    f"({Metric.POOL_ACTIVE}{{": 10.0,
    f"({Metric.POOL_SIZE}{{": 20.0,
    "sqrt(avg_over_time": 0.2,
    f"(sum by (host) ({Metric.DATABASE_CONNECTIONS}))[60s:5s]": 25.0,
    f"({Metric.DATABASE_CONNECTIONS_LIMIT}))[60s:5s]": 100.0,
    f"{Metric.HOST_DISK_FREE} / {Metric.HOST_DISK}": 0.3,
}


class Canned(Prometheus):
    """A Prometheus that answers for lms-1 by a piece of the question."""

    def __init__(self, answers: dict[str, float], alerts: tuple[FiringAlert, ...] = ()) -> None:
        self.answers = answers
        self.alerts = alerts

    def by_host(self, expression: str, at: datetime | None = None) -> dict[str, float]:
        found = [value for piece, value in self.answers.items() if piece in expression]
        return {"lms-1": found[0]} if found else {}

    def value(self, expression: str, at: datetime | None = None) -> float | None:
        return self.answers.get(expression)

    def firing(self) -> tuple[FiringAlert, ...]:
        return self.alerts


class Gone(Prometheus):
    """A Prometheus that can't be reached."""

    def value(self, expression: str, at: datetime | None = None) -> float | None:
        raise StepFailed("Prometheus does not answer")


def _alert(name: Alert, severity: str) -> FiringAlert:
    return FiringAlert(name=name, severity=severity, host="lms-1", summary="", runbook="")


def test_every_resource_that_carries_learners_is_told_the_busiest_first() -> None:
    resources, missing = resource_use(Canned(BUSY), small_stack(), *SPAN)
    assert missing == ()
    assert [(use.name, use.share, use.capacity) for use in resources] == [
        ("CPU", 0.9, "0.5 cores"),
        ("pgbouncer pool", 0.5, "20 connections"),
        ("edge link out", 0.4, "20 Mbit/s"),
        ("application workers", 0.375, "8 workers"),
        ("disk space", 0.3, "the fullest file system"),
        ("PostgreSQL connections", 0.25, "100 connections"),
        ("database locks", 0.2, "the time"),
        ("edge link in", 0.04, "20 Mbit/s"),
    ]


class Units(Canned):
    """A Prometheus that knows the CPU of a service on two hosts."""

    def query(self, expression: str, at: datetime | None = None) -> tuple[Reading, ...]:
        assert f"rate({Metric.UNIT_CPU_SECONDS}[60s])" in expression
        rows = (("lms-1", "valkey-server.service", 0.01), ("lms-1", "nginx.service", 0.2), ("monitor-1", "x", 0.5))
        return tuple(Reading(labels={"host": host, "unit": unit}, value=value) for host, unit, value in rows)


def test_the_cpu_of_each_service_of_the_stack_is_told_the_busiest_first() -> None:
    used = unit_use(Units({}), small_stack(), *SPAN)
    assert [(use.unit, use.cores) for use in used] == [("nginx.service", 0.2), ("valkey-server.service", 0.01)]


def test_monitor_and_load_generator_are_never_the_bottleneck() -> None:
    resources, missing = resource_use(Canned(BUSY), small_stack(), *SPAN)
    assert {use.host for use in resources} == {"lms-1"}
    assert not [name for name in missing if "monitor" in name or "loadgen" in name]


def test_a_narrower_line_of_a_what_if_is_the_capacity_out_only() -> None:
    resources, _ = resource_use(Canned(BUSY), small_stack(), *SPAN, link_bits=8e6)
    shares = {use.name: use.share for use in resources if use.resource == "link"}
    assert shares == {"edge link out": 1.0, "edge link in": 0.04}


@pytest.mark.parametrize("piece", BUSY)
def test_each_series_that_is_missing_is_named_and_not_taken_for_idle(piece: str) -> None:
    rest = {key: value for key, value in BUSY.items() if key != piece}
    resources, missing = resource_use(Canned(rest), small_stack(), *SPAN)
    assert len(missing) == 1
    assert missing[0].endswith(" of lms-1")
    assert len(resources) == 7


def test_a_kernel_that_tells_nothing_of_its_disks_makes_no_measurement_worthless() -> None:
    busy = {**BUSY, f"rate({Metric.DISK_BUSY_SECONDS}[60s])": 0.1}
    told, _ = resource_use(Canned(busy), small_stack(), *SPAN)
    untold, missing = resource_use(Canned(BUSY), small_stack(), *SPAN)
    assert [use.name for use in told if use not in untold] == ["disk time"]
    assert missing == ()


def test_each_use_brings_the_query_that_gives_its_share_again() -> None:
    resources, _ = resource_use(Canned(BUSY), small_stack(), *SPAN)
    queries = {use.name: use.query for use in resources}
    assert queries["CPU"] == (
        f"sum by (host) (rate({Metric.HOST_CPU_SECONDS}[60s])) / max by (host) ({Metric.HOST_CORES})"
    )
    assert queries["edge link out"] == f"8 * sum by (host) (rate({Metric.LINK_TRANSMIT}[60s])) / 2e+07"
    assert queries["database locks"].startswith("sqrt(")


def test_of_a_silent_stack_every_host_is_named() -> None:
    resources, missing = resource_use(Canned({}), split_stack(), *SPAN)
    assert resources == ()
    for host in ("edge-1", "app-1", "app-2", "database-1", "cache-1"):
        assert any(name.endswith(f" of {host}") for name in missing)


def test_learners_are_well_when_the_site_answers_and_nothing_they_feel_is_amiss() -> None:
    said = status(Canned({Record.SITE_UP: 1}, (_alert(Alert.DISK_FILLING, "ticket"),)), small_stack())
    assert said.learners is Health.WELL
    assert said.text().splitlines()[0] == "Người học: ổn / learners are well"


@pytest.mark.parametrize(("up", "alert"), [(0.0, None), (1.0, Alert.PAGES_SLOW), (None, Alert.LEARNERS_SEE_ERRORS)])
def test_learners_are_not_well_when_the_site_is_down_or_a_paging_alert_stands(up: float | None, alert: Alert) -> None:
    alerts = (_alert(alert, "page"),) if alert else ()
    answers: dict[str, float] = {} if up is None else {Record.SITE_UP: up}
    assert status(Canned(answers, alerts), small_stack()).learners is Health.NOT_WELL


def test_nobody_knows_how_learners_are_when_the_site_is_not_probed() -> None:
    unseen = (_alert(Alert.SITE_DOWN, "page"),)  # fires as well when the probe is absent
    assert status(Canned({}), small_stack()).learners is Health.UNKNOWN
    assert status(Canned({}, unseen), small_stack()).learners is Health.UNKNOWN


def test_nobody_knows_how_learners_are_when_prometheus_is_gone() -> None:
    said = status(Gone("http://198.18.7.11:9090"), small_stack(), last_verdict="fits")
    assert said.learners is Health.UNKNOWN
    assert "fits" in said.text()


def test_status_says_it_in_ten_lines_whatever_is_known() -> None:
    known = Canned({record.value: 0.5 for record in Record} | {Record.SITE_UP: 1})
    for prometheus in (known, Canned({}), Gone("http://198.18.7.11:9090")):
        assert len(status(prometheus, small_stack()).text().splitlines()) == 10


def test_nothing_unknown_is_shown_as_a_number() -> None:
    assert not any(
        char.isdigit() for line in status(Canned({}), small_stack()).text().splitlines()[3:7] for char in line
    )


@pytest.mark.parametrize(("answers", "lost"), [({"max_over_time((1 -": 0.8}, 0.8), ({}, None)])
def test_how_much_of_the_cache_was_gone_at_once_is_asked_of_its_host(
    answers: dict[str, float], lost: float | None
) -> None:
    assert cache_lost(Canned(answers), small_stack(), *SPAN) == lost
    assert cache_lost(Canned(answers), split_stack(), *SPAN) is None  # the answer is of a host that has no cache


def test_the_speed_of_the_cores_is_told_of_the_hosts_that_carry_learners() -> None:
    answers = {f"rate({Metric.CORE_PIECES}[60s])": 21.5}
    assert core_speeds(Canned(answers), small_stack(), *SPAN) == (CoreSpeed(host="lms-1", pieces=21.5),)
    answers |= {f"rate({Metric.CORE_PIECES}[20s])": 20}
    thirds = CoreSpeed(host="lms-1", pieces=21.5, first=20, last=20)
    assert core_speeds(Canned(answers), small_stack(), *SPAN) == (thirds,)
    assert core_speeds(Canned({}), small_stack(), *SPAN) == ()
