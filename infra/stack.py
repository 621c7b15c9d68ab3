"""provision and destroy: one deployment as one Pulumi stack, through the Automation API."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pulumi
from pulumi import automation as auto
from pydantic import Field

from infra import leftovers, secrets
from infra.lab import naming
from infra.lab.commands import CommandFailed
from infra.lab.sweep import sweep, sweep_guests
from infra.targets import Target
from lms_stack.errors import StepFailed
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan, Role
from lms_stack.provisioned import ProvisionChanges, ProvisionedHost, ProvisionedNetwork
from lms_stack.topology import site_domain
from lms_stack.units import Frozen

Tell = Callable[[str], None]
_PROJECT = "taphuan"
#: Not below the project's name: Pulumi hands a provider all configuration that begins with the provider's own.
_SECRETS = "deployment:secrets"
_ROOT = Path(__file__).parent.parent


def _silent(_line: str) -> None:
    """Where nobody wants the raw output."""


class Provisioned(Frozen):
    """What a target gave: hosts, their network, the deployment's secrets, and what had to change."""

    hosts: tuple[ProvisionedHost, ...]
    network: ProvisionedNetwork
    secrets: dict[str, str] = Field(repr=False)
    changes: ProvisionChanges


def provision(
    plan: Plan, target: Target, paths: DeploymentPaths, cli: Path, tell: Tell, log: Path, raw: Tell = _silent
) -> Provisioned:
    """Bring the target's hosts to what the plan says; dead ones come back with their data.

    The caller holds the deployment's lock.

    :param cli: the Pulumi CLI.
    :param tell: told where the step is; `raw` is told each line of Pulumi's own output.
    :raises PreflightFailed: the target can't carry the plan; nothing was changed.
    :raises StepFailed: Pulumi failed; the log tells why.
    """
    with _failures_told(log):
        target.check()
    with _stack(paths, cli, lambda: _program(target), log, raw) as (stack, write):
        target.prepare()
        made = _secrets(stack, plan, target, cli)
        result = stack.up(refresh=True, on_output=write, on_event=_teller(tell), color="never", suppress_outputs=True)
        sweep_guests(paths.guests, naming.mark(str(paths.root)), kept=frozenset(host.name for host in plan.hosts))
    keys: dict[str, str] = result.outputs["host_keys"].value
    return Provisioned(
        hosts=tuple(target.host(host.name, keys[host.name]) for host in plan.hosts),
        network=target.network,
        secrets=made,
        changes=_changes(result.summary.resource_changes or {}),
    )


def destroy(paths: DeploymentPaths, cli: Path, tell: Tell, log: Path, raw: Tell = _silent) -> int:
    """Remove every resource of a deployment, also those that a killed run didn't write down; gives back their number.

    :raises StepFailed: Pulumi failed; the log tells why.
    """
    with _stack(paths, cli, lambda: None, log, raw) as (stack, write):
        result = stack.destroy(on_output=write, on_event=_teller(tell), color="never", suppress_outputs=True)
        strays = sweep(paths.guests, naming.mark(str(paths.root)))
    return _changes(result.summary.resource_changes or {}).delete + strays


def held_secrets(paths: DeploymentPaths, cli: Path, log: Path) -> dict[str, str]:
    """The secrets of a deployment that stands; nothing is changed.

    :raises StepFailed: Pulumi failed; the log tells why.
    """
    with _stack(paths, cli, lambda: None, log, _silent) as (stack, _):
        return _held(stack)


def _program(target: Target) -> None:
    pulumi.export("host_keys", target.declare())


@contextmanager
def _failures_told(log: Path) -> Iterator[None]:
    """What this machine itself refuses (a full disk, a tool that fails), as an error that a person can read."""
    try:
        yield
    except OSError as error:
        what = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
        full = "; TAPHUAN_STATE chooses another disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        hint = f"put it right and run the same command again{full}"
        raise StepFailed(f"this machine refused: {what}", hint=hint, log=log) from error
    except (CommandFailed, LookupError) as error:
        raise StepFailed(str(error), hint="put it right and run the same command again", log=log) from error


@contextmanager
def _stack(
    paths: DeploymentPaths, cli: Path, program: Callable[[], None], log: Path, raw: Tell
) -> Iterator[tuple[auto.Stack, Callable[[str], None]]]:
    """The deployment's stack, with what a killed run left behind cleared away.

    :raises StepFailed: Pulumi or this machine failed.
    """
    with _failures_told(log), log.open("a", encoding="utf-8") as output:
        leftovers.end_orphans(paths.root)
        leftovers.release_stale_locks(paths.pulumi)
        (paths.pulumi / "work").mkdir(parents=True, exist_ok=True, mode=0o700)
        _ensure_passphrase(paths.passphrase)

        def write(line: str) -> None:
            output.write(line.rstrip() + "\n")
            output.flush()
            raw(line)

        try:
            stack = auto.create_or_select_stack(
                paths.name, project_name=_PROJECT, program=program, opts=_options(paths, cli)
            )
            leftovers.forget_pending_operations(stack)
            yield stack, write
        except auto.CommandError as error:
            write(str(error))
            raise StepFailed(f"Pulumi failed: {_cause(str(error))}", hint="the log tells why", log=log) from error


def _options(paths: DeploymentPaths, cli: Path) -> auto.LocalWorkspaceOptions:
    return auto.LocalWorkspaceOptions(
        work_dir=str(paths.pulumi / "work"),
        pulumi_home=str(paths.pulumi / "home"),
        secrets_provider="passphrase",
        project_settings=auto.ProjectSettings(
            name=_PROJECT, runtime="python", backend=auto.ProjectBackend(url=f"file://{paths.pulumi}")
        ),
        pulumi_command=auto.PulumiCommand(root=str(_command_root(paths, cli))),
        env_vars={
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
            "PATH": f"{_ROOT / 'infra' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": str(_ROOT),
            "TAPHUAN_PYTHON": sys.executable,
            leftovers.MARK: str(paths.root),
        },
    )


def _command_root(paths: DeploymentPaths, cli: Path) -> Path:
    """The Automation API wants the CLI at ROOT/bin/pulumi."""
    root = paths.pulumi / "cli"
    link = root / "bin" / "pulumi"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.readlink() != cli:
        link.unlink(missing_ok=True)
        link.symlink_to(cli)
    return root


def _ensure_passphrase(path: Path) -> None:
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(token_urlsafe(32))
        part.replace(path)


def _secrets(stack: auto.Stack, plan: Plan, target: Target, cli: Path) -> dict[str, str]:
    """The deployment's secrets, kept as one encrypted value of the stack's configuration."""
    before = _held(stack)
    addresses = target.addresses()
    edges = [addresses[host.name] for host in plan.hosts_of(Role.EDGE)]
    after = secrets.completed(before, plan.deployment, site_domain(plan.deployment), edges)
    if after != before:
        _keep(stack, cli, json.dumps(after))
    return after


def _keep(stack: auto.Stack, cli: Path, value: str) -> None:
    """Hand the secrets to Pulumi on stdin: the Automation API's `set_config` shows them to every `ps`.

    :raises CommandError: Pulumi didn't take them.
    """
    workspace = stack.workspace
    done = subprocess.run(
        [str(cli), "config", "set", "--secret", "--stack", stack.name, "--non-interactive", _SECRETS],
        cwd=workspace.work_dir,
        env={**os.environ, **workspace.env_vars, "PULUMI_HOME": workspace.pulumi_home or ""},
        input=value,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise auto.CommandError(auto.CommandResult(stdout=done.stdout, stderr=done.stderr, code=done.returncode))


def _held(stack: auto.Stack) -> dict[str, str]:
    entry = stack.get_all_config().get(_SECRETS)
    return dict(json.loads(entry.value)) if entry else {}


def _teller(tell: Tell) -> Callable[[Any], None]:
    """Tell each resource's beginning in a few words."""

    def on_event(event: Any) -> None:
        started = event.resource_pre_event
        if started and started.metadata.op not in ("same", "read"):
            tell(f"{started.metadata.urn.split('::')[-1]}: {started.metadata.op.value}")

    return on_event


def _changes(counted: Mapping[Any, int]) -> ProvisionChanges:
    plain = {str(getattr(name, "value", name)): count for name, count in counted.items()}
    replaced = plain.get("replace", 0)
    return ProvisionChanges(
        create=plain.get("create", 0),
        update=plain.get("update", 0) + replaced,
        delete=plain.get("delete", 0),
        same=plain.get("same", 0),
    )


def _cause(said: str) -> str:
    """The line of Pulumi's output that names the cause."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = [line for line in lines if "error:" in line and "update failed" not in line]
    return (named or lines or ["no output"])[0][:300]
