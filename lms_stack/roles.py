"""The roles that a host of a stack can have."""

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
