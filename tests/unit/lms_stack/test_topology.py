"""Who may reach what: the Service table, and nothing but it."""

from ipaddress import ip_network

import pytest

from lms_stack.plan import Role
from lms_stack.services import SERVICES, Client, Service, service
from lms_stack.topology import Host, Topology, topology
from tests.unit.lms_stack.samples import concrete, planned

TOPOLOGIES = {
    "one box": concrete("one_box"),
    "split": concrete("split"),
    "several of a role": concrete("split", learners=100_000),
}
EVERYWHERE = pytest.mark.parametrize("found", TOPOLOGIES.values(), ids=list(TOPOLOGIES))


def open_ports(found: Topology, host: Host) -> dict[int, set[str]]:
    """The sources of each port that the firewall of a host opens."""
    return {rule.port: set(rule.sources) for rule in found.firewall(host)}


def allowed(found: Topology, host: Host) -> dict[int, set[str]]:
    """The same, worked out from the table by another way: client by client."""
    ports: dict[int, set[str]] = {}
    for row in SERVICES:
        if row.loopback or not row.clients or (row.role is not None and row.role not in host.roles):
            continue
        for client in row.clients:
            sources = ports.setdefault(row.port, set())
            if client is Client.ANYONE:
                sources.add("0.0.0.0/0")
            elif client is Client.OPERATOR:
                sources.add(found.network.operator_address)
            else:
                sources |= {each.address for each in found.hosts_of(Role(client.value))}
    return ports


@EVERYWHERE
def test_the_firewall_opens_what_the_table_says_and_nothing_else(found: Topology) -> None:
    for host in found.hosts:
        assert open_ports(found, host) == allowed(found, host)


@EVERYWHERE
def test_the_hosts_that_carry_the_learners_are_all_but_the_monitor_and_the_load_generators(found: Topology) -> None:
    beside = {Role.MONITOR, Role.LOADGEN}
    assert found.stack_hosts == tuple(host for host in found.hosts if not beside & set(host.roles))


@EVERYWHERE
def test_services_on_loopback_are_opened_to_nobody(found: Topology) -> None:
    hidden = {row.port for row in SERVICES if row.loopback}
    assert {5432, 9115} <= hidden
    for host in found.hosts:
        assert not hidden & open_ports(found, host).keys()


def test_a_service_on_loopback_is_opened_to_nobody_even_if_its_row_names_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    careless = Service(name="careless", unit="x.service", port=6000, clients=(Client.ANYONE,), loopback=True)
    monkeypatch.setattr("lms_stack.topology.SERVICES", (*SERVICES, careless))
    found = TOPOLOGIES["split"]
    assert all(6000 not in open_ports(found, host) for host in found.hosts)


@EVERYWHERE
def test_only_the_edge_is_open_to_anyone_and_only_for_the_site(found: Topology) -> None:
    for host in found.hosts:
        public = {port for port, sources in open_ports(found, host).items() if "0.0.0.0/0" in sources}
        assert public == ({80, 443} if Role.EDGE in host.roles else set())


@EVERYWHERE
def test_ssh_and_the_monitors_pages_are_the_operators_alone(found: Topology) -> None:
    for host in found.hosts:
        ports = open_ports(found, host)
        assert ports[22] == {found.network.operator_address}
        if Role.MONITOR in host.roles:
            assert ports[9090] == ports[9093] == {found.network.operator_address}


@EVERYWHERE
def test_the_load_generator_reaches_the_site_and_nothing_else(found: Topology) -> None:
    generators = {host.address for host in found.hosts_of(Role.LOADGEN)}
    for host in found.hosts:
        assert not any(sources & generators for sources in open_ports(found, host).values())


@EVERYWHERE
def test_rules_are_made_of_addresses_and_networks(found: Topology) -> None:
    for host in found.hosts:
        for rule in found.firewall(host):
            assert rule.sources
            assert all(ip_network(source) for source in rule.sources)


def test_on_hosts_of_their_own_only_the_application_reaches_pgbouncer() -> None:
    found = TOPOLOGIES["several of a role"]
    database = found.hosts_of(Role.DATABASE)[0]
    assert open_ports(found, database)[6432] == {host.address for host in found.hosts_of(Role.APP)}


@EVERYWHERE
def test_an_endpoint_on_loopback_is_given_as_loopback(found: Topology) -> None:
    assert {each.address for each in found.endpoints("postgresql")} == {"127.0.0.1"}
    assert {each.address for each in found.endpoints("lophoc")} == {each.address for each in found.hosts_of(Role.APP)}
    assert len(found.endpoints("node-exporter")) == len(found.hosts)


def test_addresses_of_pages_leave_out_the_port_that_browsers_know() -> None:
    found = TOPOLOGIES["one box"]
    assert found.url("https") == "https://198.18.0.10/"
    assert found.url("https", "/dang-nhap/") == "https://198.18.0.10/dang-nhap/"
    assert found.url("prometheus") == "http://198.18.0.11:9090/"


def test_no_two_services_that_can_share_a_host_share_a_port() -> None:
    assert len({row.port for row in SERVICES}) == len(SERVICES)
    assert len({row.name for row in SERVICES}) == len(SERVICES)


def test_what_prometheus_scrapes_it_may_reach() -> None:
    for row in SERVICES:
        reachable = Client.MONITOR in row.clients or row.role is Role.MONITOR
        assert not row.metrics or reachable, row.name


def test_a_service_that_is_not_in_the_table_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        service("telnet")


@EVERYWHERE
def test_a_topology_comes_back_from_json_as_it_was(found: Topology) -> None:
    assert Topology.model_validate_json(found.model_dump_json()) == found


def test_a_planned_host_that_was_not_provisioned_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        topology(planned(), TOPOLOGIES["one box"].network, ())


@EVERYWHERE
def test_the_link_is_that_of_the_edge_alone(found: Topology) -> None:
    assert {host.name for host in found.hosts if host.link} == {host.name for host in found.hosts_of(Role.EDGE)}
