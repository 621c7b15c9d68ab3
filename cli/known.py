"""The facts that a deployment is planned by: the shipped ones, with its own calibration where there is one."""

from pathlib import Path

from lms_stack.calibration import Calibration, calibrated, read
from lms_stack.evenings import with_activity
from lms_stack.facts import Facts, facts
from lms_stack.paths import DeploymentPaths


def known(paths: DeploymentPaths, file: Path | None = None) -> Facts:
    """The facts of a deployment: how many study at once by its own days, where a refit said so.

    :param file: a calibration of elsewhere to use in place of the deployment's own; it is scaled to the speed of this
        deployment's cores where that is known.
    :raises UsageError: the calibration, or what the days said, can't be read.
    """
    own, activity = own_calibration(paths), with_activity(facts(), paths.activity)
    if file is None:
        return calibrated(activity, own) if own else activity
    return calibrated(activity, read(file), speed=own.machine.speed if own else None)


def own_calibration(paths: DeploymentPaths) -> Calibration | None:
    """What the deployment was calibrated to; None where it never was.

    :raises UsageError: it is there and can't be read.
    """
    return read(paths.calibration) if paths.calibration.exists() else None
