"""The door to Prometheus against a real one, which scrapes the real exporter and real rules."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIServer

import pytest
import yaml
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from lms_stack.errors import StepFailed
from lms_stack.observation import speed_of
from lms_stack.request_classes import RequestClass
from lms_stack.topology import Topology
from monitoring import exporter
from monitoring.build import build_files
from monitoring.busiest import busiest_hour
from monitoring.names import Metric, Record
from monitoring.prometheus import Prometheus
from monitoring.status import Health, status
from monitoring.usage import core_speeds, resource_use
from monitoring.windows import windows
from tests.contracts.ports import free_port
from tests.unit.stacks import small_stack

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not shutil.which("prometheus"), reason="needs Debian's prometheus"),
]

#: A scrape each second, so that a minute of the product is five seconds of the test.
INTERVAL = "1s"


def _eventually(condition: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


@dataclass
class Stack:
    """A Prometheus on loopback and the topology it believes in."""

    prometheus: Prometheus
    topology: Topology


class Application:
    """Stands in for lophoc, pgbouncer and the probe: their series, with values of our choice."""

    def __init__(self, port: int) -> None:
        registry = CollectorRegistry()
        self.up = Gauge("probe_success", "", ["service"], registry=registry)
        self.up.labels("https").set(1)
        Gauge("lophoc_workers_busy", "", registry=registry).set(2)
        Gauge("lophoc_workers", "", registry=registry).set(8)
        self.requests = Counter("lophoc_requests", "", ["request_class", "status"], registry=registry)
        self.requests.labels("course_page", "200").inc()
        active = Gauge("pgbouncer_pools_server_active_connections", "", ["database"], registry=registry)
        active.labels("lophoc").set(5)
        Gauge("pgbouncer_databases_pool_size", "", ["name"], registry=registry).labels("lophoc").set(20)
        waiting = Gauge("pgbouncer_pools_client_waiting_connections", "", ["database"], registry=registry)
        waiting.labels("lophoc").set(5)
        self.backends = Gauge("pg_stat_activity_count", "", ["wait_event_type"], registry=registry)
        self.backends.labels("Client").set(5)
        for name, size in (("size", 100), ("avail", 20)):
            files = Gauge(f"node_filesystem_{name}_bytes", "", ["mountpoint"], registry=registry)
            files.labels("/var/lib/postgresql").set(size)
            files.labels("/tmp").set(size if name == "size" else 0)
        self.server: WSGIServer
        self.thread: Thread
        self.server, self.thread = start_http_server(port, "127.0.0.1", registry)


@pytest.fixture(scope="module")
def application() -> Iterator[tuple[Application, int]]:
    port = free_port()
    application = Application(port)
    yield application, port
    application.server.shutdown()
    application.server.server_close()
    application.thread.join()


@pytest.fixture(scope="module")
def exporter_port() -> Iterator[int]:
    """The exporter as it runs on a host: a process of its own."""
    port = free_port()
    command = [sys.executable, exporter.__file__, f"--port={port}", "--address=127.0.0.1", "--cores=2", "--time-cores"]
    process = subprocess.Popen([*command, "--link-bits=20000000", "--interface=lo", "--memory-bytes=4294967296"])
    yield port
    process.terminate()
    assert process.wait(10) == 0, "the exporter ends cleanly when it is told to"


@pytest.fixture(scope="module")
def stack(
    application: tuple[Application, int], exporter_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    (folder / "prometheus.yml").write_text(_config(folder, exporter_port, application[1]))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stderr=log,
        )
    try:
        prometheus = Prometheus(f"http://127.0.0.1:{port}")
        assert _eventually(lambda: _has_data(prometheus)), (folder / "log").read_text()[-2000:]
        yield Stack(prometheus, small_stack())
    finally:
        process.terminate()
        process.wait(20)


def _config(folder: Path, exporter_port: int, application_port: int) -> str:
    """The product's configuration, of which each target that is not here is left out."""
    files = build_files(small_stack())
    for name in ("rules/recording.yml", "rules/alerts.yml"):
        (folder / Path(name).name).write_text(files[name].replace("interval: 5s", f"interval: {INTERVAL}"))
    document = yaml.safe_load(files["prometheus.yml"])
    document["global"] |= {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL}
    document["rule_files"] = [f"{folder}/recording.yml", f"{folder}/alerts.yml"]
    document["alerting"] = {}
    document["scrape_configs"] = [
        _here(job, {"lophoc-metrics": application_port, "taphuan-exporter": exporter_port}[job["job_name"]])
        for job in document["scrape_configs"]
        if job["job_name"] in {"lophoc-metrics", "taphuan-exporter"}
    ]
    return yaml.safe_dump(document)


def _here(job: dict[str, Any], port: int) -> dict[str, Any]:
    labels = {"host": "lms-1", "role": "edge,app,database,cache"}
    return job | {"honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": labels}]}


def _has_data(prometheus: Prometheus) -> bool:
    try:
        return bool(prometheus.query(f"{Record.HOST_CPU} and {Record.LINK_TRANSMIT}")) and bool(
            prometheus.query(f"count_over_time({Metric.HOST_CPU_SECONDS}[1m]) > 12")
        )
    except StepFailed:
        return False


def test_a_question_is_answered_with_labels_and_a_number(stack: Stack) -> None:
    (reading,) = stack.prometheus.query(Metric.HOST_CORES)
    assert reading.value == 2.0
    assert reading.labels["host"] == "lms-1"


def test_a_series_that_is_not_there_is_no_data_and_no_nought(stack: Stack) -> None:
    assert stack.prometheus.query("nothing_of_that_name") == ()
    assert stack.prometheus.value("nothing_of_that_name") is None
    assert stack.prometheus.value("vector(0) / 0") is None


def test_a_span_is_answered_point_by_point(stack: Stack) -> None:
    now = datetime.now(UTC)
    (series,) = stack.prometheus.query_range(Metric.HOST_CORES, now - timedelta(seconds=4), now, 1)
    assert {value for _, value in series.points} == {2.0}
    assert len(series.points) == 5


def test_a_question_that_is_no_promql_is_refused_with_its_reason(stack: Stack) -> None:
    with pytest.raises(StepFailed, match=r"refused rate\(: .*parse error"):
        stack.prometheus.query("rate(")


def test_several_series_are_not_taken_for_one(stack: Stack) -> None:
    with pytest.raises(StepFailed, match="2 series where one was asked for"):
        stack.prometheus.value("up")


def test_a_prometheus_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StepFailed, match=f"{url} does not answer"):
        Prometheus(url).query("up")


def test_something_else_on_its_port_is_not_taken_for_prometheus(exporter_port: int) -> None:
    with pytest.raises(StepFailed, match="no answer of Prometheus"):
        Prometheus(f"http://127.0.0.1:{exporter_port}").query("up")


def test_use_of_a_span_is_read_and_what_is_missing_is_named(stack: Stack) -> None:
    now = datetime.now(UTC)
    resources, missing = resource_use(stack.prometheus, stack.topology, now - timedelta(seconds=10), now)
    shares = {use.name: use.share for use in resources}
    assert 0 < shares["CPU"] < 1.5
    assert shares["edge link out"] > 0
    assert shares["pgbouncer pool"] == 0.5
    assert shares["application workers"] == 0.25
    assert shares["database locks"] == 0
    assert shares["disk space"] >= 0.8
    assert set(missing) == {f"{Metric.DATABASE_CONNECTIONS_LIMIT} of lms-1"}


def test_a_use_is_given_again_by_its_own_query(stack: Stack) -> None:
    now = datetime.now(UTC)
    resources, _ = resource_use(stack.prometheus, stack.topology, now - timedelta(seconds=15), now)
    for use in resources:
        assert stack.prometheus.by_host(use.query, now)["lms-1"] == pytest.approx(use.share), use.query


def test_backends_that_wait_for_a_lock_make_the_locks_busy(stack: Stack, application: tuple[Application, int]) -> None:
    def busy() -> float:
        now = datetime.now(UTC)
        resources, _ = resource_use(stack.prometheus, stack.topology, now - timedelta(seconds=15), now)
        return {use.name: use.share for use in resources}["database locks"]

    application[0].backends.labels("Lock").set(2)
    assert _eventually(lambda: busy() > 0.9)
    application[0].backends.labels("Lock").set(0)
    assert _eventually(lambda: busy() < 0.9)


def test_windows_say_what_a_counter_grew_by_and_what_the_host_took(
    stack: Stack, application: tuple[Application, int]
) -> None:
    began = datetime.now(UTC) + timedelta(seconds=2)
    time.sleep(4)
    application[0].requests.labels("course_page", "200").inc(40)
    time.sleep(10)
    span = (began, began + timedelta(seconds=10))
    found = windows(stack.prometheus, stack.topology, "pages", span, {RequestClass.STATIC_ASSET: 2.0})
    assert len(found) == 2
    assert sum(each.requests[RequestClass.COURSE_PAGE] for each in found) == 40
    assert sum(each.requests[RequestClass.STATIC_ASSET] for each in found) == 20
    assert all(each.other > 0 for each in found)
    assert (speed_of(found) or 0) > 0
    assert [each.host for each in core_speeds(stack.prometheus, stack.topology, *span)] == ["lms-1"]


def test_the_busiest_hour_is_found_in_what_was_scraped(stack: Stack) -> None:
    hour = busiest_hour(stack.prometheus, stack.topology, datetime.now(UTC))
    assert hour.requests > 0
    assert sum(hour.classes.values()) == pytest.approx(hour.requests)
    assert set(hour.classes) <= set(RequestClass)
    assert hour.egress > 0
    assert 0 < hour.cpu["lms-1"] < 1.5


def test_of_a_span_before_anything_was_measured_all_is_missing(stack: Stack) -> None:
    then = datetime.now(UTC) - timedelta(days=2)
    resources, missing = resource_use(stack.prometheus, stack.topology, then - timedelta(seconds=60), then)
    assert resources == ()
    assert len(missing) == 12


def test_learners_are_well_until_the_site_is_down(stack: Stack, application: tuple[Application, int]) -> None:
    said = status(stack.prometheus, stack.topology)
    assert said.learners is Health.WELL
    assert said.disk is not None
    application[0].up.labels("https").set(0)
    assert _eventually(lambda: status(stack.prometheus, stack.topology).learners is Health.NOT_WELL)
    assert "KHÔNG mở được / DOWN" in status(stack.prometheus, stack.topology).text()
