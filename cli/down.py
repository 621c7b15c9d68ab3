"""down: remove what a deployment made, and nothing else."""

import shutil
from typing import Any

from rich.markup import escape

from cli import deployments
from cli.settings import Settings
from cli.setup.pulumi_cli import ensure_pulumi
from lms_stack.errors import StepFailed
from lms_stack.paths import DeploymentPaths, cache_root
from lms_stack.plan import Plan

#: What is kept of a deployment that is down: the proof of what was measured, and the logs.
KEPT = frozenset({"measurements", "calibration.yaml", "activity.yaml", "logs", "lock"})
#: What is kept beside that where machines are left with their data: without its secrets nobody could sign in again.
KEPT_FOR_SERVERS = frozenset(
    {"pulumi", "passphrase", "first-login.json", "ca", "ready.json", "ready.html", "ready.key"}
)


def down(settings: Settings) -> tuple[dict[str, Any], str]:
    """Remove the deployment's resources, then its folder but for measurements and logs.

    :raises StepFailed: something could not be removed; the same command goes on where it was.
    """
    from infra.stack import destroy  # noqa: PLC0415

    paths = settings.paths
    left = servers_of(paths)
    removed = 0
    if paths.pulumi.exists():
        with settings.progress.step("prepare", "Prepare Pulumi") as tell:
            cli = ensure_pulumi(cache_root(), tell)
        with settings.progress.step("destroy", "Remove hosts, network and links (Pulumi)") as tell:
            removed = destroy(paths, cli, tell, paths.logs / "down-pulumi.log", raw=settings.progress.raw)
    kept = KEPT | (KEPT_FOR_SERVERS if left else frozenset())
    for entry in paths.root.iterdir():
        if entry.name not in kept:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    document = {
        "removed": removed,
        "left": left,
        "kept": [str(paths.measurements), str(paths.logs), *([str(paths.first_login)] if left else [])],
        "steps": [step.model_dump() for step in settings.progress.steps],
    }
    return document, _text(paths, removed, left)


def nothing_up(paths: DeploymentPaths) -> tuple[dict[str, Any], str]:
    """What `down` answers where nothing is up: that is what was wanted, so it is no error."""
    return {"removed": 0, "left": [], "kept": [], "steps": []}, f"{paths.name} is not up: nothing to remove"


def is_there(paths: DeploymentPaths) -> bool:
    """Whether there is anything to remove."""
    kept = KEPT | KEPT_FOR_SERVERS
    return paths.root.exists() and any(entry.name not in kept for entry in paths.root.iterdir())


def servers_of(paths: DeploymentPaths) -> list[str]:
    """The machines of somebody's own on which a deployment stands, by name; none in the lab."""
    try:
        plan = deployments.load(paths.plan, Plan)
    except StepFailed:
        return []  # nothing was planned; there is nothing to leave
    return [host.name for host in plan.hosts] if plan.target == "servers" else []


def _text(paths: DeploymentPaths, removed: int, left: list[str]) -> str:
    if left:
        what = f"{', '.join(left)} were left as they are, with the stack and its data on them; `up` takes them again"
    else:
        what = f"{removed} resources removed"
    return f"[bold]{paths.name} is down[/bold]: {what}; kept {escape(str(paths.measurements))}"
