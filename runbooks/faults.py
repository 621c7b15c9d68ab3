"""Faults on purpose, by name: what a drill does on the hosts of a role, and how it is taken back.

A mark in /run says that a fault stands, so that it is taken back after a killed run, too, and nothing is done where
none stands. No fault outlives a reboot: all that it writes lies in /run or in memory.
"""

from enum import StrEnum
from typing import NamedTuple

from lms_stack.engines import Engine
from lms_stack.roles import Role
from lms_stack.topology import Host

#: The transient unit that makes a fault while the load is held.
UNIT = "taphuan-drill"
#: Seconds after the beginning of the hold, so that the time before can be set beside it.
SOON = 8
#: No fault made during the hold lasts longer, whoever dies meanwhile.
LONGEST = 180
_DROP_IN = "taphuan-drill.conf"

#: Every fault that needs nothing but its name, and the one that needs a rate.
NAMES = ("error-page", "app-workers", "pgbouncer", "full-disk", "locked-table", "cold-cache", "frozen", "slower")
EDGE_LINK = "edge-link"

#: Included by nginx inside its location of the application; empty but for drills.
DRILL_FOLDER = "/etc/nginx/taphuan-drills"
# What an application that fails behind a proxy shows: it answers 200, and nothing that a learner came for.
ERROR_DIRECTIVES = 'default_type text/html;\nreturn 200 "<h1>Đã xảy ra lỗi</h1>";'


class When(StrEnum):
    """Whether a fault is there from the beginning, or begins while the peak is held."""

    BEFORE = "before"
    IN_THE_HOLD = "in the hold"


class Fault(NamedTuple):
    """A fault of a host of this role; its two scripts are run as root by a shell."""

    name: str
    role: Role
    when: When
    script: str
    undo: str

    @property
    def begin(self) -> str:
        """Make it, marked first."""
        return f"touch {self._mark} && {{\n{self.script}\n}}"

    @property
    def restore(self) -> str:
        """Take it back where it stands; the mark goes last."""
        return f"if test -e {self._mark}; then\n{self.undo}\nrm -f {self._mark}\nfi"

    @property
    def _mark(self) -> str:
        return _mark_of(self.name)


def _mark_of(name: str) -> str:
    return f"/run/{UNIT}-{name}"


def faults(engine: Engine, host: Host, bits: float = 0.0) -> tuple[Fault, ...]:
    """All faults that a host can have, of a stack that runs this engine.

    :param bits: the rate in bit/s to which `edge-link` narrows; to take it back none is needed.
    """
    return tuple(fault for fault in _all(engine, host, bits) if fault.role in host.roles)


def _all(engine: Engine, host: Host, bits: float) -> tuple[Fault, ...]:
    return (
        Fault(EDGE_LINK, Role.EDGE, When.BEFORE, _narrow(bits), _wide(host.link)),
        Fault("error-page", Role.EDGE, When.BEFORE, _error_page(), _no_error_page()),
        Fault("app-workers", Role.APP, When.BEFORE, _one_worker(engine), _all_workers(engine)),
        Fault("pgbouncer", Role.DATABASE, When.BEFORE, _small_pool(), _planned_pool()),
        Fault("full-disk", Role.EDGE, When.BEFORE, _full(engine.uploads), _empty(engine.uploads)),
        Fault("locked-table", Role.DATABASE, When.IN_THE_HOLD, _locked(engine), _unlocked()),
        Fault("cold-cache", Role.CACHE, When.IN_THE_HOLD, _emptied(), _filled()),
        Fault("frozen", Role.APP, When.IN_THE_HOLD, _frozen(engine), _thawed(engine)),
        Fault("slower", Role.APP, When.IN_THE_HOLD, _burdened(), _stopped()),
    )


def _later(script: str) -> str:
    """A script that runs by itself on the host, and is ended by systemd at the latest."""
    quoted = script.replace("'", "'\\''")
    return (
        f"systemd-run --quiet --collect --unit={UNIT} --property=RuntimeMaxSec={LONGEST} "
        f"--property=KillMode=control-group sh -c 'sleep {SOON}; {quoted}'"
    )


def _stopped() -> str:
    return f"systemctl stop {UNIT}.service 2>/dev/null || true"


def _narrow(bits: float) -> str:
    """What leaves by the default route, and so what learners receive, held to a rate.

    The interface and the kind of queue it had are written into the mark, once: a second drill on top does not count.
    """
    mark = _mark_of(EDGE_LINK)
    return f"""set -e
    interface=$(ip -o -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
    test -n "$interface"
    kind=$(tc qdisc show dev "$interface" root | sed -n '1s/^qdisc \\([^ ]*\\).*/\\1/p')
    test -s {mark} || echo "$interface $kind" >{mark}
    tc qdisc replace dev "$interface" root {_bucket(bits)}"""


def _wide(planned: float | None) -> str:
    """The planned rate where a token bucket stood before, the kernel's own queue where none did."""
    back = ":" if planned is None else f"tc qdisc replace dev $interface root {_bucket(planned)}"
    return f"""if read -r interface kind <{_mark_of(EDGE_LINK)}; then
      case $kind in tbf) {back};; *) tc qdisc del dev $interface root 2>/dev/null || true;; esac
    fi"""


def _bucket(bits: float) -> str:
    """A token bucket: 10 ms of burst (at least 32 KiB) and 50 ms of queue, as the lab shapes its links."""
    return f"tbf rate {int(bits)}bit burst {max(32 * 1024, int(bits / 8 * 0.010))} latency 50ms"


def _error_page() -> str:
    """Every page is an error with status 200, by a file in a folder in memory that lies over nginx's.

    nginx is restarted, not reloaded: that returns while the old workers still answer, and the fault would begin late.
    """
    return f"""set -e
    test -d {DRILL_FOLDER}
    mountpoint -q {DRILL_FOLDER} || mount -t tmpfs -o size=64k,mode=755 {UNIT} {DRILL_FOLDER}
    cat >{DRILL_FOLDER}/error.conf <<'END'
{ERROR_DIRECTIVES}
END
    nginx -t -q
    systemctl restart nginx"""


def _no_error_page() -> str:
    return f"{_empty(DRILL_FOLDER)}\nnginx -t -q && systemctl restart nginx"


def _one_worker(engine: Engine) -> str:
    """One process with one thread in place of the planned ones."""
    folder = f"/run/systemd/system/{engine.unit}.d"
    return f"""set -e
    mkdir -p {folder}
    {{ echo '[Service]'; echo 'ExecStart='
      sed -n '/^ExecStart=/{{s/--workers [0-9]*/--workers 1/; s/--blocking-threads [0-9]*/--blocking-threads 1/; p}}' \\
        /etc/systemd/system/{engine.unit}
      echo 'Environment={engine.workers}=1'; }} >{folder}/{_DROP_IN}
    systemctl daemon-reload
    systemctl restart {engine.unit}"""


def _all_workers(engine: Engine) -> str:
    folder = f"/run/systemd/system/{engine.unit}.d"
    return f"rm -rf {folder}\nsystemctl daemon-reload && systemctl restart {engine.unit}"


def _small_pool() -> str:
    """Two connections in place of the planned pool, by a file in memory that lies over the planned one."""
    settings, small = "/etc/pgbouncer/pgbouncer.ini", f"/run/{UNIT}.ini"
    return f"""set -e
    mountpoint -q {settings} && exit 0
    cp --preserve=mode,ownership {settings} {small}
    sed -i 's/^default_pool_size *=.*/default_pool_size = 2/; s/^min_pool_size *=.*/min_pool_size = 0/' {small}
    grep -q '^default_pool_size = 2' {small}
    mount --bind {small} {settings}
    systemctl restart pgbouncer"""


def _planned_pool() -> str:
    return f"umount /etc/pgbouncer/pgbouncer.ini 2>/dev/null\nrm -f /run/{UNIT}.ini\nsystemctl restart pgbouncer"


def _full(folder: str) -> str:
    """A small file system over the folder of uploads, filled to its last byte: this machine's own disk is not."""
    return f"""set -e
    mkdir -p {folder}
    mountpoint -q {folder} || mount -t tmpfs -o size=1m {UNIT} {folder}
    chown --reference={folder}/.. {folder}; chmod 2770 {folder}
    cat /dev/zero >{folder}/full 2>/dev/null || true"""


def _empty(folder: str) -> str:
    return f"""while test "$(findmnt -n -o SOURCE --mountpoint {folder} | tail -n 1)" = {UNIT}; do
      umount {folder} || umount --lazy {folder}
    done"""


def _locked(engine: Engine) -> str:
    """A transaction that holds a table which every page reads, for 12 seconds."""
    wish = f"BEGIN; LOCK TABLE {engine.busy_table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(12); COMMIT"
    return _later(f'PGAPPNAME={UNIT} runuser -u postgres -- psql -q -d {engine.database} -c "{wish}"')


def _unlocked() -> str:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name"
    return f"{_stopped()}\nrunuser -u postgres -- psql -q -d postgres -c \"{ended} = '{UNIT}'\" >/dev/null"


def _emptied() -> str:
    """Whatever the cache held is gone, sessions too: so it is after the loss of its host."""
    return _later("systemctl stop valkey-server; rm -rf /var/lib/valkey/appendonlydir; systemctl start valkey-server")


def _filled() -> str:
    return f"{_stopped()}\nsystemctl start valkey-server"


def _frozen(engine: Engine) -> str:
    """The application stands still for three seconds."""
    still, on = f"systemctl kill --signal=STOP {engine.unit}", f"systemctl kill --signal=CONT {engine.unit}"
    return _later(f"{still}; sleep 3; {on}")


def _thawed(engine: Engine) -> str:
    return f"{_stopped()}\nsystemctl kill --signal=CONT {engine.unit}"


def _burdened() -> str:
    """Every three seconds one more process that only wants CPU, as a job that leaks them would."""
    return _later("for n in 1 2 3 4 5 6 7 8; do (while :; do :; done) & sleep 3; done; wait")
