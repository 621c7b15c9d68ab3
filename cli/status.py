"""status: ten lines that say whether learners are well."""

import json
from datetime import UTC, datetime
from typing import Any

from cli.deployments import standing
from cli.settings import Settings
from lms_stack.course import VIET_NAM
from lms_stack.errors import ExitCode
from lms_stack.paths import MEASURED_AT, DeploymentPaths


def status(settings: Settings) -> tuple[dict[str, Any], str, ExitCode]:
    """Ask Prometheus about the deployment that stands.

    :raises StepFailed: nothing stands.
    """
    from monitoring.prometheus import Prometheus  # noqa: PLC0415
    from monitoring.status import status as asked  # noqa: PLC0415

    stack = standing(settings.paths)
    prometheus = Prometheus(stack.topology.url("prometheus"))
    said = asked(prometheus, stack.topology, stack.course.objectives, last_verdict(settings.paths))
    code = ExitCode.DONE if said.learners == "well" else ExitCode.STEP_FAILED
    return said.model_dump(mode="json"), said.text(), code


def last_verdict(paths: DeploymentPaths) -> str | None:
    """What the last verify of the plan as it is said, and when, in Viet Nam's time; None where there was none."""
    for report in sorted(paths.measurements.glob("*/report.json"), reverse=True):
        found = json.loads(report.read_text("utf-8"))
        if not found["what_if"]:
            when = datetime.strptime(report.parent.name, MEASURED_AT).replace(tzinfo=UTC).astimezone(VIET_NAM)
            return f"{found['verdict'].replace('_', ' ')}, {when:%d/%m/%Y %H:%M}"
    return None
