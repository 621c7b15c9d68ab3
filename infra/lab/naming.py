"""Names and addresses of one lab deployment; everything it makes on the box carries its six-digit mark."""

from collections.abc import Iterable, Iterator
from hashlib import blake2s
from ipaddress import IPv4Address, IPv4Network

#: Set aside for benchmarks by RFC 2544, so that it collides with nobody's network.
RANGE = IPv4Network("198.18.0.0/15")


def mark(root: str) -> str:
    """Six hex digits that tell one deployment's folder from every other's."""
    return blake2s(root.encode(), digest_size=3).hexdigest()


def bridge(mark: str) -> str:
    """The bridge's name; interface names have at most 15 characters."""
    return f"th-{mark}"


def table(mark: str) -> str:
    """The nftables table's name."""
    return f"taphuan_{mark}"


def machine(mark: str, host: str) -> str:
    """A guest's machine name."""
    return f"{mark}-{host}"


def network(mark: str, taken: Iterable[IPv4Network]) -> IPv4Network:
    """A /24 of the range for a deployment: its own by hash, or the next that is free.

    :raises LookupError: all of them are taken.
    """
    busy = list(taken)
    choices = list(RANGE.subnets(new_prefix=24))
    first = int(mark, 16) % len(choices)
    for choice in choices[first:] + choices[:first]:
        if not any(choice.overlaps(other) for other in busy):
            return choice
    raise LookupError(f"every /24 of {RANGE} is taken")


def gateway(cidr: IPv4Network) -> IPv4Address:
    """The host's own address on the bridge."""
    return cidr[1]


def guest_addresses(cidr: IPv4Network) -> Iterator[IPv4Address]:
    """The addresses that hosts may have, from .10 up."""
    return (cidr[number] for number in range(10, cidr.num_addresses - 1))
