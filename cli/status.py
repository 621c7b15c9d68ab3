"""status: ten lines that say whether learners are well."""

import json
from typing import TYPE_CHECKING, Any

from cli.deployments import standing
from lms_stack.errors import ExitCode
from lms_stack.paths import DeploymentPaths

if TYPE_CHECKING:
    from cli.app import Settings


def status(settings: "Settings") -> tuple[dict[str, Any], str, ExitCode]:
    """Ask Prometheus about the deployment that stands.

    :raises StepFailed: nothing stands.
    """
    from monitoring.prometheus import Prometheus  # noqa: PLC0415
    from monitoring.status import status as asked  # noqa: PLC0415

    stack = standing(settings.paths)
    said = asked(Prometheus(stack.topology.url("prometheus")), stack.topology, stack.course.objectives)
    code = ExitCode.DONE if said.learners == "well" else ExitCode.STEP_FAILED
    return said.model_dump(mode="json"), said.text(), code


def last_verdict(paths: DeploymentPaths) -> str | None:
    """What the last verify said, and when; None where there was none."""
    reports = sorted(paths.measurements.glob("*/report.json"))
    if not reports:
        return None
    outcome = json.loads(reports[-1].read_text("utf-8"))["verdict"]
    return f"{outcome} ({reports[-1].parent.name})"
