"""The door to SSH against a real sshd on loopback."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lms_stack.errors import StepFailed
from lms_stack.plan import Role
from lms_stack.provisioned import ProvisionedNetwork
from lms_stack.topology import Host, Topology
from runbooks.ssh import SshRemote
from tests.contracts.own_sshd import NEEDED, sshd
from tests.contracts.ports import answers, free_port

pytestmark = [pytest.mark.contract, NEEDED]


def _key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def _eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    """One host: a real sshd on loopback with a key pair of its own."""
    folder = tmp_path_factory.mktemp("sshd")
    folder.chmod(0o700)
    host_key = _key(folder / "host")
    (folder / "authorized").write_text(_key(folder / "client") + "\n")
    port = free_port()
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile {folder}/pid\nPasswordAuthentication no\nUsePAM no\nPermitRootLogin yes\nStrictModes no\n"
    )
    server = subprocess.Popen(sshd("-f", str(folder / "sshd_config")), stderr=subprocess.DEVNULL)
    try:
        assert _eventually(lambda: answers(port)), "sshd did not start"
        yield _topology(port, host_key, folder / "client")
    finally:
        server.terminate()
        server.wait(10)


def _topology(port: int, host_key: str, identity: Path) -> Topology:
    host = Host(
        name="lms-1",
        roles=(Role.EDGE,),
        address="127.0.0.1",
        ssh_port=port,
        user="root",
        host_key=host_key,
        identity_file=identity,
        cores=1,
        memory=1 << 30,
    )
    network = ProvisionedNetwork(cidr="127.0.0.0/8", operator_address="127.0.0.1", interface="lo")
    return Topology(deployment="t", domain="lms.t.test", network=network, hosts=(host,))


@pytest.fixture
def remote(topology: Topology) -> Iterator[SshRemote]:
    with SshRemote(topology) as remote:
        yield remote


def test_a_command_runs_as_root_and_gives_back_both_streams_and_its_code(remote: SshRemote) -> None:
    result = remote.run("lms-1", "id -u; echo xin chào; echo lỗi >&2; exit 3", check=False)
    assert result == (3, "0\nxin chào\n", "lỗi\n")


def test_a_failed_command_names_the_host_the_command_and_its_last_words(remote: SshRemote) -> None:
    with pytest.raises(
        StepFailed, match=r"lms-1: `echo no such unit >&2; exit 4` ended with exit code 4:\nno such unit"
    ):
        remote.run("lms-1", "echo no such unit >&2; exit 4")


def test_standard_input_reaches_the_command_but_no_error(remote: SshRemote) -> None:
    secret = "mật-khẩu\n" * 200_000  # more than the pipes hold, both ways at once
    assert remote.run("lms-1", "cat", stdin=secret).stdout == secret
    with pytest.raises(StepFailed) as failure:
        remote.run("lms-1", "read -r line; exit 5", stdin="mật-khẩu\n")
    assert "mật-khẩu" not in str(failure.value)


def test_lines_come_while_the_command_still_runs(remote: SshRemote, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    seen: list[str] = []

    def on_line(line: str) -> None:
        seen.append(line)
        go_on.touch()

    remote.run("lms-1", f"echo first; until [ -e {go_on} ]; do sleep 0.1; done; printf last", on_line=on_line)
    assert seen == ["first", "last"]


def test_a_command_that_takes_too_long_is_ended_on_the_host(remote: SshRemote, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(StepFailed, match="did not end within 1 s"):
        remote.run("lms-1", f"echo $$ >{pid}; sleep 300; true", timeout=1)
    assert _eventually(lambda: _gone(pid))


def _gone(pid: Path) -> bool:
    return bool(pid.exists() and pid.read_text().strip()) and not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_a_wrong_host_key_is_refused_before_anything_is_run(topology: Topology, tmp_path: Path) -> None:
    wrong = topology.model_copy(
        update={"hosts": (topology.hosts[0].model_copy(update={"host_key": _key(tmp_path / "other")}),)}
    )
    with SshRemote(wrong) as remote, pytest.raises(StepFailed, match="lms-1: no SSH connection"):
        remote.run("lms-1", f"touch {tmp_path}/was-run")
    assert not (tmp_path / "was-run").exists()


def test_a_host_without_a_known_key_is_refused(topology: Topology) -> None:
    unknown = topology.model_copy(update={"hosts": (topology.hosts[0].model_copy(update={"host_key": ""}),)})
    with SshRemote(unknown) as remote, pytest.raises(StepFailed, match="pinned host key can't be read"):
        remote.run("lms-1", "true")


def test_a_wrong_client_key_is_refused_by_the_host(topology: Topology, tmp_path: Path) -> None:
    _key(tmp_path / "other")
    wrong = topology.model_copy(
        update={"hosts": (topology.hosts[0].model_copy(update={"identity_file": tmp_path / "other"}),)}
    )
    with SshRemote(wrong) as remote, pytest.raises(StepFailed, match="no SSH connection"):
        remote.run("lms-1", "true")


def test_a_host_that_is_down_is_named(topology: Topology) -> None:
    down = topology.model_copy(update={"hosts": (topology.hosts[0].model_copy(update={"ssh_port": free_port()}),)})
    with SshRemote(down) as remote, pytest.raises(StepFailed, match="lms-1: no SSH connection for `true`"):
        remote.run("lms-1", "true")


def test_files_go_there_and_back_with_their_mode(remote: SshRemote, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    remote.put("lms-1", content, f"{tmp_path}/it's there", mode=0o640)
    assert (tmp_path / "it's there").stat().st_mode & 0o777 == 0o640
    remote.get("lms-1", f"{tmp_path}/it's there", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content


def test_a_file_that_can_not_be_fetched_leaves_nothing_behind(remote: SshRemote, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="No such file"):
        remote.get("lms-1", f"{tmp_path}/nothing", tmp_path / "back")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_can_not_be_written_leaves_the_old_one(remote: SshRemote, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(StepFailed, match="write"):
        remote.put("lms-1", b"new", f"{tmp_path}/kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_connection_that_broke_while_nobody_asked_is_opened_anew(remote: SshRemote) -> None:
    remote.run("lms-1", "true")
    remote._connections["lms-1"].transport.close()
    assert remote.run("lms-1", "echo again").stdout == "again\n"


def test_several_threads_share_the_door(remote: SshRemote) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: remote.run("lms-1", f"echo {number}").stdout.strip(), range(8)))
    assert answers == [str(number) for number in range(8)]


def test_a_command_ends_when_the_process_that_gave_it_is_killed(topology: Topology, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    (tmp_path / "topology.json").write_text(topology.model_dump_json())
    program = f"""
        from pathlib import Path
        from lms_stack.topology import Topology
        from runbooks.ssh import SshRemote
        topology = Topology.model_validate_json(Path("{tmp_path}/topology.json").read_text())
        SshRemote(topology).run("lms-1", "echo $$ >{pid}; sleep 300; true", timeout=300)
    """
    controller = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)])
    try:
        assert _eventually(lambda: pid.exists() and bool(pid.read_text()))
        controller.send_signal(signal.SIGKILL)
        assert _eventually(lambda: _gone(pid))
    finally:
        controller.kill()
        controller.wait(10)
