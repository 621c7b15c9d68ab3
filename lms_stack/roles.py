"""The roles that a host of a stack can have."""

from collections.abc import Iterable
from enum import StrEnum


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


def stack_roles(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Those of a host's roles that carry the learners, in the order of STACK_ROLES; empty where it carries none."""
    found = set(roles)
    return tuple(role for role in STACK_ROLES if role in found)
