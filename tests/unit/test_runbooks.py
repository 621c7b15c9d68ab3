"""Every alert has a page and tasks; every page belongs to an alert."""

import pytest

from lms_stack.errors import StepFailed
from lms_stack.remote import RemoteResult
from monitoring.names import Alert, runbook
from runbooks.index import FOLDER, Runbook, runbooks
from runbooks.tasks import TASKS, act, look
from tests.unit.fake_remote import FakeRemote
from tests.unit.stacks import small_stack, split_stack


class Hosts(FakeRemote):
    """Hosts that say who they are, but for one that is down."""

    def __init__(self, down: str = "") -> None:
        super().__init__()
        self.down = down

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        if host == self.down:
            raise StepFailed(f"{host}: no SSH connection")
        return RemoteResult(0, f"said by {host}\n", "")


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
    remote = Hosts()
    look(Alert.DATABASE_CONNECTIONS_EXHAUSTED, remote, split_stack())
    assert {host for host, _ in remote.told} == {"database-1"}


def test_looking_can_be_held_to_the_host_that_the_alert_names() -> None:
    remote = Hosts()
    look(Alert.DISK_FILLING, remote, small_stack(), host="monitor-1")
    assert {host for host, _ in remote.told} == {"monitor-1"}


def test_a_host_that_does_not_answer_is_a_finding_and_the_others_are_still_asked() -> None:
    findings = look(Alert.HOST_DOWN, Hosts(down="lms-1"), small_stack())
    assert {"lms-1: no SSH connection", "said by monitor-1\n"} <= {finding.text for finding in findings}


def test_acting_runs_the_act_where_the_service_is() -> None:
    remote = Hosts()
    act(Alert.SITE_DOWN, "restart-application", remote, split_stack())
    assert remote.told == [
        (host, "systemctl restart lophoc.service && systemctl is-active lophoc.service") for host in ("app-1", "app-2")
    ]


def test_an_unknown_act_is_refused_with_those_there_are() -> None:
    with pytest.raises(StepFailed, match="no act 'reboot'") as refusal:
        act(Alert.DISK_FILLING, "reboot", Hosts(), small_stack())
    assert refusal.value.hint == "it has: trim-journal, clean-packages"
