"""The Plan: hosts, bandwidth and pool sizes, each number with its reason."""

from enum import StrEnum
from typing import Literal

from lms_stack.demand import Demand
from lms_stack.units import Figure, Frozen


class Role(StrEnum):
    """What a host does; roles share a host where the Plan says so."""

    EDGE = "edge"
    APP = "app"
    DATABASE = "database"
    CACHE = "cache"
    MONITOR = "monitor"
    LOADGEN = "loadgen"


#: The roles that carry the learners: what a verdict is about.
STACK_ROLES = (Role.EDGE, Role.APP, Role.DATABASE, Role.CACHE)


class HostPlan(Frozen):
    """One host: its roles and limits. `link` is the planned bandwidth each way, only where learners come in."""

    name: str
    roles: tuple[Role, ...]
    cores: Figure
    memory: Figure
    disk: Figure
    link: Figure | None = None


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
    """The answer to "what do I need": everything that infra/ and playbooks/ build from."""

    deployment: str
    engine: str
    target: Literal["lab", "servers"]
    hosts: tuple[HostPlan, ...]
    pools: Pools
    bandwidth: Figure
    demand: Demand
    predicted: tuple[Utilisation, ...]

    def hosts_of(self, role: Role) -> tuple[HostPlan, ...]:
        """The hosts that have a role, in the order of the plan."""
        return tuple(host for host in self.hosts if role in host.roles)
