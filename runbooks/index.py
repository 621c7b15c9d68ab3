"""The list of runbooks: for each alert its page and the tasks it has."""

from pathlib import Path

from lms_stack.units import Frozen
from monitoring.names import Alert
from runbooks.tasks import TASKS

FOLDER = Path(__file__).parent


class Runbook(Frozen):
    """One alert's page and the names of what can be looked at and done."""

    alert: Alert
    page: Path
    looks: tuple[str, ...]
    acts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The page, Vietnamese first."""
        return self.page.read_text("utf-8")


def runbooks() -> tuple[Runbook, ...]:
    """Every runbook, in the order of the alerts."""
    return tuple(
        Runbook(
            alert=alert,
            page=FOLDER / f"{alert}.md",
            looks=tuple(command.what for command in TASKS[alert].looks),
            acts=tuple(TASKS[alert].acts),
        )
        for alert in Alert
    )
