"""Windows of counters for the calibration, out of canned answers of Prometheus."""

from datetime import UTC, datetime, timedelta

import pytest

from lms_stack.cpu_speed import LONGEST_GAP
from lms_stack.errors import StepFailed
from lms_stack.observation import fluctuation_of, speed_of
from lms_stack.plan import Role
from lms_stack.queueing.station import Fluctuation
from lms_stack.request_classes import RequestClass
from monitoring.busiest import busiest_hour
from monitoring.names import Metric
from monitoring.prometheus import Prometheus, Reading, Series
from monitoring.windows import windows
from tests.unit.stacks import small_stack, split_stack

BEGAN = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SPAN = (BEGAN, BEGAN + timedelta(seconds=15))


class Counters(Prometheus):
    """A Prometheus that knows the values of some counters at each look."""

    def __init__(self, rows: dict[str, dict[tuple[str, str], list[float | None]]]) -> None:
        self.rows = rows

    def query_range(self, expression: str, start: datetime, end: datetime, step: float) -> tuple[Series, ...]:
        found = next((each for piece, each in self.rows.items() if piece in expression), {})
        times = [start.timestamp() + step * number for number in range(int((end - start).total_seconds() / step) + 1)]
        return tuple(
            Series(
                labels={label: name} if name else {},
                points=tuple((at, value) for at, value in zip(times, values, strict=True) if value is not None),
            )
            for (label, name), values in found.items()
        )


def _counters(nginx: list[float | None] | None = None) -> Counters:
    return Counters(
        {
            "lophoc_request_cpu_seconds_total": {("request_class", "login"): [1.0, 1.3, 1.6, 2.2]},
            "lophoc_db_queries_total": {("request_class", "login"): [0, 50, 100, 200]},
            Metric.REQUESTS: {("request_class", "login"): [0, 10, 20, 40], ("request_class", "other"): [0, 9, 9, 9]},
            Metric.UNIT_CPU_SECONDS: {
                ("unit", "nginx.service"): nginx or [5.0, 5.1, 5.2, 5.3],
                ("unit", "lophoc.service"): [9.0, 9.4, 9.8, 10.6],
                ("unit", "postgresql@17-main.service"): [3.0, 3.1, 3.2, 3.4],
                ("unit", "pgbouncer.service"): [1.0, 1.02, 1.04, 1.08],
                ("unit", "prometheus-nginx-exporter.service"): [0, 0.5, 1.0, 1.5],
            },
            Metric.HOST_CPU_SECONDS: {("host", "lms-1"): [20.0, 21.0, 22.0, 24.0]},
            Metric.CORE_IDLE_SECONDS: {("host", "lms-1"): [50.0, 54.0, 57.5, 60.4]},
            Metric.CORE_PIECES: {("host", "lms-1"): [7.0, 8.0, 9.0, 10.0]},
            Metric.CORE_PIECE_SECONDS: {("host", "lms-1"): [0.7, 0.8, 0.9, 1.1]},
            Metric.CORE_PIECE_SQUARES: {("host", "lms-1"): [0.07, 0.08, 0.09, 0.13]},
            Metric.CORE_PIECE_NEIGHBOURS: {("host", "lms-1"): [0.07, 0.08, 0.09, 0.124]},
        }
    )


def test_a_window_holds_what_each_role_took_and_each_class_was_asked_for() -> None:
    found = windows(_counters(), small_stack(), "login", SPAN, {RequestClass.STATIC_ASSET: 3.0})
    assert len(found) == 3
    last = found[-1]
    assert last.requests == {RequestClass.LOGIN: 20, RequestClass.STATIC_ASSET: 15}
    assert last.app_seconds[RequestClass.LOGIN] == pytest.approx(0.6)
    assert last.queries == {RequestClass.LOGIN: 100}
    assert last.cpu == {
        Role.EDGE: pytest.approx(0.1),
        Role.APP: pytest.approx(0.8),
        Role.DATABASE: pytest.approx(0.24),
        Role.CACHE: 0,
    }
    assert last.other == pytest.approx(2.0 - 0.1 - 0.8 - 0.24)
    assert [window.lost for window in found] == pytest.approx([0.0, 0.5, 0.1])
    assert speed_of(found) == pytest.approx(7.5)
    assert speed_of([last]) == pytest.approx(5.0)
    mean, pieces = 0.4 / 3, 3
    variance, covariance = (times / mean**2 / pieces - 1 for times in (0.06, 0.054))
    assert fluctuation_of(found).variance == pytest.approx(variance, abs=1e-5)
    assert fluctuation_of(found).lasting == pytest.approx(max(0.0, covariance) * LONGEST_GAP, abs=1e-5)


def test_hosts_that_differ_are_no_fluctuation() -> None:
    rows = _counters().rows
    rows[Metric.CORE_PIECE_SECONDS] = {("host", "lms-1"): [0, 0.1, 0.2, 0.3], ("host", "lms-2"): [0, 0.4, 0.8, 1.2]}
    rows[Metric.CORE_PIECES] = {("host", name): [0, 1, 2, 3] for name in ("lms-1", "lms-2")}
    for metric in (Metric.CORE_PIECE_SQUARES, Metric.CORE_PIECE_NEIGHBOURS):
        rows[metric] = {("host", "lms-1"): [0, 0.01, 0.02, 0.03], ("host", "lms-2"): [0, 0.16, 0.32, 0.48]}
    found = windows(Counters(rows), small_stack(), "login", SPAN, {})
    assert fluctuation_of(found) == Fluctuation()
    assert speed_of(found) == pytest.approx(4.0)


def test_an_exporter_that_only_tells_the_speed_says_nothing_of_fluctuation() -> None:
    rows = _counters().rows
    del rows[Metric.CORE_PIECE_SQUARES], rows[Metric.CORE_PIECE_NEIGHBOURS]
    assert fluctuation_of(windows(Counters(rows), small_stack(), "login", SPAN, {})) == Fluctuation()


def test_a_window_across_a_restart_of_a_service_is_left_out() -> None:
    assert len(windows(_counters([5.0, 0.1, 0.2, 0.3]), small_stack(), "login", SPAN, {})) == 2


def test_only_the_hosts_that_carry_learners_are_asked_for() -> None:
    asked: list[str] = []

    class Told(Counters):
        def query_range(self, expression: str, start: datetime, end: datetime, step: float) -> tuple[Series, ...]:
            asked.append(expression)
            return super().query_range(expression, start, end, step)

    windows(Told(_counters().rows), split_stack(), "login", SPAN, {})
    wanted = 'host=~"app-1|app-2|cache-1|database-1|edge-1"'
    assert sum(wanted in each for each in asked) == 7
    assert not any("monitor-1" in each or "loadgen-1" in each for each in asked)


class Day(Prometheus):
    """A Prometheus with three hours of a day."""

    def __init__(self, rates: list[float]) -> None:
        self.rates = rates

    def query_range(self, expression: str, start: datetime, end: datetime, step: float) -> tuple[Series, ...]:
        points = tuple((BEGAN.timestamp() + 3600 * number, rate) for number, rate in enumerate(self.rates))
        return (Series(labels={}, points=points),) if points else ()

    def by_host(self, expression: str, at: datetime | None = None) -> dict[str, float]:
        return {"lms-1": 0.5, "monitor-1": 0.9}

    def query(self, expression: str, at: datetime | None = None) -> tuple[Reading, ...]:
        assert at == BEGAN + timedelta(hours=1)
        rates = {"login": 6.0, "other": 1.0}
        return tuple(Reading(labels={"request_class": name}, value=rate) for name, rate in rates.items())

    def value(self, expression: str, at: datetime | None = None) -> float | None:
        assert at == BEGAN + timedelta(hours=1)
        return 1e6 if Metric.LINK_TRANSMIT in expression else 7.0


def test_the_busiest_hour_is_the_one_with_the_most_requests() -> None:
    hour = busiest_hour(Day([3.0, 7.0, 5.0]), small_stack(), BEGAN + timedelta(hours=5))
    assert hour.ended == BEGAN + timedelta(hours=1)
    assert (hour.requests, hour.egress, hour.cpu) == (7.0, 8e6, {"lms-1": 0.5})
    assert hour.classes == {"login": 6.0, "other": 1.0}


def test_a_day_of_which_nothing_is_known_is_no_quiet_day() -> None:
    with pytest.raises(StepFailed, match="no request in the last 24 hours"):
        busiest_hour(Day([]), small_stack(), BEGAN)
