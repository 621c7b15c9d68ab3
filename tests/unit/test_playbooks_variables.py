"""The variables document: what each host is told, from the topology and the plan alone."""

import json
from base64 import b64decode
from typing import Any

import pytest
import yaml

from lms_stack.services import service
from lms_stack.topology import Topology
from playbooks.document import as_yaml
from playbooks.scram import encoded, verifier
from playbooks.secret_variables import environment, environment_lines, secret_variables
from playbooks.variables import host_packages, inventory
from tests.unit.playbook_inputs import SECRETS, inputs
from tests.unit.stacks import small_stack, split_stack


def _hosts(topology: Topology) -> dict[str, Any]:
    hosts: dict[str, Any] = inventory(inputs(topology))["all"]["hosts"]
    return hosts


def test_a_host_with_four_roles_has_the_variables_of_all_of_them() -> None:
    variables = _hosts(small_stack())["lms-1"]
    for role in ("base", "edge", "app", "database", "cache"):
        assert any(name.startswith(f"{role}_") for name in variables), role
    assert not any(name.startswith(("monitor_", "loadgen_")) for name in variables)


def test_cores_are_timed_where_learners_are_carried_and_never_beside_the_load_generator() -> None:
    hosts = _hosts(split_stack())
    timed = {name for name, host in hosts.items() if "--time-cores" in host["base_exporter_arguments"]}
    assert timed == {host.name for host in split_stack().stack_hosts}


def test_on_split_hosts_the_edge_sends_requests_to_every_app_host() -> None:
    port = service("lophoc").port
    assert _hosts(split_stack())["edge-1"]["edge_upstreams"] == [f"198.18.7.11:{port}", f"198.18.7.12:{port}"]


def test_only_the_first_app_host_brings_schema_and_course_into_the_database() -> None:
    hosts = _hosts(split_stack())
    assert [hosts[name]["app_loads_content"] for name in ("app-1", "app-2")] == [True, False]


def test_an_edge_without_the_app_role_still_knows_the_release_whose_static_files_it_serves() -> None:
    edge = _hosts(split_stack())["edge-1"]
    assert edge["app_release"].endswith("hash-of-app")
    assert "app_processes" not in edge


def test_groups_are_the_roles() -> None:
    children = inventory(inputs(split_stack()))["all"]["children"]
    assert list(children["app"]["hosts"]) == ["app-1", "app-2"]
    assert list(children["monitor"]["hosts"]) == ["monitor-1"]


def test_the_firewall_lets_the_database_be_reached_by_the_app_hosts_and_by_nobody_else() -> None:
    rules = {rule["service"]: rule["sources"] for rule in _hosts(split_stack())["database-1"]["base_firewall"]}
    assert rules["pgbouncer"] == "198.18.7.11, 198.18.7.12"
    assert "postgresql" not in rules


def test_ssh_stays_open_on_the_port_at_which_the_host_was_reached() -> None:
    stack = small_stack()
    moved = stack.model_copy(
        update={"hosts": tuple(host.model_copy(update={"ssh_port": 2222}) for host in stack.hosts)}
    )
    rules = {rule["service"]: rule["port"] for rule in _hosts(moved)["lms-1"]["base_firewall"]}
    assert rules["ssh"] == 2222


def test_become_is_a_variable_only_where_the_user_is_not_root() -> None:
    stack = small_stack()
    debian = tuple(host.model_copy(update={"user": "debian"}) for host in stack.hosts)
    other = stack.model_copy(update={"hosts": debian})
    assert "ansible_become" not in _hosts(stack)["lms-1"]
    assert _hosts(other)["lms-1"]["ansible_become"] is True


def test_pool_sizes_come_from_the_plan() -> None:
    given = inputs(small_stack())
    variables = inventory(given)["all"]["hosts"]["lms-1"]
    pools = given.plan.pools
    assert variables["app_processes"] == pools.app_processes.value
    assert variables["database_pgbouncer"]["default_pool_size"] == pools.pgbouncer_pool.value
    assert variables["database_settings"]["max_connections"] == pools.database_connections.value


def test_pgbouncer_takes_more_clients_than_all_app_hosts_can_have_threads() -> None:
    given = inputs(split_stack())
    variables = inventory(given)["all"]["hosts"]["database-1"]
    threads = 2 * given.plan.pools.app_processes.value * given.plan.pools.app_threads.value
    assert variables["database_pgbouncer"]["max_client_conn"] > threads


def test_a_host_gets_the_packages_of_its_roles_and_no_others() -> None:
    stack = split_stack()
    assert "nginx" in host_packages(stack.host("edge-1"))
    assert "nginx" not in host_packages(stack.host("database-1"))
    assert "nftables" in host_packages(stack.host("database-1"))


def test_no_secret_is_in_the_inventory() -> None:
    text = json.dumps(inventory(inputs(small_stack())))
    assert not [name for name, value in SECRETS.items() if value in text]


def test_the_application_reaches_database_and_cache_where_the_topology_says() -> None:
    found = environment(split_stack(), SECRETS)
    assert found["LOPHOC_DATABASE_URL"].endswith(f"@198.18.7.13:{service('pgbouncer').port}/lophoc")
    assert found["LOPHOC_CACHE_URL"].endswith(f"@198.18.7.14:{service('valkey').port}/0")


def test_a_password_with_signs_of_an_address_stays_one_password() -> None:
    found = environment(small_stack(), {**SECRETS, "database_password": "a/b@c:d"})
    assert "a%2Fb%40c%3Ad@" in found["LOPHOC_DATABASE_URL"]


def test_an_environment_value_that_a_shell_would_read_otherwise_is_refused() -> None:
    with pytest.raises(ValueError, match="LOPHOC_SECRET_KEY"):
        environment_lines({"LOPHOC_SECRET_KEY": "it's"})


def test_neither_database_nor_cache_is_told_the_password_itself() -> None:
    found = secret_variables(inputs(small_stack()))
    held = [value for name, value in found.items() if name.startswith(("database_", "cache_password"))]
    assert not [value for value in held if SECRETS["database_password"] in value or SECRETS["cache_password"] in value]


def test_the_same_password_gives_the_same_verifier_so_that_a_second_run_changes_nothing() -> None:
    assert verifier("lophoc", "one") == verifier("lophoc", "one")
    assert verifier("lophoc", "one") != verifier("lophoc", "two")


def test_a_verifier_is_that_of_the_standards_own_example() -> None:
    # RFC 7677, section 3: this password, salt and count; the keys are what PostgreSQL keeps of them.
    assert encoded("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_text_that_looks_like_a_template_is_marked_so_that_ansible_leaves_it_alone() -> None:
    text = as_yaml({"rule": "on {{ $labels.host }}", "plain": "on a host"})
    assert "rule: !unsafe" in text
    assert yaml.safe_load(text.replace("!unsafe", ""))["plain"] == "on a host"
