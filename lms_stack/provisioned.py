"""What a target gives back: hosts with an address, a pinned host key and a way in. After it the target is forgotten."""

from pathlib import Path

from lms_stack.units import Frozen


class ProvisionedHost(Frozen):
    """One host that answers on SSH, and the only key it may answer with."""

    name: str
    address: str
    port: int = 22
    user: str = "root"
    host_key: str
    identity_file: Path


class ProvisionedNetwork(Frozen):
    """Where the hosts live, and the address that the operator's connections come from."""

    cidr: str
    operator_address: str
    interface: str


class ProvisionChanges(Frozen):
    """What the provisioning changed, counted by resource."""

    create: int = 0
    update: int = 0
    delete: int = 0
    same: int = 0
