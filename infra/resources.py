"""The resources of our provider, as Pulumi's program declares them, and the component that is one lab deployment."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pulumi

from infra.lab.guest import GuestArgs
from infra.lab.network import NetworkArgs
from infra.servers import ServerArgs


class Network(pulumi.CustomResource):
    """A deployment's bridge and nftables table."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taphuan:lab:Network", name, _properties(asdict(args)), opts)


class Guest(pulumi.CustomResource):
    """A Debian machine on this box."""

    host_key: pulumi.Output[str]

    def __init__(self, name: str, args: GuestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taphuan:lab:Guest", name, {**_properties(asdict(args)), "host_key": None}, opts)


class Server(pulumi.CustomResource):
    """An existing machine whose host key was checked."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taphuan:servers:Server", name, _properties(asdict(args)), opts)


class LabStack(pulumi.ComponentResource):
    """One lab deployment: its network, and its guests in it."""

    def __init__(self, name: str, network: NetworkArgs, guests: tuple[GuestArgs, ...]) -> None:
        super().__init__("taphuan:lab:Stack", name)
        inside = pulumi.ResourceOptions(parent=self)
        bridge = Network("network", network, inside)
        after = pulumi.ResourceOptions(parent=self, depends_on=[bridge])
        self.host_keys = {guest.name: Guest(guest.name, guest, after).host_key for guest in guests}
        self.register_outputs({"host_keys": self.host_keys})


class ServersStack(pulumi.ComponentResource):
    """One deployment on existing machines."""

    def __init__(self, name: str, servers: tuple[ServerArgs, ...]) -> None:
        super().__init__("taphuan:servers:Stack", name)
        for server in servers:
            Server(server.name, server, pulumi.ResourceOptions(parent=self))
        self.host_keys = {server.name: server.host_key for server in servers}
        self.register_outputs({"host_keys": self.host_keys})


def _properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """Pulumi carries lists, not tuples."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
