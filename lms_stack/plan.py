"""The Plan: hosts, bandwidth and pool sizes, each number with its reason."""

from typing import Literal

from lms_stack.demand import Demand
from lms_stack.outlook import Outlook
from lms_stack.roles import STACK_ROLES, Role, stack_roles
from lms_stack.units import Figure, Frozen

__all__ = ["STACK_ROLES", "HostPlan", "Plan", "Pools", "Role", "Utilisation"]


class HostPlan(Frozen):
    """One host: its roles and limits. `link` is the planned bandwidth each way, only where learners come in.

    `wanted` are the cores that the course needs of it, where the machine that it is built on has fewer.
    """

    name: str
    roles: tuple[Role, ...]
    cores: Figure
    memory: Figure
    disk: Figure
    link: Figure | None = None
    wanted: Figure | None = None


class Pools(Frozen):
    """Process and pool sizes of the stack, each for one host of its role."""

    app_processes: Figure
    app_threads: Figure
    database_connections: Figure
    pgbouncer_pool: Figure
    shared_buffers: Figure
    cache_memory: Figure


class Utilisation(Frozen):
    """What the plan expects of one resource at the planned peak, as a share of 1."""

    host: str
    resource: Literal["cpu", "link"]
    share: Figure


class Plan(Frozen):
    """The answer to "what do I need": everything that infra/ and playbooks/ build from.

    `core_speed` is how fast a core is that it counts on, in pieces of lms_stack/cpu_speed.py for a second of CPU time
    (None: planned before that was told). `outlook` is what 1,000 draws of the peak say of these hosts and of other
    designs; nothing is built from it.
    """

    deployment: str
    engine: str
    target: Literal["lab", "servers"]
    hosts: tuple[HostPlan, ...]
    pools: Pools
    bandwidth: Figure
    demand: Demand
    predicted: tuple[Utilisation, ...]
    core_speed: Figure | None = None
    outlook: Outlook | None = None

    def hosts_of(self, role: Role) -> tuple[HostPlan, ...]:
        """The hosts that have a role, in the order of the plan."""
        return tuple(host for host in self.hosts if role in host.roles)

    @property
    def stack_hosts(self) -> tuple[HostPlan, ...]:
        """The hosts that carry the learners."""
        return tuple(host for host in self.hosts if stack_roles(host.roles))

    @property
    def stack_cores(self) -> Figure:
        """All cores of the hosts that carry the learners."""
        reason = " + ".join(f"{host.name} {host.cores}" for host in self.stack_hosts)
        return Figure(value=sum(host.cores.value for host in self.stack_hosts), unit="core", reason=reason)
