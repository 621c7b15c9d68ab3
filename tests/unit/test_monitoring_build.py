"""The monitor's files follow from the topology and the Service table."""

import re
from typing import Any

import pytest
import yaml

from lms_stack.course import Objectives
from lms_stack.plan import Role
from lms_stack.services import SERVICES
from lms_stack.topology import Topology
from monitoring.build import build_files, reachable
from monitoring.names import Alert, Metric, Record, Severity
from tests.unit.stacks import small_stack, split_stack

STACKS = pytest.mark.parametrize("stack", [small_stack(), split_stack()], ids=["small", "split"])


def _config(stack: Topology) -> dict[str, Any]:
    return dict(yaml.safe_load(build_files(stack)["prometheus.yml"]))


def _targets(stack: Topology) -> dict[str, dict[str, dict[str, str]]]:
    """Job -> target -> labels."""
    return {
        job["job_name"]: {group["targets"][0]: group["labels"] for group in job["static_configs"]}
        for job in _config(stack)["scrape_configs"]
    }


def _rules(stack: Topology, objectives: Objectives | None = None) -> dict[str, dict[str, Any]]:
    files = build_files(stack, objectives)
    documents = [yaml.safe_load(text) for name, text in files.items() if name.startswith("rules/")]
    rules = [rule for document in documents for group in document["groups"] for rule in group["rules"]]
    return {rule.get("alert") or rule["record"]: rule for rule in rules}


@STACKS
def test_every_service_with_metrics_is_scraped_on_every_host_that_has_it(stack: Topology) -> None:
    jobs = _targets(stack)
    for row in SERVICES:
        if row.metrics:
            assert set(jobs[row.name]) == {endpoint.target for endpoint in stack.endpoints(row.name)}


@STACKS
def test_every_host_is_seen_by_its_exporter(stack: Topology) -> None:
    seen = {labels["host"] for labels in _targets(stack)["taphuan-exporter"].values()}
    assert seen == {host.name for host in stack.hosts}


@STACKS
def test_no_loopback_address_of_another_host_is_asked_for(stack: Topology) -> None:
    monitors = {host.name for host in stack.hosts_of(Role.MONITOR)}
    for targets in _targets(stack).values():
        for target, labels in targets.items():
            assert "127.0.0.1" not in target or labels["host"] in monitors


def test_series_carry_host_role_and_service() -> None:
    assert _targets(split_stack())["lophoc-metrics"]["198.18.7.12:9911"] == {
        "host": "app-2",
        "role": "app",
        "service": "lophoc-metrics",
    }


def test_the_site_is_probed_through_tls_under_its_own_name() -> None:
    stack = split_stack()
    labels = _targets(stack)["probe"]["https://198.18.7.10:443/dang-nhap/"]
    page = yaml.safe_load(build_files(stack)["blackbox.yml"])["modules"][labels["__param_module"]]["http"]
    assert page["tls_config"] == {"ca_file": "/etc/taphuan/ca.crt", "server_name": "lms.demo.test"}
    assert page["headers"] == {"Host": "lms.demo.test"}
    assert page["fail_if_not_ssl"] is True


def test_an_error_page_with_status_200_does_not_pass_the_probe() -> None:
    page = yaml.safe_load(build_files(small_stack())["blackbox.yml"])["modules"]["page"]["http"]
    (mark,) = page["fail_if_body_not_matches_regexp"]
    assert re.search(mark, '<body class="x" data-page="login_form">')
    assert not re.search(mark, "<h1>Đã xảy ra lỗi</h1>")


@STACKS
def test_every_reachable_service_with_a_probe_is_probed(stack: Topology) -> None:
    probed = {(labels["host"], labels["service"]) for labels in _targets(stack)["probe"].values()}
    wanted = {(end.host, row.name) for row in SERVICES if row.probe for end in reachable(stack, row)}
    assert probed == wanted
    assert {"https", "lophoc", "prometheus", "alertmanager"} == {name for _, name in probed}


def test_rules_are_those_that_are_named() -> None:
    assert set(_rules(small_stack())) == {name.value for name in (*Record, *Alert)}


def test_rules_use_no_metric_that_has_no_name() -> None:
    known = {name.value for name in (*Metric, *Record)}
    words = "|".join(("up", r"(?:taphuan|lophoc|probe|pgbouncer|pg|node)_\w+", r"\w+:\w+:\w+"))
    for rule in _rules(small_stack()).values():
        assert set(re.findall(rf"(?<![\w:])(?:{words})(?![\w:])", rule["expr"])) <= known


def test_only_what_learners_feel_pages_a_person() -> None:
    paging = {name for name, rule in _rules(small_stack()).items() if rule.get("labels") == {"severity": Severity.PAGE}}
    assert paging == {Alert.SITE_DOWN, Alert.LEARNERS_SEE_ERRORS, Alert.PAGES_SLOW}


def test_alerts_follow_the_objectives_of_the_course() -> None:
    promised = Objectives.model_validate({"page_p95": "2.5 s", "failed_requests": "0.5 %"})
    rules = _rules(small_stack(), promised)
    assert "> 2.5 " in rules[Alert.PAGES_SLOW]["expr"]
    assert "> 0.005 " in rules[Alert.LEARNERS_SEE_ERRORS]["expr"]


def test_the_files_hold_no_secret_place() -> None:
    for text in build_files(small_stack()).values():
        assert "/nowhere/id" not in text
