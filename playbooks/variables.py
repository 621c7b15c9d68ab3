"""The one variables document: everything the roles need, computed from Topology, Plan and what is shipped.

Pure. No secret is in it (secret_variables.py has those), so it can be saved, read and compared as a file.
"""

from math import ceil
from typing import Any

from lms_stack.facts import role_packages
from lms_stack.plan import Plan, Role
from lms_stack.request_classes import RequestClass
from lms_stack.services import Service, service
from lms_stack.topology import Host, Topology
from playbooks.inputs import Artifacts, ConfigureInputs

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the firewall decides who reaches it; a fixed address may not be there yet at boot
MIB = 2**20

#: The database, its owner and its user have one name, as has the system user of the application.
APPLICATION = "lophoc"
#: The major version that Debian 13 has; the roles' paths hold it.
POSTGRESQL = "17"
#: The hour at which security updates are installed: nobody studies then.
UPDATES = {
    "apt-daily.timer": "*-*-* 02:00:00 Asia/Ho_Chi_Minh",
    "apt-daily-upgrade.timer": "*-*-* 02:30:00 Asia/Ho_Chi_Minh",
}

PATHS = {
    "app": "/opt/lophoc",
    "static": "/opt/lophoc/current/static",
    "media": "/srv/lophoc/media",
    "media_parts": "/srv/lophoc/parts",
    "content": "/srv/lophoc/content",
    "settings": "/etc/lophoc",
    "ca": "/etc/taphuan/ca.crt",
    "drills": "/etc/nginx/taphuan-drills",
    "loadgen": "/opt/taphuan-loadgen",
}

#: Network settings of every host; each network namespace has its own, so they hold in guests too.
NETWORK_SYSCTLS = {
    "net.core.somaxconn": 4096,
    "net.ipv4.tcp_max_syn_backlog": 4096,
    "net.ipv4.tcp_syncookies": 1,
    "net.ipv4.conf.all.accept_redirects": 0,
    "net.ipv4.conf.default.accept_redirects": 0,
    "net.ipv6.conf.all.accept_redirects": 0,
    "net.ipv4.conf.all.send_redirects": 0,
    "net.ipv4.conf.all.accept_source_route": 0,
    "net.ipv4.conf.all.rp_filter": 1,
    "net.ipv4.ip_local_port_range": "16384 65000",
}
#: Settings of the whole kernel: a guest may not change them, for they are the host's.
KERNEL_SYSCTLS = {
    "kernel.dmesg_restrict": 1,
    "kernel.kptr_restrict": 2,
    "kernel.unprivileged_bpf_disabled": 1,
    "kernel.yama.ptrace_scope": 1,
    "fs.protected_fifos": 2,
    "fs.protected_regular": 2,
    "fs.suid_dumpable": 0,
}


def inventory(inputs: ConfigureInputs) -> dict[str, Any]:
    """Ansible's inventory with each host's variables, as data."""
    topology = inputs.topology
    hosts = {host.name: _host_variables(inputs, host) for host in topology.hosts}
    groups: dict[str, Any] = {
        role.value: {"hosts": {host.name: {} for host in topology.hosts_of(role)}} for role in Role
    }
    return {"all": {"hosts": hosts, "children": groups}}


def _host_variables(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    builders = {
        Role.EDGE: _edge,
        Role.APP: _app,
        Role.DATABASE: _database,
        Role.CACHE: _cache,
        Role.MONITOR: _monitor,
        Role.LOADGEN: _loadgen,
    }
    found = {**_connection(host), **_base(inputs, host)}
    for role in host.roles:
        found |= builders[role](inputs, host)
    if {Role.EDGE, Role.APP} & set(host.roles):
        found |= _release(inputs.artifacts)
    return found


def _connection(host: Host) -> dict[str, Any]:
    # As a variable it beats every `become` of a task, so it is there only where it must be true.
    become = {} if host.user == "root" else {"ansible_become": True}
    return become | {
        "ansible_host": host.address,
        "ansible_port": host.ssh_port,
        "ansible_user": host.user,
        "ansible_ssh_private_key_file": str(host.identity_file),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def _listen(name: str) -> str:
    """`address:port` of a service on its own host."""
    row = service(name)
    return f"{LOOPBACK if row.loopback else EVERYWHERE}:{row.port}"


def _local(name: str) -> str:
    """`address:port` at which another program of the same host reaches a service."""
    return f"{LOOPBACK}:{service(name).port}"


# ------------------------------------------------------------------------------------------------------------- base
def _base(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    topology = inputs.topology
    return {
        "base_packages": host_packages(host),
        "base_firewall": [_rule(host, rule.service, rule.port, rule.sources) for rule in topology.firewall(host)],
        "base_host_names": host_names(topology),
        "base_network_sysctls": NETWORK_SYSCTLS,
        "base_kernel_sysctls": KERNEL_SYSCTLS,
        "base_update_times": UPDATES,
        "base_ca_file": PATHS["ca"],
        "base_exporter_files": {name: str(path) for name, path in inputs.artifacts.exporter.items()},
        "base_exporter_arguments": exporter_arguments(topology, host),
        "base_node_exporter_listen": _listen("node-exporter"),
    }


def _rule(host: Host, name: str, port: int, sources: tuple[str, ...]) -> dict[str, Any]:
    """One line of nftables; SSH listens where the host was reached."""
    return {"service": name, "port": host.ssh_port if name == "ssh" else port, "sources": ", ".join(sources)}


def host_packages(host: Host) -> list[str]:
    """The Debian packages of a host: those of every host and those of its roles."""
    known = role_packages()
    names = {*known["base"], *(name for role in host.roles for name in known.get(role.value, []))}
    return sorted(names)


def host_names(topology: Topology) -> list[str]:
    """Lines for /etc/hosts: every host of the stack, and the site's name at the edge."""
    lines = [f"{host.address} {host.name}.{topology.domain} {host.name}" for host in topology.hosts]
    return [*lines, *(f"{host.address} {topology.domain}" for host in topology.hosts_of(Role.EDGE))]


def exporter_arguments(topology: Topology, host: Host) -> list[str]:
    """The planned capacities, which the host itself can't know; it finds the interface of its default route itself."""
    port = service("taphuan-exporter").port
    units = dict.fromkeys(_running_unit(row) for row in topology.services_of(host) if row.role)
    arguments = [f"--port={port}", f"--cores={host.cores:g}", f"--memory-bytes={host.memory}"]
    arguments.append(f"--units={','.join(units)}")
    link = [f"--link-bits={host.link:.0f}"] if host.link else []
    # Not on the load generator's hosts: what they do beside the load delays it.
    timed = ["--time-cores"] if host in topology.stack_hosts else []
    return [*arguments, *link, *timed]


def _running_unit(row: Service) -> str:
    """The unit in whose cgroup a service works; Debian's postgresql.service only stands for its clusters."""
    return f"postgresql@{POSTGRESQL}-main.service" if row.name == "postgresql" else row.unit


# ------------------------------------------------------------------------------------------------------------- edge
def _edge(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    topology = inputs.topology
    return {
        "edge_workers": max(1, ceil(host.cores)),
        "edge_http_port": service("http").port,
        "edge_https_port": service("https").port,
        "edge_status_listen": _listen("edge-status"),
        "edge_status_path": service("edge-status").probe,
        "edge_upstreams": [endpoint.target for endpoint in topology.endpoints("lophoc")],
        "edge_keepalive": 2 * _processes(inputs.plan) * _threads(inputs.plan),
        "edge_static_root": PATHS["static"],
        "edge_media_root": PATHS["media"],
        "edge_store_listen": _listen("media-store"),
        "edge_store_parts": PATHS["media_parts"],
        "edge_media_archive": str(inputs.artifacts.media.archive),
        "edge_media_hash": inputs.artifacts.media.hash,
        "edge_drills": PATHS["drills"],
        "edge_class_of_media": RequestClass.VIDEO_SEGMENT.value,
        "edge_class_of_playlist": RequestClass.VIDEO_PLAYLIST.value,
        "edge_class_of_package": RequestClass.PACKAGE_FILE.value,
        "edge_class_of_static": RequestClass.STATIC_ASSET.value,
        "edge_exporter_arguments": [
            f"--web.listen-address={_listen('nginx-exporter')}",
            f"--nginx.scrape-uri=http://{_local('edge-status')}{service('edge-status').probe}",
        ],
    }


# -------------------------------------------------------------------------------------------------------------- app
def _processes(plan: Plan) -> int:
    return int(plan.pools.app_processes.value)


def _threads(plan: Plan) -> int:
    return int(plan.pools.app_threads.value)


def _release(artifacts: Artifacts) -> dict[str, Any]:
    """Where the application's release goes: the app hosts run it, the edge serves its static files."""
    return {
        "app_root": PATHS["app"],
        "app_release": f"{PATHS['app']}/{artifacts.app.hash}",
        "app_archive": str(artifacts.app.archive),
    }


def _app(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    first = inputs.topology.hosts_of(Role.APP)[0]
    return {
        "app_user": APPLICATION,
        "app_listen": EVERYWHERE,
        "app_port": service("lophoc").port,
        "app_metrics_port": service("lophoc-metrics").port,
        "app_probe": f"http://{_local('lophoc')}{service('lophoc').probe}",
        "app_processes": _processes(inputs.plan),
        "app_threads": _threads(inputs.plan),
        "app_workers": _processes(inputs.plan) * _threads(inputs.plan),
        "app_settings": PATHS["settings"],
        "app_content_root": f"{PATHS['content']}/{inputs.artifacts.content.hash}",
        "app_content_archive": str(inputs.artifacts.content.archive),
        "app_loads_content": host.name == first.name,
        "app_units": app_units(works=host.name == first.name),
        "app_local_units": [row.unit for row in map(service, ("pgbouncer", "valkey")) if row.role in host.roles],
    }


def app_units(*, works: bool) -> list[dict[str, Any]]:
    """The application's units on a host; one host does the background jobs, so that none is done twice."""
    environment = [f"{PATHS['settings']}/environment"]
    read = {"lophoc.service": environment, "lophoc-metrics.service": []}
    if works:
        read["lophoc-worker.service"] = environment
    return [{"name": name, "files": [f"/etc/systemd/system/{name}", *files]} for name, files in read.items()]


# --------------------------------------------------------------------------------------------------------- database
def _database(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    pools = inputs.plan.pools
    connections = len(inputs.topology.hosts_of(Role.APP)) * _processes(inputs.plan) * _threads(inputs.plan)
    return {
        "database_version": POSTGRESQL,
        "database_name": APPLICATION,
        "database_settings": postgresql_settings(inputs.plan, host),
        "database_pgbouncer": {
            "listen_addr": EVERYWHERE,
            "listen_port": service("pgbouncer").port,
            "default_pool_size": int(pools.pgbouncer_pool.value),
            "max_client_conn": 2 * connections + 50,
        },
        "database_port": service("postgresql").port,
        "database_clients": [f"{client.address}/32" for client in inputs.topology.hosts_of(Role.APP)],
        "database_exporter_listen": _listen("postgres-exporter"),
        "database_pgbouncer_exporter_listen": _listen("pgbouncer-exporter"),
        "database_pgbouncer_port": service("pgbouncer").port,
    }


def postgresql_settings(plan: Plan, host: Host) -> dict[str, Any]:
    """postgresql.conf from the Plan; a string is quoted, everything else is written as it is."""
    return {
        "listen_addresses": f"'{LOOPBACK}'",
        "port": service("postgresql").port,
        "max_connections": int(plan.pools.database_connections.value),
        "shared_buffers": f"{int(plan.pools.shared_buffers.value / MIB)}MB",
        "effective_cache_size": f"{max(128, int(host.memory / MIB / 2))}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        "wal_compression": "on",
        "max_wal_size": "1GB",
        "random_page_cost": 1.1,
        "jit": "off",
        "password_encryption": "'scram-sha-256'",
        "log_min_duration_statement": 500,
        "log_lock_waits": "on",
        "idle_in_transaction_session_timeout": "'60s'",
        "timezone": "'Asia/Ho_Chi_Minh'",
    }


# ------------------------------------------------------------------------------------------------------------ cache
def _cache(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    return {
        "cache_listen": EVERYWHERE,
        "cache_port": service("valkey").port,
        "cache_memory": f"{int(inputs.plan.pools.cache_memory.value / MIB)}mb",
        "cache_exporter_listen": _listen("valkey-exporter"),
        "cache_exporter_target": f"redis://{_local('valkey')}",
    }


# ---------------------------------------------------------------------------------------------------------- monitor
def _monitor(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    files = inputs.monitoring_files
    return {
        "monitor_rules": {name: text for name, text in files.items() if name.startswith("rules/")},
        "monitor_prometheus": files["prometheus.yml"],
        "monitor_alertmanager": files["alertmanager.yml"],
        "monitor_blackbox": files["blackbox.yml"],
        "monitor_arguments": {
            "prometheus": [f"--web.listen-address={_listen('prometheus')}", "--storage.tsdb.retention.time=30d"],
            "prometheus-alertmanager": [
                f"--web.listen-address={_listen('alertmanager')}",
                "--cluster.listen-address=",
            ],
            "prometheus-blackbox-exporter": [
                "--config.file=/etc/prometheus/blackbox.yml",
                f"--web.listen-address={_listen('blackbox')}",
            ],
        },
        "monitor_probe": f"http://{_local('prometheus')}{service('prometheus').probe}",
    }


# ---------------------------------------------------------------------------------------------------------- loadgen
def _loadgen(inputs: ConfigureInputs, host: Host) -> dict[str, Any]:
    artifacts = inputs.artifacts
    return {
        "loadgen_root": PATHS["loadgen"],
        "loadgen_release": f"{PATHS['loadgen']}/{artifacts.loadgen.hash}",
        "loadgen_archive": str(artifacts.loadgen.archive),
        "loadgen_source": f"{PATHS['loadgen']}/src-{artifacts.journeys.hash}",
        "loadgen_source_archive": str(artifacts.journeys.archive),
    }
