"""From the Topology to the files that Prometheus, Alertmanager and the blackbox exporter run by. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from lms_stack.course import Objectives
from lms_stack.facts import Facts, facts
from lms_stack.plan import Role
from lms_stack.services import SERVICES, Service, service
from lms_stack.topology import Endpoint, Topology
from monitoring.names import HOST_LABEL, PROBE_JOB, ROLE_LABEL, SERVICE_LABEL
from monitoring.rules import alerting_rules, recording_rules

#: Where the monitor's role puts the files of build_files(), and the deployment's CA certificate.
PROMETHEUS_FOLDER = "/etc/prometheus"
CA_FILE = "/etc/taphuan/ca.crt"
#: A hold of one minute then has a dozen samples.
SCRAPE_INTERVAL = "5s"
PROBE_INTERVAL = "10s"
#: What each of our pages says of itself, so that an error page with status 200 doesn't count as up.
PAGE_MARK = "<body[^>]+data-page="

Document = dict[str, Any]


def build_files(
    topology: Topology, objectives: Objectives | None = None, known: Facts | None = None
) -> Mapping[str, str]:
    """The files of the monitor, by their path below /etc/prometheus.

    :param objectives: what learners may expect; the course's defaults where it is None.
    """
    documents = {
        "prometheus.yml": prometheus_config(topology),
        "rules/recording.yml": recording_rules(),
        "rules/alerts.yml": alerting_rules(objectives or Objectives(), known or facts()),
        "alertmanager.yml": alertmanager_config(),
        "blackbox.yml": blackbox_config(topology),
    }
    return {path: _dump(document) for path, document in documents.items()}


def _dump(document: Document) -> str:
    return "# Written by taphuan from the topology; changes here are lost.\n" + yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True, width=120
    )


def prometheus_config(topology: Topology) -> Document:
    """Every endpoint with metrics is scraped, every endpoint with a probe is probed."""
    alertmanagers = [endpoint.target for endpoint in topology.endpoints("alertmanager")]
    return {
        "global": {
            "scrape_interval": SCRAPE_INTERVAL,
            "scrape_timeout": "4s",
            "evaluation_interval": SCRAPE_INTERVAL,
            "external_labels": {"deployment": topology.deployment},
        },
        "rule_files": [f"{PROMETHEUS_FOLDER}/rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": alertmanagers}]}]},
        "scrape_configs": [*_scrapes(topology), _probes(topology)],
    }


def reachable(topology: Topology, row: Service) -> tuple[Endpoint, ...]:
    """The endpoints of a service that the monitor can reach: on loopback only its own."""
    monitors = {host.name for host in topology.hosts_of(Role.MONITOR)}
    return tuple(endpoint for endpoint in topology.endpoints(row.name) if not row.loopback or endpoint.host in monitors)


def _scrapes(topology: Topology) -> Iterator[Document]:
    for row in SERVICES:
        endpoints = reachable(topology, row) if row.metrics else ()
        if endpoints:
            yield {
                "job_name": row.name,
                "metrics_path": row.metrics,
                "static_configs": [_target(topology, endpoint, endpoint.target) for endpoint in endpoints],
            }


def _target(topology: Topology, endpoint: Endpoint, target: str) -> Document:
    roles = ",".join(topology.host(endpoint.host).roles)
    labels = {HOST_LABEL: endpoint.host, ROLE_LABEL: roles, SERVICE_LABEL: endpoint.service.name}
    return {"targets": [target], "labels": labels}


def _probes(topology: Topology) -> Document:
    blackbox = topology.endpoints("blackbox")[0]
    return {
        "job_name": PROBE_JOB,
        "scrape_interval": PROBE_INTERVAL,
        "scrape_timeout": "10s",
        "metrics_path": "/probe",
        "static_configs": [
            _probe(topology, endpoint)
            for row in SERVICES
            if row.probe is not None
            for endpoint in reachable(topology, row)
        ],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__address__"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": blackbox.target},
        ],
    }


def _probe(topology: Topology, endpoint: Endpoint) -> Document:
    secure = endpoint.port == service("https").port
    url = f"{'https' if secure else 'http'}://{endpoint.target}{endpoint.service.probe}"
    document = _target(topology, endpoint, url)
    document["labels"]["__param_module"] = "page" if secure else "health"
    return document


def blackbox_config(topology: Topology) -> Document:
    """Two ways to probe: a page over TLS that must be ours, and a health address that must answer 200."""
    return {
        "modules": {
            "page": _module(
                topology,
                fail_if_not_ssl=True,
                fail_if_body_not_matches_regexp=[PAGE_MARK],
                tls_config={"ca_file": CA_FILE, "server_name": topology.domain},
            ),
            "health": _module(topology),
        }
    }


def _module(topology: Topology, **options: object) -> Document:
    common = {
        "preferred_ip_protocol": "ip4",
        "valid_status_codes": [200],
        "follow_redirects": False,
        "headers": {"Host": topology.domain},
    }
    return {"prober": "http", "timeout": "8s", "http": {**common, **options}}


def alertmanager_config(receivers: Iterable[Document] = ()) -> Document:
    """Alerts in groups by name, repeated every four hours; a page drowns the tickets of the same cause.

    :param receivers: Alertmanager receivers, the first of which gets everything; where there is none, alerts are only
        shown by `status` and on Alertmanager's own page.
    """
    named = list(receivers) or [{"name": "none"}]
    return {
        "route": {
            "receiver": named[0]["name"],
            "group_by": ["alertname"],
            "group_wait": "15s",
            "group_interval": "1m",
            "repeat_interval": "4h",
        },
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="HostDown"'],
                "target_matchers": ['severity="ticket"', 'alertname!="HostDown"'],
                "equal": [HOST_LABEL],
            }
        ],
        "receivers": named,
    }
