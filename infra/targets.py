"""What each target makes of a Plan: the arguments of its resources, and the hosts it gives back."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path
from typing import Protocol

from infra import preflight, servers
from infra.lab import addresses, naming
from infra.lab.addresses import Addresses
from infra.lab.guest import GuestArgs
from infra.lab.image import own_copy
from infra.lab.limits import cores_of
from infra.lab.network import NetworkArgs, networks_but
from infra.resources import LabStack, ServersStack
from infra.servers import ServerArgs
from lms_stack.course import ServerHost, ServersTarget
from lms_stack.errors import PreflightFailed, UsageError
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import HostPlan, Plan, Role
from lms_stack.provisioned import ProvisionedHost, ProvisionedNetwork


class Target(Protocol):
    """One way to get hosts."""

    @property
    def network(self) -> ProvisionedNetwork:
        """Where the hosts live."""
        ...

    def addresses(self) -> dict[str, str]:
        """Each planned host's address."""
        ...

    def check(self) -> None:
        """Raise PreflightFailed where this target can't carry the plan."""
        ...

    def prepare(self) -> None:
        """Make ready what the resources need, once the check has passed."""
        ...

    def declare(self) -> dict[str, object]:
        """Declare the resources to Pulumi; gives back each host's public host key, as outputs."""
        ...

    def host(self, name: str, host_key: str) -> ProvisionedHost:
        """A host as it can be reached."""
        ...


@dataclass(frozen=True)
class Lab:
    """Guests on this machine."""

    plan: Plan
    paths: DeploymentPaths
    image: Path
    public_key: str

    @property
    def mark(self) -> str:
        """The deployment's mark on everything it makes here."""
        return naming.mark(str(self.paths.root))

    @cached_property
    def _given(self) -> Addresses:
        """The deployment's network and its hosts' addresses: chosen once, then kept."""
        file = self.paths.root / "network.json"
        before = addresses.kept(file)
        # A file of an older version, or one that was spoilt, lacks what the topology that stands knows.
        given = before if before and before.hosts else addresses.standing(self.paths.topology) or before
        given = given or Addresses(cidr=naming.network(self.mark, self._taken()))
        given = given.shared_out((host.name for host in self.plan.hosts), (each.name for each in self._folders()))
        if given != before:
            addresses.keep(file, given)
        return given

    def _folders(self) -> Iterable[Path]:
        """A guest's folder goes with the guest."""
        return self.paths.guests.glob("*")

    def _taken(self) -> list[IPv4Network]:
        """Networks that this host reaches, and those of deployments that are down but not gone."""
        files = self.paths.root.parent.glob("*/network.json")
        others = (each.cidr for each in map(addresses.kept, files) if each)
        return [*networks_but(naming.bridge(self.mark)), *others]

    @property
    def cidr(self) -> IPv4Network:
        """The deployment's network."""
        return self._given.cidr

    @property
    def network(self) -> ProvisionedNetwork:
        """The private bridge."""
        return ProvisionedNetwork(
            cidr=str(self.cidr), operator_address=str(naming.gateway(self.cidr)), interface=naming.bridge(self.mark)
        )

    def addresses(self) -> dict[str, str]:
        """Each host keeps the address that it was given first."""
        return {host.name: str(self._given.hosts[host.name]) for host in self.plan.hosts}

    def check(self) -> None:
        """Check this machine."""
        preflight.check_lab(self.plan, self.paths.root, self.guests(), self.cidr)

    def prepare(self) -> None:
        """The deployment's own copy of the image."""
        own_copy(self.image, self._golden)

    def guests(self) -> tuple[GuestArgs, ...]:
        """The guests of the plan."""
        return tuple(self._guest(host) for host in self.plan.hosts)

    def _guest(self, host: HostPlan) -> GuestArgs:
        cidr = self.cidr
        return GuestArgs(
            name=host.name,
            mark=self.mark,
            folder=str(self.paths.guests / host.name),
            image=str(self._golden),
            bridge=naming.bridge(self.mark),
            address=self.addresses()[host.name],
            prefix=cidr.prefixlen,
            gateway=str(naming.gateway(cidr)),
            public_key=self.public_key,
            cores=host.cores.value,
            cpuset=cores_of(Role.LOADGEN in host.roles),
            memory=int(host.memory.value),
            link=host.link.value if host.link else 0.0,
        )

    @property
    def _golden(self) -> Path:
        """The image that the guests' overlays were begun on: another one under them would spoil their data."""
        return self.paths.root / "golden"

    def declare(self) -> dict[str, object]:
        """The network and its guests."""
        return dict(LabStack(self.paths.name, self.network_args(), self.guests()).host_keys)

    def network_args(self) -> NetworkArgs:
        """The private bridge and its table."""
        held = self.addresses()
        return NetworkArgs(
            bridge=naming.bridge(self.mark),
            table=naming.table(self.mark),
            cidr=str(self.cidr),
            gateway=str(naming.gateway(self.cidr)),
            kept_in=tuple(held[host.name] for host in self.plan.hosts_of(Role.LOADGEN)),
        )

    def host(self, name: str, host_key: str) -> ProvisionedHost:
        """A guest as it can be reached."""
        return ProvisionedHost(
            name=name, address=self.addresses()[name], host_key=host_key, identity_file=self.paths.identity
        )


@dataclass(frozen=True)
class Servers:
    """Machines that are there already."""

    plan: Plan
    paths: DeploymentPaths
    target: ServersTarget
    folder: Path

    @property
    def network(self) -> ProvisionedNetwork:
        """Where the operator's connections come from; the machines' own network is their owner's affair."""
        return ProvisionedNetwork(cidr="0.0.0.0/0", operator_address=self.target.operator_address, interface="")

    def addresses(self) -> dict[str, str]:
        """Addresses as written in the course file."""
        return {host.name: host.address for host in self.target.hosts}

    def check(self) -> None:
        """Every planned host is listed, its key to log in with is there, and it answers with its pinned host key."""
        missing = sorted({host.name for host in self.plan.hosts} - set(self.addresses()))
        if missing:
            raise UsageError(
                f"target.hosts lists no {', '.join(missing)}, which the plan needs",
                hint="`./taphuan plan COURSE.yaml` says which hosts the course needs and how large",
            )
        keys = sorted({self._identity(host) for host in self._wanted()})
        faults = [f"{key}: no such file (identity_file, beside the course file)" for key in keys if not key.is_file()]
        faults += servers.faults(self._servers())
        if faults:
            raise PreflightFailed(
                "the servers can't be reached; nothing was changed:\n" + "\n".join(f"  - {each}" for each in faults),
                hint="put these right and run the same command again",
            )

    def _wanted(self) -> list[ServerHost]:
        """The listed machines that the plan uses."""
        planned = {host.name for host in self.plan.hosts}
        return [host for host in self.target.hosts if host.name in planned]

    def _servers(self) -> tuple[ServerArgs, ...]:
        return tuple(
            ServerArgs(name=host.name, address=host.address, port=host.port, user=host.user, host_key=host.host_key)
            for host in self._wanted()
        )

    def _identity(self, host: ServerHost) -> Path:
        return (self.folder / Path(host.identity_file).expanduser()).resolve()

    def prepare(self) -> None:
        """The machines are their owner's: there is nothing to make ready."""

    def declare(self) -> dict[str, object]:
        """The servers that the plan uses."""
        return dict(ServersStack(self.paths.name, self._servers()).host_keys)

    def host(self, name: str, host_key: str) -> ProvisionedHost:
        """A machine as the course file says that it can be reached."""
        listed = next(host for host in self.target.hosts if host.name == name)
        return ProvisionedHost(
            name=name,
            address=listed.address,
            port=listed.port,
            user=listed.user,
            host_key=host_key,
            identity_file=self._identity(listed),
        )
