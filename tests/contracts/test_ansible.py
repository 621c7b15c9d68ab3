"""The door to ansible-runner: real runs of Ansible against this machine, with and without an sshd on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lms_stack.errors import StepFailed
from playbooks import runner
from playbooks.judgement import ConfigureResult
from tests.contracts import own_sshd

ROOT = Path(__file__).parent.parent.parent
SECRET = "a-secret-of-this-test"

pytestmark = pytest.mark.contract

Play = Callable[..., ConfigureResult]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run tasks on hosts; `this` is this machine without SSH unless other hosts are given."""

    def run(tasks: str, *, hosts: dict[str, Any] | None = None, **options: Any) -> ConfigureResult:
        playbook = tmp_path / "play.yml"
        playbook.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
        here = {"this": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
        known_hosts = tmp_path / "ssh" / "known_hosts"
        known_hosts.parent.mkdir(exist_ok=True)
        return runner.run_playbook(
            playbook,
            {"all": {"hosts": hosts or here}},
            {"secret": SECRET},
            known_hosts=known_hosts,
            log=tmp_path / "logs" / "play.log",
            **options,
        )

    return run


def _task(name: str, module: str, arguments: str, extra: str = "") -> str:
    return f"    - name: {name}\n      ansible.builtin.{module}: {arguments}\n{extra}"


def test_a_run_counts_what_it_changed_and_a_second_one_changes_nothing(play: Play, tmp_path: Path) -> None:
    task = _task("Write it", "copy", f"{{content: x, dest: {tmp_path}/made, mode: '0600'}}")
    assert play(task).changed == 1
    assert play(task).changed == 0
    assert (tmp_path / "made").read_text() == "x"


def test_check_mode_changes_nothing(play: Play, tmp_path: Path) -> None:
    task = _task("Write it", "copy", f"{{content: x, dest: {tmp_path}/made, mode: '0600'}}")
    assert play(task, check=True).changed == 1
    assert not (tmp_path / "made").exists()


def test_a_failing_task_is_named_with_its_host_its_words_and_the_log(play: Play, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"this: `Break it` failed: it is broken") as caught:
        play(_task("Break it", "fail", "{msg: it is broken}"))
    assert caught.value.log == tmp_path / "logs" / "play.log"
    assert "it is broken" in caught.value.log.read_text()


def test_a_playbook_that_is_no_yaml_is_a_failed_step(play: Play) -> None:
    with pytest.raises(StepFailed, match="without a word about this"):
        play("    - [")


def test_secrets_reach_the_task_but_neither_log_nor_disk_nor_argument_list(play: Play, tmp_path: Path) -> None:
    seen: list[str] = []
    listing = _task("Look", "command", f"sh -c 'ps -ewwo args > {tmp_path}/args'", "      changed_when: false\n")
    write = _task("Use it", "copy", f"{{content: '{{{{ secret }}}}', dest: {tmp_path}/held, mode: '0600'}}")
    play(listing + write + "      no_log: true\n", raw=seen.append)
    assert (tmp_path / "held").read_text() == SECRET
    (tmp_path / "held").unlink()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET in path.read_text(errors="replace")]
    assert left == []
    assert "ansible-playbook" in (tmp_path / "args").read_text()
    assert SECRET not in "\n".join(seen)


def test_the_folder_in_memory_is_gone_afterwards_even_when_a_task_failed(play: Play, tmp_path: Path) -> None:
    folder = runner.memory_folder(tmp_path / "ssh" / "known_hosts")
    look = _task("Look", "file", f"{{path: {folder}, state: directory, mode: '0700'}}")
    with pytest.raises(StepFailed, match="Break it"):
        play(look + _task("Break it", "fail", "{msg: it is broken}"))
    assert "changed: [this]" not in (tmp_path / "logs" / "play.log").read_text(), "it was there, for us only"
    assert not folder.exists()


def test_nobodys_own_ansible_settings_play_a_part(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ansible.cfg").write_text("[defaults]\nroles_path = /nowhere\n")
    monkeypatch.setenv("ANSIBLE_CONFIG", str(tmp_path / "ansible.cfg"))
    monkeypatch.setenv("ANSIBLE_CHECK_MODE_MARKERS", "yes")
    monkeypatch.setenv("ANSIBLE_STRATEGY", "debug")
    task = _task("Say it", "debug", "{msg: \"{{ lookup('ansible.builtin.env', 'ANSIBLE_CONFIG') }}\"}")
    lines: list[str] = []
    play(task, raw=lines.append)
    assert str(runner.HERE / "ansible.cfg") in "\n".join(lines)


def test_it_tells_which_task_is_at_work_on_which_host(play: Play) -> None:
    told: list[str] = []
    play(_task("Say it", "debug", "{msg: hello}"), tell=told.append)
    assert told == ["this: Say it"]


def test_a_host_that_does_not_answer_is_unreachable(play: Play) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        gone = {"gone": {"ansible_host": "127.0.0.1", "ansible_port": taken.getsockname()[1]}}
        with pytest.raises(StepFailed, match="gone can't be reached"):
            play(_task("Say it", "ping", "{}"), hosts=gone)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """An sshd on loopback with a host key of its own; gives back the host's variables."""
    if os.geteuid() != 0 or not Path(own_sshd.SSHD).exists():
        pytest.skip("needs root and Debian's openssh-server")
    for name in ("host", "client", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (
        f"Port={port}",
        "ListenAddress=127.0.0.1",
        f"HostKey={tmp_path / 'host'}",
        f"AuthorizedKeysFile={tmp_path / 'client.pub'}",
        "StrictModes=no",
        "PidFile=none",
    )
    command = own_sshd.sshd("-f", "/dev/null", *(word for option in options for word in ("-o", option)))
    with (tmp_path / "sshd.log").open("wb") as log, subprocess.Popen(command, stderr=log) as server:
        _wait_until(lambda: _answers(port))
        yield {
            "ansible_host": "127.0.0.1",
            "ansible_port": port,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(tmp_path / "client"),
            "ansible_python_interpreter": sys.executable,
        }
        server.terminate()


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def _processes() -> str:
    return subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout


def _pin(tmp_path: Path, port: int, key: str) -> None:
    folder = tmp_path / "ssh"
    folder.mkdir(exist_ok=True)
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(tmp_path / f'{key}.pub').read_text()}")


def test_a_host_with_the_pinned_key_is_reached(play: Play, sshd: dict[str, Any], tmp_path: Path) -> None:
    _pin(tmp_path, sshd["ansible_port"], "host")
    assert play(_task("Reach it", "ping", "{}"), hosts={"there": sshd}).per_host["there"].ok == 1


def test_a_host_with_another_key_than_the_pinned_one_is_refused(
    play: Play, sshd: dict[str, Any], tmp_path: Path
) -> None:
    _pin(tmp_path, sshd["ansible_port"], "other")
    with pytest.raises(StepFailed, match=r"there can't be reached.*host key"):
        play(_task("Reach it", "ping", "{}"), hosts={"there": sshd})


def test_a_host_whose_key_nobody_pinned_is_refused(play: Play, sshd: dict[str, Any]) -> None:
    with pytest.raises(StepFailed, match="there can't be reached"):
        play(_task("Reach it", "ping", "{}"), hosts={"there": sshd})


def test_no_process_outlives_a_run(play: Play, sshd: dict[str, Any], tmp_path: Path) -> None:
    _pin(tmp_path, sshd["ansible_port"], "host")
    play(_task("Reach it", "ping", "{}"), hosts={"there": sshd})
    mine = [line for line in _processes().splitlines() if str(sshd["ansible_port"]) in line and "sshd" not in line]
    assert mine == []


PROGRAM = """
import sys
from pathlib import Path
from playbooks.runner import run_playbook
here = {"this": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
folder = Path(sys.argv[1])
hosts = {"all": {"hosts": here}}
run_playbook(folder / "play.yml", hosts, {}, known_hosts=folder / "ssh" / "known_hosts", log=folder / "log")
"""


def test_what_a_killed_run_left_at_work_ends_before_the_next_run_begins(play: Play, tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        + _task("Begin", "file", f"{{path: {tmp_path}/begun, state: touch, mode: '0600'}}")
        + _task("Go on", "command", "sleep 300")
        + _task("Never", "file", f"{{path: {tmp_path}/never, state: touch, mode: '0600'}}")
    )
    # nohup, as people on weak links do: then no hang-up ends it.
    killed = subprocess.Popen(["nohup", sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT)
    _wait_until((tmp_path / "begun").exists)
    killed.kill()
    killed.wait()
    play(_task("Say it", "debug", "{msg: hello}"))
    assert str(runner.memory_folder(tmp_path / "ssh" / "known_hosts")) not in _processes()
    assert not (tmp_path / "never").exists()
