"""The Topology: the Plan made concrete. The only place where an address is joined with a port."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlunsplit

from lms_stack.plan import HostPlan, Plan, Role
from lms_stack.provisioned import ProvisionedHost, ProvisionedNetwork
from lms_stack.roles import stack_roles
from lms_stack.services import SERVICES, Client, Service, service
from lms_stack.units import Frozen


class Host(Frozen):
    """One host of the stack: what it is for, what it may use, how to reach it."""

    name: str
    roles: tuple[Role, ...]
    address: str
    ssh_port: int
    user: str
    host_key: str
    identity_file: Path
    cores: float
    memory: int
    link: float | None = None


class Endpoint(Frozen):
    """One service on one host."""

    host: str
    address: str
    service: Service

    @property
    def port(self) -> int:
        """The port the service listens on."""
        return self.service.port

    @property
    def target(self) -> str:
        """`address:port`, as a scrape target or an upstream."""
        return f"{self.address}:{self.service.port}"


class FirewallRule(Frozen):
    """Let these sources (addresses or networks) reach one port of a host; everything else is dropped."""

    service: str
    port: int
    sources: tuple[str, ...]


class Topology(Frozen):
    """The hosts of one deployment and the network they live in."""

    deployment: str
    domain: str
    network: ProvisionedNetwork
    hosts: tuple[Host, ...]

    def host(self, name: str) -> Host:
        """One host by name; KeyError if there is none."""
        return {host.name: host for host in self.hosts}[name]

    def hosts_of(self, role: Role) -> tuple[Host, ...]:
        """The hosts that have a role."""
        return tuple(host for host in self.hosts if role in host.roles)

    @property
    def stack_hosts(self) -> tuple[Host, ...]:
        """The hosts that carry the learners."""
        return tuple(host for host in self.hosts if stack_roles(host.roles))

    def services_of(self, host: Host) -> tuple[Service, ...]:
        """The services that run on a host: those of its roles and those of every host."""
        return tuple(row for row in SERVICES if row.role is None or row.role in host.roles)

    def endpoints(self, name: str) -> tuple[Endpoint, ...]:
        """Where a service of the table can be found; on loopback where it listens only there."""
        row = service(name)
        holders = self.hosts if row.role is None else self.hosts_of(row.role)
        return tuple(
            Endpoint(host=host.name, address="127.0.0.1" if row.loopback else host.address, service=row)
            for host in holders
        )

    def url(self, name: str, path: str = "") -> str:
        """The address of the first endpoint of an HTTP service."""
        endpoint = self.endpoints(name)[0]
        scheme = "https" if endpoint.port == service("https").port else "http"
        default = {"https": 443, "http": 80}[scheme]
        place = endpoint.address if endpoint.port == default else endpoint.target
        return urlunsplit((scheme, place, path or "/", "", ""))

    def firewall(self, host: Host) -> tuple[FirewallRule, ...]:
        """Who may reach what on a host, from the Service table alone."""
        rows = (row for row in self.services_of(host) if not row.loopback)
        return tuple(
            FirewallRule(service=row.name, port=row.port, sources=sources)
            for row in rows
            if (sources := self._sources(row))
        )

    def _sources(self, row: Service) -> tuple[str, ...]:
        if Client.ANYONE in row.clients:
            return ("0.0.0.0/0",)
        operator = {self.network.operator_address} if Client.OPERATOR in row.clients else set()
        wanted = {client.value for client in row.clients}
        members = {host.address for host in self.hosts if wanted & {role.value for role in host.roles}}
        return tuple(sorted(operator | members, key=ip_address))


def site_domain(deployment: str) -> str:
    """The name of a deployment's site; `.test` is reserved by RFC 2606 and never resolves outside."""
    return f"lms.{deployment}.test"


def topology(plan: Plan, network: ProvisionedNetwork, provisioned: tuple[ProvisionedHost, ...]) -> Topology:
    """Join what was planned with what was provisioned, by host name.

    :raises KeyError: a planned host that was not provisioned.
    """
    found = {host.name: host for host in provisioned}
    return Topology(
        deployment=plan.deployment,
        domain=site_domain(plan.deployment),
        network=network,
        hosts=tuple(_host(planned, found[planned.name]) for planned in plan.hosts),
    )


def _host(planned: HostPlan, provisioned: ProvisionedHost) -> Host:
    return Host(
        name=planned.name,
        roles=planned.roles,
        address=provisioned.address,
        ssh_port=provisioned.port,
        user=provisioned.user,
        host_key=provisioned.host_key,
        identity_file=provisioned.identity_file,
        cores=planned.cores.value,
        memory=int(planned.memory.value),
        link=planned.link.value if planned.link else None,
    )
