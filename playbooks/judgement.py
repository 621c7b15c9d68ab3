"""Whether a run of ansible-runner was good: its return code, its statistics and every host in the recap must agree."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lms_stack.errors import StepFailed
from lms_stack.units import Frozen

#: Lines of a failed task's own message that a person is shown; the rest is in the log.
MESSAGE_LINES = 8


class HostResult(Frozen):
    """One line of the recap."""

    ok: int = 0
    changed: int = 0
    unreachable: int = 0
    failed: int = 0
    skipped: int = 0
    rescued: int = 0
    ignored: int = 0


class ConfigureResult(Frozen):
    """What a run did: how many tasks changed something, on all hosts and on each."""

    changed: int
    per_host: Mapping[str, HostResult]


class Failure(Frozen):
    """One task that failed on one host, or a host that could not be reached."""

    host: str
    task: str
    message: str
    unreachable: bool = False

    def __str__(self) -> str:
        if self.unreachable:
            return f"{self.host} can't be reached: {self.message}"
        return f"{self.host}: `{self.task}` failed: {self.message}"


#: The recap's columns by the names that ansible-runner gives them.
_COLUMNS = {
    "ok": "ok",
    "changed": "changed",
    "dark": "unreachable",
    "failures": "failed",
    "skipped": "skipped",
    "rescued": "rescued",
    "ignored": "ignored",
}


def failure_of(event: Mapping[str, Any]) -> Failure | None:
    """The failure that an event tells of; None for every other event."""
    data = event.get("event_data") or {}
    kind = event.get("event", "")
    if kind not in ("runner_on_failed", "runner_on_unreachable", "runner_on_async_failed") or data.get("ignore_errors"):
        return None
    return Failure(
        host=str(data.get("host", "a host")),
        task=str(data.get("task", "a task")),
        message=_message(data.get("res") or {}),
        unreachable=kind == "runner_on_unreachable",
    )


def _message(result: Mapping[str, Any]) -> str:
    """What a module said, shortened; of a task with no_log there is nothing to show."""
    failed_items = [item for item in result.get("results", []) if isinstance(item, dict) and item.get("failed")]
    spoken = failed_items[0] if failed_items else result
    if "censored" in spoken:
        return "its output is hidden, for it holds secrets"
    parts = [str(spoken.get(name, "")).strip() for name in ("msg", "stderr", "module_stderr")]
    lines = "\n".join(dict.fromkeys(part for part in parts if part)).splitlines()
    return "\n".join(lines[-MESSAGE_LINES:]) or "it gave no reason"


def recap(stats: Mapping[str, Mapping[str, int]] | None) -> dict[str, HostResult]:
    """ansible-runner's statistics, host by host."""
    columns = stats or {}
    names = {name for column in columns.values() for name in column}
    return {
        name: HostResult(**{ours: int(columns.get(theirs, {}).get(name, 0)) for theirs, ours in _COLUMNS.items()})
        for name in sorted(names)
    }


def judge(
    status: str,
    code: int | None,
    stats: Mapping[str, Mapping[str, int]] | None,
    hosts: Iterable[str],
    failures: Iterable[Failure],
    log: Path,
) -> ConfigureResult:
    """The result of a run in which nothing went wrong.

    :param hosts: the hosts that must be in the recap.
    :raises StepFailed: anything went wrong, or the run doesn't prove that nothing did.
    """
    per_host = recap(stats)
    bad = next(iter(failures), None)
    if bad:
        raise StepFailed(str(bad), hint="correct what it says and run the same command again", log=log)
    if missing := sorted(set(hosts) - set(per_host)):
        raise StepFailed(f"Ansible ended without a word about {', '.join(missing)} ({status}, code {code})", log=log)
    troubled = [name for name, host in per_host.items() if host.failed or host.unreachable]
    if troubled or status != "successful" or code != 0:
        where = f" on {', '.join(troubled)}" if troubled else ""
        raise StepFailed(f"Ansible ended with {status}, code {code}{where}", log=log)
    return ConfigureResult(changed=sum(host.changed for host in per_host.values()), per_host=per_host)
