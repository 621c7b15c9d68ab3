"""What is told of servers that can't become what the plan says, before anything on them is changed."""

import re
from pathlib import Path

import pytest
import yaml

from cli.servers import as_they_are, check_hosts
from lms_stack.course import ServersTarget
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.errors import PreflightFailed, StepFailed
from lms_stack.plan import HostPlan
from lms_stack.remote import RemoteResult
from lms_stack.sizing import plan as sized
from tests.unit.fake_remote import FakeRemote
from tests.unit.stacks import small_stack

OPERATOR = "203.0.113.5"
HOST_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIKVIQho984vGotmItJHeygeqBj5cCjKJunxteqck+Wy+"
GIB = 2**30
COURSE = read_course(Path(__file__).parent / "good_course.yaml").model_copy(update={"layout": "one_box"})
HOSTS = sized(COURSE, demand(COURSE)).hosts
#: What a machine says of itself that lacks nothing.
GOOD = {
    "system": "debian 13",
    "cores": "64",
    "memory_kib": str(64 * 2**20),
    "disk": str(900 * GIB),
    "python": "/usr/bin/python3",
    "from": OPERATOR,
}


class Machines(FakeRemote):
    """Machines that say what they are asked, or fail."""

    def __init__(self, other: dict[str, str] | None = None, failing: dict[str, str] | None = None) -> None:
        """:param other: what lms-1 says otherwise than a good machine."""
        super().__init__()
        self.said = {host.name: dict(GOOD) for host in HOSTS}
        self.said["lms-1"] |= other or {}
        self.failing = failing or {}

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        if host in self.failing:
            raise StepFailed(self.failing[host])
        return RemoteResult(0, "".join(f"{name}={value}\n" for name, value in self.said[host].items()), "")


def refusal(machines: Machines) -> str:
    """What is said against these machines; empty where they pass."""
    try:
        check_hosts(HOSTS, machines, OPERATOR)
    except PreflightFailed as refused:
        return refused.message
    return ""


def lms() -> HostPlan:
    return next(host for host in HOSTS if host.name == "lms-1")


def test_machines_that_lack_nothing_pass() -> None:
    assert refusal(Machines()) == ""


def test_a_machine_may_keep_back_a_little_of_what_it_was_sold_with() -> None:
    memory = int(lms().memory.value * 0.9 / 1024)
    disk = int(lms().disk.value * 0.9)
    cores = f"{lms().cores.value:g}"
    assert refusal(Machines({"memory_kib": str(memory), "disk": str(disk), "cores": cores})) == ""


def test_what_a_machine_really_has_may_all_be_used() -> None:
    sizes = check_hosts(HOSTS, Machines(), OPERATOR)
    before = small_stack()
    after = as_they_are(before, {"lms-1": sizes["lms-1"]})
    assert (after.host("lms-1").cores, after.host("lms-1").memory) == (64, 64 * GIB)
    assert after.host("monitor-1") == before.host("monitor-1")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"system": "ubuntu 24.04"}, "lms-1: runs ubuntu 24.04; Debian 13 is needed"),
        ({"python": ""}, "lms-1: has no python3"),
        ({"cores": "0"}, "lms-1: has 0 cores, the plan needs"),
        ({"memory_kib": "262144"}, "lms-1: has 256 MiB of memory, the plan needs"),
        ({"disk": str(2 * GIB)}, "lms-1: has 2 GiB of disk, the plan needs"),
        ({"from": "198.51.100.7"}, "lms-1: sees us come from 198.51.100.7, but target.operator_address is 203.0.113.5"),
    ],
)
def test_each_thing_that_a_machine_lacks_is_told(found: dict[str, str], said: str) -> None:
    assert said in refusal(Machines(found))


def test_a_machine_that_says_nothing_of_its_size_does_not_pass() -> None:
    machines = Machines()
    machines.said["lms-1"] = {"system": "debian 13", "python": "/usr/bin/python3"}
    assert len(re.findall("the plan needs", refusal(machines))) == 3


def test_every_machines_faults_are_told_at_once() -> None:
    failing = {
        "monitor-1": "monitor-1: `sh` ended with exit code 1:\nsudo: a password is required",
        "loadgen-1": "loadgen-1: no SSH connection for `sh`: Authentication failed.",
    }
    said = refusal(Machines({"cores": "0"}, failing))
    assert "lms-1: has 0 cores" in said
    assert "monitor-1: its user may not use sudo without a password" in said
    assert "loadgen-1: no SSH connection" in said
    assert "nothing was changed" in said


def test_the_page_on_servers_shows_a_target_that_a_course_file_may_have() -> None:
    page = (Path(__file__).parents[2] / "docs" / "servers.md").read_text("utf-8")
    shown = page.partition("```yaml\n")[2].partition("```")[0].replace("AAAA...", HOST_KEY)
    target = ServersTarget.model_validate(yaml.safe_load(shown)["target"])
    assert {host.name for host in target.hosts} == {host.name for host in HOSTS}
