"""What servers that are there already must be: asked over SSH, all at once, before anything on them is changed."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from lms_stack.errors import PreflightFailed, StepFailed
from lms_stack.plan import HostPlan, Plan
from lms_stack.remote import Remote
from lms_stack.topology import Topology, topology
from lms_stack.units import show

if TYPE_CHECKING:
    from infra.targets import Servers

#: Firmware, kernel and file system keep some of the memory and the disk that a machine is sold with.
AS_SOLD = 0.85
SYSTEM = "debian 13"

# sudo hides who is connected, so it is looked up in the first process above that was told by sshd.
_QUESTIONS = r"""
. /etc/os-release && echo "system=${ID:-} ${VERSION_ID:-}"
echo "cores=$(nproc)"
sed -n 's/^MemTotal: *\([0-9]*\) kB/memory_kib=\1/p' /proc/meminfo
echo "disk=$(df --block-size=1 --output=size / | tail -n 1 | tr -d ' ')"
echo "python=$(command -v python3)"
process=$$
while [ "${process:-0}" -gt 1 ]; do
  from=$(tr '\0' '\n' </proc/$process/environ | sed -n 's/^SSH_CONNECTION=\([^ ]*\) .*/\1/p')
  if [ -n "$from" ]; then echo "from=$from"; break; fi
  process=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$process/status)
done
"""


class Size(NamedTuple):
    """What a machine has: cores, and bytes of memory."""

    cores: float
    memory: int


def check_servers(plan: Plan, target: "Servers") -> dict[str, Size]:
    """Log in to every planned host and see that it can become what the plan says; gives back what each has.

    :raises PreflightFailed: with everything that is wrong, host by host; nothing was changed.
    """
    with logged_in(plan, target) as (_, remote):
        return check_hosts(plan.hosts, remote, target.target.operator_address)


@contextmanager
def logged_in(plan: Plan, target: "Servers") -> Iterator[tuple[Topology, Remote]]:
    """The planned hosts as the course file lists them, and a way to them as their owner's user."""
    from runbooks.ssh import SshRemote  # noqa: PLC0415 - Fabric takes a while to load

    keys = {host.name: host.host_key for host in target.target.hosts}
    hosts = tuple(target.host(host.name, keys[host.name]) for host in plan.hosts)
    concrete = topology(plan, target.network, hosts)
    with SshRemote(concrete) as remote:
        yield concrete, remote


def as_they_are(concrete: Topology, sizes: Mapping[str, Size]) -> Topology:
    """The topology with what each machine really has: often more than the plan wants, and all of it may be used."""
    hosts = (
        host.model_copy(update=sizes[host.name]._asdict() if host.name in sizes else {}) for host in concrete.hosts
    )
    return concrete.model_copy(update={"hosts": tuple(hosts)})


def check_hosts(hosts: tuple[HostPlan, ...], remote: Remote, operator: str) -> dict[str, Size]:
    """The same, by a way to the hosts that is already there.

    :param operator: the only address that the firewall will let in to SSH.
    """
    with ThreadPoolExecutor(len(hosts)) as pool:
        told = dict(zip((host.name for host in hosts), pool.map(lambda host: _asked(host, remote), hosts), strict=True))
    faults = [fault for host in hosts for fault in _faults(host, told[host.name], operator)]
    if faults:
        raise PreflightFailed(
            "the servers can't carry the plan yet; nothing was changed:\n"
            + "\n".join(f"  - {each}" for each in faults),
            hint="put these right and run the same command again",
        )
    return {name: Size(float(found["cores"]), 1024 * int(found["memory_kib"])) for name, found in told.items()}


def _asked(host: HostPlan, remote: Remote) -> dict[str, str]:
    """What a machine says of itself; only `error` where it can't be asked."""
    try:
        told = remote.run(host.name, _QUESTIONS, timeout=30).stdout
    except StepFailed as error:
        return {"error": error.message}
    return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)


def _faults(host: HostPlan, found: Mapping[str, str], operator: str) -> Iterator[str]:
    error = found.get("error", "")
    if "sudo:" in error:
        yield f"{host.name}: its user may not use sudo without a password (a line with NOPASSWD in /etc/sudoers.d)"
    elif error:
        yield error
    else:
        faults = (*_system(found), *_size(host, found), *_way_in(found, operator))
        yield from (f"{host.name}: {fault}" for fault in faults)


def _system(found: Mapping[str, str]) -> Iterator[str]:
    if found.get("system") != SYSTEM:
        yield f"runs {found.get('system', 'an unknown system')}; Debian 13 is needed"
    if not found.get("python"):
        yield "has no python3, which Ansible needs: `apt-get install python3`"


def _size(host: HostPlan, found: Mapping[str, str]) -> Iterator[str]:
    cores, memory, disk = (float(found.get(name) or 0) for name in ("cores", "memory_kib", "disk"))
    if cores < host.cores.value:
        yield f"has {show(cores, 'core')}, the plan needs {host.cores}"
    for what, had, wanted in (("memory", memory * 1024, host.memory), ("disk", disk, host.disk)):
        if had < wanted.value * AS_SOLD:
            yield f"has {show(had, 'B')} of {what}, the plan needs {wanted}"


def _way_in(found: Mapping[str, str], operator: str) -> Iterator[str]:
    """The firewall lets in to SSH only whom the course file names: another one would lock us out."""
    came_from = found.get("from", "")
    if came_from and came_from != operator:
        yield (
            f"sees us come from {came_from}, but target.operator_address is {operator}: "
            f"the firewall would lock us out; write {came_from}, if that is your own fixed address"
        )
