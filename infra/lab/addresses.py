"""A deployment's network and the address of each of its hosts: chosen once, then kept in a file of its own."""

import os
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Self

from pydantic import Field

from infra.lab import naming
from lms_stack.topology import Topology
from lms_stack.units import Frozen


class Addresses(Frozen):
    """The network, and which host has which address in it."""

    cidr: IPv4Network
    hosts: dict[str, IPv4Address] = Field(default_factory=dict)

    def shared_out(self, wanted: Iterable[str], there: Iterable[str]) -> Self:
        """Each wanted host has an address: the one it had, or the first that is free.

        :param wanted: the hosts of the plan, in its order.
        :param there: hosts that may still stand: until they are gone nobody else gets their addresses.
        :raises LookupError: more hosts than addresses.
        """
        names = tuple(wanted)
        hosts = {name: address for name, address in self.hosts.items() if name in {*names, *there}}
        taken = set(hosts.values())
        free = (address for address in naming.guest_addresses(self.cidr) if address not in taken)
        for name in names:
            if name not in hosts:
                hosts[name] = _next_of(free, self.cidr)
        return self.model_copy(update={"hosts": hosts})


def _next_of(free: Iterable[IPv4Address], cidr: IPv4Network) -> IPv4Address:
    for address in free:
        return address
    raise LookupError(f"every address of {cidr} is taken")


def kept(file: Path) -> Addresses | None:
    """What a file says; None where there is none, or where it was spoilt."""
    try:
        return Addresses.model_validate_json(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def standing(file: Path) -> Addresses | None:
    """What a topology that stands says of the lab's network; None where nothing stands in the lab."""
    try:
        topology = Topology.model_validate_json(file.read_text("utf-8"))
        cidr = IPv4Network(topology.network.cidr)
    except (FileNotFoundError, ValueError):
        return None
    if not cidr.subnet_of(naming.RANGE):
        return None
    return Addresses(cidr=cidr, hosts={host.name: IPv4Address(host.address) for host in topology.hosts})


def keep(file: Path, addresses: Addresses) -> None:
    """Write a file whole or not at all, also where the power goes."""
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8") as handle:
        handle.write(addresses.model_dump_json(indent=2) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)
