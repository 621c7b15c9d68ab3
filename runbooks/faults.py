"""Faults of the stack itself, by name: what a drill does on the hosts of a role, and how it is taken back.

A mark in /run says that a fault stands, so that it is taken back after a killed run, too, and nothing is done where
none stands. No fault outlives a reboot: all that it writes lies in /run or in memory.
"""

from enum import StrEnum
from typing import NamedTuple

from lms_stack.engines import Engine
from lms_stack.roles import Role

#: The transient unit that makes a fault while the load is held.
UNIT = "taphuan-drill"
#: Seconds after the beginning of the hold, so that the time before can be set beside it.
SOON = 8
#: No fault made during the hold lasts longer, whoever dies meanwhile.
LONGEST = 180
_DROP_IN = "taphuan-drill.conf"


#: Every fault by its name.
NAMES = ("app-workers", "pgbouncer", "full-disk", "locked-table", "cold-cache", "frozen", "slower")


class When(StrEnum):
    """Whether a fault is there from the beginning, or begins while the peak is held."""

    BEFORE = "before"
    IN_THE_HOLD = "in the hold"


class Fault(NamedTuple):
    """A fault of every host of a role; its two scripts are run as root by a shell."""

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
        return f"/run/{UNIT}-{self.name}"


def faults(engine: Engine) -> tuple[Fault, ...]:
    """All faults of a stack that runs this engine."""
    return (
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
