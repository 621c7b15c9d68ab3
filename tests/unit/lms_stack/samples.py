"""A course, its plan and its topology, for tests that change a little of them."""

from pathlib import Path

from lms_stack.course import Course
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.plan import Plan
from lms_stack.provisioned import ProvisionedHost, ProvisionedNetwork
from lms_stack.sizing import plan
from lms_stack.topology import Topology, topology

GOOD = Path(__file__).parent.parent / "good_course.yaml"
COURSE = read_course(GOOD)


def course(**changes: object) -> Course:
    """The course with some of it changed."""
    return COURSE.model_copy(update=changes)


def planned(**changes: object) -> Plan:
    """The plan of the course with some of it changed."""
    return plan(course(**changes), demand(course(**changes)))


def concrete(layout: str, **changes: object) -> Topology:
    """A topology with made-up addresses: 198.18.0.10 and up, in the order of the plan."""
    found = planned(layout=layout, **changes)
    hosts = tuple(
        ProvisionedHost(
            name=host.name, address=f"198.18.0.{10 + n}", host_key="ssh-ed25519 AAAA", identity_file=Path("key")
        )
        for n, host in enumerate(found.hosts)
    )
    network = ProvisionedNetwork(cidr="198.18.0.0/24", operator_address="198.18.0.1", interface="th-0")
    return topology(found, network, hosts)
