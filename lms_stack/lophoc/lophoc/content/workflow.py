"""How the workflow of materials ends. Wagtail reads this while its own models are being made: import none here."""

from typing import Any


def publish(workflow_state: Any, user: Any = None) -> None:
    """Put on show the version that was appraised; the workflow may do so, no person may (policy.py)."""
    workflow_state.current_task_state.revision.publish(user=user, skip_permission_checks=True)
