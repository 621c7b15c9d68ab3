"""./taphuan with a second application host in every plan: small courses have one, and tests need two.

Run as `python -m tests.lab.wider COMMAND ...`.
"""

from cli import plan, up
from cli.app import main
from cli.settings import Settings
from lms_stack.course import Course
from lms_stack.plan import HostPlan, Plan, Role
from lms_stack.units import Figure

_planned = plan.planned


def widened(plan: Plan) -> Plan:
    """A plan with app-2 beside app-1, as large as it."""
    first = plan.hosts_of(Role.APP)[0]
    at = plan.hosts.index(first) + 1
    return plan.model_copy(update={"hosts": (*plan.hosts[:at], _second(first), *plan.hosts[at:])})


def _second(first: HostPlan) -> HostPlan:
    cores: Figure = first.cores.model_copy(update={"reason": "a second one, for a test"})
    return first.model_copy(update={"name": "app-2", "cores": cores})


def wider(settings: Settings) -> tuple[Course, Plan]:
    """As `cli.plan.planned`."""
    course, found = _planned(settings)
    return course, widened(found)


if __name__ == "__main__":
    vars(up)["planned"] = wider
    main()
