"""The only door to ansible-runner: configures the hosts of a Topology and says what that changed."""

import importlib.util
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

import ansible_runner

from lms_stack.errors import StepFailed
from playbooks import leftovers
from playbooks.document import as_yaml
from playbooks.inputs import Artifacts, ConfigureInputs
from playbooks.judgement import ConfigureResult, Failure, HostResult, failure_of, judge
from playbooks.secret_variables import secret_variables
from playbooks.variables import inventory

__all__ = ["Artifacts", "ConfigureInputs", "ConfigureResult", "HostResult", "configure", "run_playbook"]

HERE = Path(__file__).resolve().parent
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there, mode 0700
#: Ansible begins nothing new once we are gone; setpriv is in Debian's util-linux. A task that is at work comes to its
#: end, or to the next run, whichever is first.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")

Speak = Callable[[str], None]


def configure(
    inputs: ConfigureInputs,
    *,
    log: Path,
    tell: Speak = lambda _text: None,
    raw: Speak = lambda _text: None,
    check: bool = False,
) -> ConfigureResult:
    """Bring every host of the topology to what the plan says.

    :param log: gets Ansible's whole output.
    :param tell: is told the task and the host that is at work.
    :param raw: gets Ansible's output line by line.
    :param check: look only, change nothing.
    :raises StepFailed: a task failed, a host can't be reached, or the run doesn't prove that all went well.
    """
    return run_playbook(
        HERE / "site.yml",
        inventory(inputs),
        secret_variables(inputs),
        known_hosts=inputs.deployment.known_hosts,
        log=log,
        tell=tell,
        raw=raw,
        check=check,
    )


def run_playbook(  # noqa: PLR0913 - each is one fact of a run, and all but three have a default
    playbook: Path,
    hosts: Mapping[str, Any],
    secrets: Mapping[str, Any],
    *,
    known_hosts: Path,
    log: Path,
    tell: Speak = lambda _text: None,
    raw: Speak = lambda _text: None,
    check: bool = False,
) -> ConfigureResult:
    """Run one playbook against an inventory; see configure.

    The variables lie in a folder in memory that only we can read, which is gone afterwards: secrets are in no
    argument list, no artefact and no log.
    """
    listener = _Listener(tell, raw)
    with _private_folder(known_hosts) as folder, _signals_kept(), _opened(log) as listener.log:
        (folder / "inventory.yaml").write_text(as_yaml(hosts), "utf-8")
        (folder / "secrets.yaml").write_text(as_yaml(secrets), "utf-8")
        runner = ansible_runner.interface.init_runner(
            private_data_dir=str(folder),
            playbook=str(playbook),
            inventory=str(folder / "inventory.yaml"),
            cmdline=shlex.join(["--extra-vars", f"@{folder / 'secrets.yaml'}", *(["--check"] if check else [])]),
            event_handler=listener.heard,
            cancel_callback=_cancelled(),
            settings={"suppress_ansi_output": True, "pexpect_timeout": 1},
            quiet=True,
        )
        runner.config.env = _environment(runner.config.env, folder, known_hosts)
        runner.config.command = [*DIES_WITH_US, *runner.config.command]
        status, code = runner.run()
    if status == "canceled":
        raise KeyboardInterrupt
    return judge(status, code, listener.stats, hosts["all"]["hosts"], listener.failures, log)


class _Listener:
    """Hears every event: writes the log, tells what is at work, remembers failures."""

    def __init__(self, tell: Speak, raw: Speak) -> None:
        self.log: TextIO
        self.failures: list[Failure] = []
        # ansible-runner's own `stats` reads the events' files, of which there are none.
        self.stats: Mapping[str, Mapping[str, int]] = {}
        self._tell = tell
        self._raw = raw

    def heard(self, event: dict[str, Any]) -> bool:
        """Called for each event; False, so that ansible-runner writes none of them to a file."""
        if text := event.get("stdout", ""):
            self.log.write(text + "\n")
            self.log.flush()
            for line in text.splitlines():
                self._raw(line)
        data = event.get("event_data") or {}
        if event.get("event") == "runner_on_start":
            self._tell(f"{data.get('host')}: {data.get('task')}")
        if event.get("event") == "playbook_on_stats":
            self.stats = {name: column for name, column in data.items() if isinstance(column, dict)}
        if failure := failure_of(event):
            self.failures.append(failure)
        return False


def _environment(given: Mapping[str, str], folder: Path, known_hosts: Path) -> dict[str, str]:
    """What Ansible sees: nobody's own ansible.cfg, ANSIBLE_* or ssh_config, only our settings and our host keys."""
    theirs = {name for name in os.environ if name.startswith("ANSIBLE_")}
    # ansible-runner's own settings (its callback plugin) are in `given` and stay, for it sets them after the copy.
    kept = {name: value for name, value in given.items() if name not in theirs or value != os.environ[name]}
    kept.pop("ANSIBLE_FORCE_COLOR", None)
    ssh = {
        "UserKnownHostsFile": f'"{known_hosts}"',
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "PasswordAuthentication": "no",
        "ConnectTimeout": "15",
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "4",
        "ControlMaster": "no",  # mitogen keeps its one connection itself: no socket, no process that outlives the run
    }
    options = [word for name, value in ssh.items() for word in ("-o", f"{name}={value}")]
    return kept | {
        "ANSIBLE_CONFIG": str(HERE / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner sets False, which would beat every option below
        "ANSIBLE_LIBRARY": str(HERE / "library"),
        "ANSIBLE_ROLES_PATH": str(HERE / "roles"),
        "ANSIBLE_STRATEGY": "mitogen_free",
        "ANSIBLE_STRATEGY_PLUGINS": str(_mitogen() / "plugins" / "strategy"),
        "ANSIBLE_SSH_ARGS": shlex.join(["-F", "/dev/null", *options]),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), given.get("PATH", os.defpath))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _mitogen() -> Path:
    found = importlib.util.find_spec("ansible_mitogen")
    if found is None or not found.submodule_search_locations:
        raise StepFailed("the Python package mitogen isn't installed", hint="start the program by ./taphuan")
    return Path(found.submodule_search_locations[0])


def memory_folder(known_hosts: Path) -> Path:
    """Where a deployment's variables lie while a run goes on."""
    name = sha256(str(known_hosts).encode()).hexdigest()[:12]
    base = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else known_hosts.parent.parent
    return base / f"taphuan-{os.geteuid()}-{name}"


@contextmanager
def _private_folder(known_hosts: Path) -> Iterator[Path]:
    """A folder in memory for one deployment's run; what a killed run left there goes first."""
    folder = memory_folder(known_hosts)
    leftovers.end(folder)  # they would work on beside this run
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # fails where somebody else has put something in its place
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(log: Path) -> Iterator[TextIO]:
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        yield handle


@contextmanager
def _signals_kept() -> Iterator[None]:
    """ansible-runner takes SIGINT and SIGTERM for itself and never gives them back."""
    held = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in held.items():
            _restore(number, handler)


def _restore(number: signal.Signals, handler: Any) -> None:
    try:
        signal.signal(number, handler)
    except ValueError:
        return  # not the main thread: there ansible-runner could take nothing either


def _cancelled() -> Callable[[], bool] | None:
    """Whether a person asked to stop; ansible-runner then ends Ansible with all its children."""
    watch: Callable[[], bool] | None = ansible_runner.utils.signal_handler()
    return watch
