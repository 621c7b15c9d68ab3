"""down: remove what a deployment made, and nothing else."""

import shutil
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli.setup.pulumi_cli import ensure_pulumi
from lms_stack.paths import cache_root

if TYPE_CHECKING:
    from cli.app import Settings

#: What is kept of a deployment that is down: the proof of what was measured, and the logs.
KEPT = {"measurements", "logs", "lock"}


def down(settings: "Settings") -> tuple[dict[str, Any], str]:
    """Remove the deployment's resources, then its folder but for measurements and logs.

    :raises StepFailed: something could not be removed; the same command goes on where it was.
    """
    from infra.stack import destroy  # noqa: PLC0415

    paths = settings.paths
    removed = 0
    if paths.pulumi.exists():
        with settings.progress.step("prepare", "Prepare Pulumi") as tell:
            cli = ensure_pulumi(cache_root(), tell)
        with settings.progress.step("destroy", "Remove hosts, network and links (Pulumi)") as tell:
            removed = destroy(paths, cli, tell, paths.logs / "down-pulumi.log", raw=settings.progress.raw)
    for entry in paths.root.iterdir():
        if entry.name not in KEPT:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    document = {
        "removed": removed,
        "kept": [str(paths.measurements), str(paths.logs)],
        "steps": [step.model_dump() for step in settings.progress.steps],
    }
    text = f"[bold]{paths.name} is down[/bold]: {removed} resources removed; kept {escape(str(paths.measurements))}"
    return document, text
