"""What to look at and what to run for each alert, over SSH. Looking changes nothing; acting restarts or cleans up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lms_stack.errors import StepFailed
from lms_stack.plan import Role
from lms_stack.remote import Remote
from lms_stack.services import service
from lms_stack.topology import Host, Topology
from monitoring.names import Alert

#: Seconds that one look may take: longer, and the host itself is the finding.
LOOK_SECONDS = 20.0


@dataclass(frozen=True)
class Command:
    """One line for the shell of every host with one of these roles, and what it shows or does."""

    what: str
    line: str
    roles: tuple[Role, ...] = tuple(Role)


@dataclass(frozen=True)
class Finding:
    """What a host said to one command."""

    host: str
    what: str
    text: str

    def __str__(self) -> str:
        return f"== {self.host}: {self.what}\n{self.text.strip() or '-'}"


@dataclass(frozen=True)
class TaskSet:
    """The commands of one alert: those that only look, and those that act."""

    looks: tuple[Command, ...]
    acts: Mapping[str, Command]


def look(alert: Alert, remote: Remote, topology: Topology, host: str | None = None) -> tuple[Finding, ...]:
    """Run what an alert's page says to look at; changes nothing. A host that doesn't answer is a finding too.

    :param host: the host that the alert names; all of them where it is None.
    """
    return tuple(
        _looked(remote, each.name, command)
        for command in TASKS[alert].looks
        for each in _holders(topology, command, host)
    )


def act(alert: Alert, name: str, remote: Remote, topology: Topology, host: str | None = None) -> tuple[Finding, ...]:
    """Run one of the acts of an alert's page.

    :raises StepFailed: the alert has no such act, or a host could not do it.
    """
    command = TASKS[alert].acts.get(name)
    if command is None:
        raise StepFailed(f"{alert} has no act {name!r}", hint=f"it has: {', '.join(TASKS[alert].acts) or 'none'}")
    return tuple(
        Finding(each.name, command.what, remote.run(each.name, command.line).stdout)
        for each in _holders(topology, command, host)
    )


def _holders(topology: Topology, command: Command, host: str | None) -> Iterable[Host]:
    wanted = set(command.roles)
    return (each for each in topology.hosts if wanted & set(each.roles) and host in (None, each.name))


def _looked(remote: Remote, host: str, command: Command) -> Finding:
    try:
        result = remote.run(host, command.line, timeout=LOOK_SECONDS, check=False)
    except StepFailed as error:
        return Finding(host, command.what, error.message)
    return Finding(host, command.what, f"{result.stdout}{result.stderr}")


def _restart(name: str) -> Command:
    row = service(name)
    roles = (row.role,) if row.role else tuple(Role)
    line = f"systemctl restart {row.unit} && systemctl is-active {row.unit}"
    return Command(f"restart {row.unit}", line, roles)


def _journal(name: str) -> Command:
    row = service(name)
    line = f"journalctl --unit {row.unit} --priority warning --since -15min --no-pager --lines 40"
    return Command(f"warnings of {row.unit}", line, (row.role,) if row.role else tuple(Role))


def _ready() -> Command:
    row = service("lophoc")
    script = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{row.port}{row.probe}', timeout=5).status)"
    return Command("application ready?", f'python3 -c "{script}" 2>&1 | tail -n 1', (Role.APP,))


_FAILED = Command("failed units", "systemctl --failed --no-legend --plain")
_LOAD = Command("who uses the CPU", "top -b -n 1 -w 120 | head -n 15")
_MEMORY = Command("who uses memory", "ps -eo rss,unit,comm --sort -rss | head -n 12")
_DISK = Command("file systems", "df -h -x tmpfs -x devtmpfs")
_LARGEST = Command("largest folders", "du -xh --max-depth 2 /var 2>/dev/null | sort -rh | head -n 10")
_QUEUES = Command("queues and drops", "tc -s qdisc show; ss -s", (Role.EDGE,))
_ERRORS = Command("edge errors", "tail -n 20 /var/log/nginx/error.log", (Role.EDGE,))
_QUERIES = Command(
    "longest queries",
    'runuser -u postgres -- psql --no-psqlrc --command "SELECT pid, state, now() - query_start AS age, wait_event, '
    "left(query, 80) AS query FROM pg_stat_activity WHERE backend_type = 'client backend' "
    'ORDER BY query_start LIMIT 15"',
    (Role.DATABASE,),
)
_CERTIFICATE = Command("certificate", "openssl x509 -in /etc/nginx/tls/site.crt -noout -subject -dates", (Role.EDGE,))

TASKS: Mapping[Alert, TaskSet] = {
    Alert.SITE_DOWN: TaskSet(
        (_FAILED, _ready(), _ERRORS, _journal("https"), _journal("lophoc"), _DISK),
        {"restart-edge": _restart("https"), "restart-application": _restart("lophoc")},
    ),
    Alert.LEARNERS_SEE_ERRORS: TaskSet(
        (_ready(), _journal("lophoc"), _ERRORS, _journal("postgresql"), _DISK),
        {"restart-application": _restart("lophoc")},
    ),
    Alert.PAGES_SLOW: TaskSet((_LOAD, _QUERIES, _QUEUES, _MEMORY), {"restart-application": _restart("lophoc")}),
    Alert.HOST_CPU_EXHAUSTED: TaskSet((_LOAD, _QUERIES), {}),
    Alert.EDGE_LINK_EXHAUSTED: TaskSet((_QUEUES,), {}),
    Alert.DATABASE_CONNECTIONS_EXHAUSTED: TaskSet(
        (_QUERIES, _journal("pgbouncer")), {"restart-pool": _restart("pgbouncer")}
    ),
    Alert.HOST_DOWN: TaskSet((_FAILED, _LOAD), {"restart-exporter": _restart("taphuan-exporter")}),
    Alert.MEMORY_SHORT: TaskSet((_MEMORY, _FAILED), {"restart-application": _restart("lophoc")}),
    Alert.DISK_FILLING: TaskSet(
        (_DISK, _LARGEST),
        {
            "trim-journal": Command("keep 200 MB of the journal", "journalctl --vacuum-size=200M 2>&1"),
            "clean-packages": Command("remove fetched packages", "apt-get clean && df -h /"),
        },
    ),
    Alert.CERTIFICATE_EXPIRING: TaskSet((_CERTIFICATE,), {}),
}
