"""What the hosts of the stack run now: the LMS's release and the Debian packages of their roles."""

import re
from shlex import quote

from lms_stack.engines import ENGINES
from lms_stack.facts import role_packages
from lms_stack.plan import Role
from lms_stack.readiness import Versions
from lms_stack.remote import Remote
from lms_stack.topology import Host, Topology


def stack_versions(remote: Remote, topology: Topology, engine: str) -> tuple[Versions, ...]:
    """Ask every host that carries learners, in the topology's order.

    :raises StepFailed: a host can't be reached, or an application host has no release.
    """
    return tuple(_of_host(remote, host, engine) for host in topology.stack_hosts)


def _of_host(remote: Remote, host: Host, engine: str) -> Versions:
    answer = remote.run(host.name, "dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\\n'")
    rows = (line.split(" ", 2) for line in answer.stdout.splitlines())
    installed = {row[1]: row[2] for row in rows if row[0] == "installed"}
    release = ""
    if Role.APP in host.roles:
        release = remote.run(host.name, f"readlink -e {quote(ENGINES[engine].release)}").stdout.strip()
    return Versions(host=host.name, release=release, packages=_of_roles(host, installed))


def _of_roles(host: Host, installed: dict[str, str]) -> dict[str, str]:
    """The packages of the host's roles, and what they stand for: `postgresql` means postgresql-17.

    Those of every host are left out: they serve no learner, and Debian's security updates change them each week.
    """
    named = {name for role in host.roles for name in role_packages().get(role, [])}
    return {name: version for name, version in sorted(installed.items()) if re.sub(r"-[0-9.]+$", "", name) in named}
