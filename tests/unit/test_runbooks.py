"""Every alert has a page and tasks; every page belongs to an alert."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lms_stack.errors import StepFailed
from lms_stack.remote import RemoteResult
from monitoring.names import Alert, runbook
from runbooks.index import FOLDER, Runbook, runbooks
from runbooks.tasks import TASKS, act, look
from tests.unit.stacks import small_stack, split_stack


class Recorded:
    """A Remote that notes what it is told to run."""

    def __init__(self, code: int = 0, down: str = "") -> None:
        self.commands: list[tuple[str, str]] = []
        self.code = code
        self.down = down

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
        self.commands.append((host, command))
        if host == self.down:
            raise StepFailed(f"{host}: no SSH connection")
        return RemoteResult(self.code, f"said by {host}\n", "")

    def put(self, host: str, content: bytes, path: str, *, mode: int = 0o600) -> None:
        raise AssertionError("a runbook writes no files")

    def get(self, host: str, path: str, local: Path) -> None:
        raise AssertionError("a runbook fetches no files")


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {alert.value for alert in Alert}


def test_an_alerts_link_leads_to_its_page() -> None:
    for alert in Alert:
        assert (FOLDER.parent / runbook(alert)).is_file()


@pytest.mark.parametrize("book", runbooks(), ids=lambda book: str(book.alert))
def test_a_page_speaks_vietnamese_first_and_names_every_act(book: Runbook) -> None:
    vietnamese, english = book.text.split("## English")
    assert vietnamese.startswith(f"# {book.alert}: ")
    for part in ("**Người học cảm thấy:**", "**Xem gì:**", "**Chạy gì:**"):
        assert part in vietnamese
    for name in book.acts:
        assert f"`{name}`" in vietnamese
        assert f"`{name}`" in english


def test_every_alert_has_something_to_look_at() -> None:
    assert set(TASKS) == set(Alert)
    assert all(tasks.looks for tasks in TASKS.values())


def test_looking_goes_to_the_hosts_of_the_role_only() -> None:
    remote = Recorded()
    look(Alert.DATABASE_CONNECTIONS_EXHAUSTED, remote, split_stack())
    assert {host for host, _ in remote.commands} == {"database-1"}


def test_looking_can_be_held_to_the_host_that_the_alert_names() -> None:
    remote = Recorded()
    look(Alert.DISK_FILLING, remote, small_stack(), host="monitor-1")
    assert {host for host, _ in remote.commands} == {"monitor-1"}


def test_a_host_that_does_not_answer_is_a_finding_and_the_others_are_still_asked() -> None:
    findings = look(Alert.HOST_DOWN, Recorded(down="lms-1"), small_stack())
    assert {"lms-1: no SSH connection", "said by monitor-1\n"} <= {finding.text for finding in findings}


def test_acting_runs_the_act_where_the_service_is() -> None:
    remote = Recorded()
    act(Alert.SITE_DOWN, "restart-application", remote, split_stack())
    assert remote.commands == [
        (host, "systemctl restart lophoc.service && systemctl is-active lophoc.service") for host in ("app-1", "app-2")
    ]


def test_an_unknown_act_is_refused_with_those_there_are() -> None:
    with pytest.raises(StepFailed, match="no act 'reboot'") as refusal:
        act(Alert.DISK_FILLING, "reboot", Recorded(), small_stack())
    assert refusal.value.hint == "it has: trim-journal, clean-packages"
