"""Which address a lab's host has: the same for as long as it is there."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from infra import targets
from infra.lab import addresses
from infra.lab.addresses import Addresses
from infra.targets import Lab
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.sizing import plan as sized
from lms_stack.topology import Topology
from tests.unit.stacks import small_stack

DEMO = Path(__file__).parent.parent.parent / "courses" / "demo.yaml"
NETWORK = Addresses(cidr=IPv4Network("198.18.7.0/24"))
#: Not the network that the deployment's mark would choose.
ELSEWHERE = "198.19.77.0/24"


def given(addresses: Addresses) -> dict[str, str]:
    return {name: str(address) for name, address in addresses.hosts.items()}


def test_the_first_to_come_has_ten() -> None:
    assert given(NETWORK.shared_out(["lms-1", "monitor-1"], [])) == {
        "lms-1": "198.18.7.10",
        "monitor-1": "198.18.7.11",
    }


def test_a_host_that_comes_between_moves_nobody() -> None:
    before = NETWORK.shared_out(["app-1", "monitor-1"], [])
    after = before.shared_out(["app-1", "app-2", "monitor-1"], ["app-1", "monitor-1"])
    assert given(after) == {"app-1": "198.18.7.10", "monitor-1": "198.18.7.11", "app-2": "198.18.7.12"}


def test_an_address_is_free_again_when_its_host_is_gone() -> None:
    before = NETWORK.shared_out(["app-1", "app-2", "monitor-1"], [])
    after = before.shared_out(["app-1", "monitor-1", "loadgen-1"], ["app-1", "monitor-1"])
    assert given(after)["loadgen-1"] == "198.18.7.11"
    assert "app-2" not in after.hosts


def test_nobody_gets_the_address_of_a_host_that_leaves_but_still_stands() -> None:
    before = NETWORK.shared_out(["app-1", "app-2"], [])
    after = before.shared_out(["app-1", "loadgen-1"], ["app-1", "app-2"])
    assert given(after) == {"app-1": "198.18.7.10", "app-2": "198.18.7.11", "loadgen-1": "198.18.7.12"}


def test_more_hosts_than_addresses_are_refused() -> None:
    with pytest.raises(LookupError, match=r"198\.18\.7\.0/24"):
        NETWORK.shared_out([f"app-{n}" for n in range(246)], [])


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    made = NETWORK.shared_out(["lms-1"], [])
    addresses.keep(file, made)
    assert addresses.kept(file) == made
    assert [each.name for each in tmp_path.iterdir()] == ["network.json"]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(targets, "networks_but", lambda _bridge: [])
    root = tmp_path / "state" / "demo"
    root.mkdir(parents=True)
    return _lab(_plan("one_box"), DeploymentPaths(root=root))


def _plan(layout: str) -> Plan:
    course = read_course(DEMO).model_copy(update={"layout": layout})
    return sized(course, demand(course))


def _lab(plan: Plan, paths: DeploymentPaths) -> Lab:
    return Lab(plan, paths, Path("/cache/image"), "ssh-ed25519 AAAA")


def _stands(paths: DeploymentPaths, cidr: str = ELSEWHERE) -> Topology:
    """A deployment that stands, with its hosts at addresses that no order of the plan would give."""
    here = small_stack()
    hosts = tuple(
        host.model_copy(update={"address": str(IPv4Network(ELSEWHERE)[100 + n])}) for n, host in enumerate(here.hosts)
    )
    network = here.network.model_copy(update={"cidr": cidr})
    made = here.model_copy(update={"hosts": hosts, "network": network})
    paths.topology.write_text(made.model_dump_json())
    return made


def test_a_host_keeps_its_address_from_one_plan_to_the_next(lab: Lab) -> None:
    before = lab.addresses()
    for name in before:
        (lab.paths.guests / name).mkdir(parents=True)
    after = _lab(_plan("split"), lab.paths).addresses()
    assert {name: after[name] for name in ("monitor-1", "loadgen-1")} == {
        name: before[name] for name in ("monitor-1", "loadgen-1")
    }
    assert not set(after.values()) & {before["lms-1"]}
    assert len(set(after.values())) == len(after)


@pytest.mark.parametrize("spoilt", ['{"cidr": "198.19.7', "", "{}", '{"cidr": "198.19.77.0/24"}'])
def test_an_old_or_spoilt_file_is_mended_from_what_stands(lab: Lab, spoilt: str) -> None:
    (lab.paths.root / "network.json").write_text(spoilt)
    topology = _stands(lab.paths)
    assert lab.addresses() == {host.name: host.address for host in topology.hosts}
    assert str(lab.cidr) == ELSEWHERE
    kept = addresses.kept(lab.paths.root / "network.json")
    assert kept
    assert kept.hosts["lms-1"] == IPv4Address("198.19.77.100")


def test_a_file_of_an_older_version_where_nothing_stands_keeps_its_network(lab: Lab) -> None:
    (lab.paths.root / "network.json").write_text(f'{{"cidr": "{ELSEWHERE}"}}')
    assert str(lab.cidr) == ELSEWHERE
    assert lab.addresses()["lms-1"] == "198.19.77.10"


def test_a_spoilt_file_where_nothing_stands_is_chosen_anew(lab: Lab) -> None:
    (lab.paths.root / "network.json").write_text('{"cid')
    assert lab.addresses()["lms-1"].endswith(".10")


def test_what_stands_on_somebody_elses_servers_says_nothing_of_the_lab(lab: Lab) -> None:
    _stands(lab.paths, cidr="0.0.0.0/0")
    assert str(lab.cidr) != "0.0.0.0/0"


def test_another_deployments_spoilt_file_stops_nobody(lab: Lab) -> None:
    other = lab.paths.root.parent / "other"
    other.mkdir()
    (other / "network.json").write_text('{"cid')
    assert lab.cidr.prefixlen == 24
