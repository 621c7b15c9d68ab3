"""Topologies that unit and contract tests share: one co-located, one split."""

from pathlib import Path

from lms_stack.plan import Role
from lms_stack.provisioned import ProvisionedNetwork
from lms_stack.topology import Host, Topology

_SMALL: dict[str, tuple[Role, ...]] = {
    "lms-1": (Role.EDGE, Role.APP, Role.DATABASE, Role.CACHE),
    "monitor-1": (Role.MONITOR,),
    "loadgen-1": (Role.LOADGEN,),
}
_SPLIT: dict[str, tuple[Role, ...]] = {
    "edge-1": (Role.EDGE,),
    "app-1": (Role.APP,),
    "app-2": (Role.APP,),
    "database-1": (Role.DATABASE,),
    "cache-1": (Role.CACHE,),
    "monitor-1": (Role.MONITOR,),
    "loadgen-1": (Role.LOADGEN,),
}


def small_stack() -> Topology:
    """All learner-facing roles on one host."""
    return _stack(_SMALL)


def split_stack() -> Topology:
    """Each role on a host of its own, the application on two."""
    return _stack(_SPLIT)


def _stack(hosts: dict[str, tuple[Role, ...]]) -> Topology:
    return Topology(
        deployment="demo",
        domain="lms.demo.test",
        network=ProvisionedNetwork(cidr="198.18.7.0/24", operator_address="198.18.7.1", interface="host0"),
        hosts=tuple(_host(number, name, roles) for number, (name, roles) in enumerate(hosts.items())),
    )


def _host(number: int, name: str, roles: tuple[Role, ...]) -> Host:
    return Host(
        name=name,
        roles=roles,
        address=f"198.18.7.{10 + number}",
        ssh_port=22,
        user="root",
        host_key="ssh-ed25519 AAAA",
        identity_file=Path("/nowhere/id"),
        cores=1.0,
        memory=2 << 30,
        link=20e6 if Role.EDGE in roles else None,
    )
