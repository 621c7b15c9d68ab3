"""The only door to SSH: commands and files on the hosts of one Topology, over pinned host keys."""

import shlex
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from fabric import Config, Connection
from paramiko import Channel, RejectPolicy, SSHConfig, SSHException
from paramiko.hostkeys import HostKeyEntry

from lms_stack.errors import StepFailed
from lms_stack.paths import DeploymentPaths
from lms_stack.remote import RemoteResult
from lms_stack.topology import Host, Topology

#: Seconds until a host must have answered a connection attempt.
CONNECT_TIMEOUT = 10
#: Seconds between keep-alives, so that a dead line is noticed.
KEEPALIVE = 15
#: Seconds that the host gets to end a command by itself before the door gives up on it.
GRACE = 10.0
#: What coreutils' timeout answers when it ended the command, politely or not.
TIMED_OUT = (124, 137)

# $1 is the sshd process of this connection, $2 the seconds allowed, $3 the command. The command's standard input is
# kept on descriptor 3, for a shell gives what it puts into the background an empty one. The watcher ends the command
# when the connection has gone, as it does when the machine that gave the command dies.
_TIED = """
exec 3<&0
timeout --kill-after=5 "$2" sh -c "$3" <&3 3<&- &
work=$!
exec 3<&- </dev/null
(while sleep 1; do kill -0 "$1" 2>/dev/null || { kill "$work"; exit; }; done) >/dev/null 2>&1 &
watch=$!
wait "$work"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


class SshRemote:
    """lms_stack.remote.Remote over SSH. May be used from several threads; close it, or use it in `with`.

    Only the pinned key of a host is accepted, only the identity file of the Topology (or of `paths`) is offered;
    no agent, no configuration of the user's. A command ends with the connection that gave it, within two seconds.
    """

    def __init__(self, topology: Topology, paths: DeploymentPaths | None = None) -> None:
        """:param paths: the deployment whose identity file is used in place of the one each host names."""
        self._hosts = {host.name: host for host in topology.hosts}
        self._identity = paths.identity if paths else None
        self._connections: dict[str, Connection] = {}
        self._locks = {name: threading.Lock() for name in self._hosts}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; commands that still run on hosts end."""
        while self._connections:
            self._connections.popitem()[1].close()

    def run(
        self,
        host: str,
        command: str,
        *,
        stdin: str = "",
        timeout: float = 60.0,
        check: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> RemoteResult:
        """Run a shell command as root; see Remote.run. What goes in by stdin appears in no log and no error."""
        lines = _Lines(on_line)
        result = self._execute(host, command, stdin.encode(), timeout, lines.feed)
        lines.end()
        if check and result.code:
            raise _failed(host, command, f"ended with exit code {result.code}", result.stderr or lines.text)
        return RemoteResult(result.code, lines.text, result.stderr)

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        """Write a file on a host, whole or not at all: its length is checked before it takes its place."""
        target = shlex.quote(path)
        command = (
            f'set -e; umask 077; t=$(mktemp {target}.XXXXXX); trap \'rm -f "$t"\' EXIT; cat >"$t"; '
            f'test "$(stat -c %s "$t")" = {len(content)}; chmod {mode:o} "$t"; mv -T "$t" {target}'
        )
        result = self._execute(host, command, content, _seconds_for(len(content)), lambda _chunk: None)
        if result.code:
            raise _failed(host, f"write {path}", f"ended with exit code {result.code}", result.stderr)

    def get(self, host: str, path: str, local: Path) -> None:
        """Fetch a file from a host; the local file appears whole or not at all, mode 0600."""
        with tempfile.NamedTemporaryFile(dir=local.parent, prefix=f".{local.name}.", delete=False) as sink:
            temporary = Path(sink.name)
            try:
                result = self._execute(host, f"cat {shlex.quote(path)}", b"", _seconds_for(1 << 30), sink.write)
                if result.code:
                    raise _failed(host, f"read {path}", f"ended with exit code {result.code}", result.stderr)
                sink.flush()
                temporary.replace(local)
            finally:
                temporary.unlink(missing_ok=True)

    def _execute(
        self, host: str, command: str, stdin: bytes, timeout: float, sink: Callable[[bytes], object]
    ) -> RemoteResult:
        """Run a command; every chunk of stdout goes to the sink, stderr comes back."""
        started = time.monotonic()
        with _as_step_failed(host, command), self._channel(host) as channel:
            channel.settimeout(timeout + GRACE)
            channel.exec_command(_tied(self._hosts[host], command, timeout))
            threading.Thread(target=_give, args=(channel, stdin), daemon=True).start()
            errors = bytearray()
            reader = threading.Thread(target=_drain, args=(channel.recv_stderr, errors.extend), daemon=True)
            reader.start()
            _drain(channel.recv, sink, deadline=started + timeout + GRACE)
            reader.join(GRACE)
            code = channel.recv_exit_status()
        if code in TIMED_OUT and time.monotonic() - started >= timeout:
            raise _failed(host, command, f"did not end within {timeout:g} s", errors.decode(errors="replace"))
        return RemoteResult(code, "", errors.decode(errors="replace"))

    @contextmanager
    def _channel(self, host: str) -> Iterator[Channel]:
        transport = self._connection(host).transport
        channel = transport.open_session(timeout=CONNECT_TIMEOUT)
        try:
            yield channel
        finally:
            channel.close()

    def _connection(self, host: str) -> Connection:
        """The open connection to a host; one for all threads, each command has a channel of its own."""
        with self._locks[host]:
            connection = self._connections.get(host)
            if connection is None or not connection.is_connected:
                connection = _connect(self._hosts[host], self._identity)
                self._connections[host] = connection
            return connection


class _Lines:
    """Cuts chunks of bytes into lines of text for a listener, and keeps the whole text."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._on_line = on_line or (lambda _line: None)
        self._chunks: list[bytes] = []
        self._rest = b""

    @property
    def text(self) -> str:
        return b"".join(self._chunks).decode(errors="replace")

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._on_line(line.decode(errors="replace"))

    def end(self) -> None:
        if self._rest:
            self._on_line(self._rest.decode(errors="replace"))


def _connect(host: Host, identity: Path | None) -> Connection:
    config = Config(ssh_config=SSHConfig(), overrides={"load_ssh_configs": False})
    connection = Connection(
        host.address,
        user=host.user,
        port=host.ssh_port,
        config=config,
        connect_timeout=CONNECT_TIMEOUT,
        connect_kwargs={
            "key_filename": str(identity or host.identity_file),
            "allow_agent": False,
            "look_for_keys": False,
            "banner_timeout": CONNECT_TIMEOUT,
            "auth_timeout": CONNECT_TIMEOUT,
        },
    )
    _pin(connection, host)
    connection.open()
    connection.transport.set_keepalive(KEEPALIVE)
    return connection


def _pin(connection: Connection, host: Host) -> None:
    """Accept no key but the pinned one; Fabric alone would accept any."""
    name = host.address if host.ssh_port == 22 else f"[{host.address}]:{host.ssh_port}"
    entry = HostKeyEntry.from_line(f"{name} {host.host_key}")
    if entry is None or entry.key is None:
        raise StepFailed(f"{host.name}: its pinned host key can't be read", hint="`taphuan up` writes it anew")
    connection.client.set_missing_host_key_policy(RejectPolicy())
    connection.client.get_host_keys().add(name, entry.key.get_name(), entry.key)


def _tied(host: Host, command: str, timeout: float) -> str:
    """The command line for sshd: as root, held to a time, and ended with the connection ($PPID is its sshd)."""
    sudo = "" if host.user == "root" else "sudo -n "
    return f"{sudo}sh -c {shlex.quote(_TIED)} taphuan $PPID {timeout:g} {shlex.quote(command)}"


def _give(channel: Channel, stdin: bytes) -> None:
    try:
        channel.sendall(stdin)
        channel.shutdown_write()
    except OSError:
        return  # the command ended without reading all of it; its exit code tells


def _drain(receive: Callable[[int], bytes], sink: Callable[[bytes], object], *, deadline: float | None = None) -> None:
    while chunk := receive(65536):
        sink(chunk)
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError


@contextmanager
def _as_step_failed(host: str, command: str) -> Iterator[None]:
    """Every error of the connection becomes a StepFailed that names the host and the command."""
    try:
        yield
    except TimeoutError as error:
        raise _failed(host, command, "gave no answer in time", str(error)) from error
    except (SSHException, OSError, EOFError) as error:
        raise StepFailed(
            f"{host}: no SSH connection for `{_short(command)}`: {str(error) or type(error).__name__}",
            hint="is the host up, with the key that was pinned when it was made? `taphuan up` checks both",
        ) from error


def _failed(host: str, command: str, what: str, output: str) -> StepFailed:
    tail = "\n".join(output.strip().splitlines()[-5:])
    return StepFailed(f"{host}: `{_short(command)}` {what}" + (f":\n{tail}" if tail else ""))


def _short(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= 160 else f"{line[:157]}..."


def _seconds_for(size: int) -> float:
    """How long a file may take: a minute, and what it needs on a line of 1 MB/s."""
    return 60 + size / 1e6
