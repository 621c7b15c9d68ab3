"""A deployment's folder: its typed files, and the lock that lets one command at a time change it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lms_stack.course import Course
from lms_stack.errors import StepFailed, UsageError
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.topology import Topology

Model = TypeVar("Model", bound=BaseModel)


def make(paths: DeploymentPaths) -> None:
    """Make the folder and its sub-folders, closed to everybody else."""
    for folder in (paths.root, paths.logs, paths.measurements, paths.identity.parent, paths.ca_certificate.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths.root.chmod(0o700)


@contextmanager
def locked(paths: DeploymentPaths) -> Iterator[None]:
    """Hold the deployment for one command; the kernel lets go when the process ends, however it ends.

    :raises UsageError: another command holds it.
    :raises StepFailed: there is no such deployment.
    """
    if not paths.root.exists():
        raise StepFailed(f"{paths.name} isn't up", hint="run `./taphuan up COURSE.yaml` first")
    with paths.lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise UsageError(
                f"another taphuan command is at work on {paths.name} (process {handle.read().strip() or 'unknown'})",
                hint="wait until it ends, or end it with Ctrl-C where it runs",
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        os.set_inheritable(handle.fileno(), False)
        yield


def save(path: Path, model: BaseModel) -> None:
    """Write a typed value whole or not at all."""
    write_private(path, model.model_dump_json(indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)


def load(path: Path, kind: type[Model]) -> Model:
    """Read a typed value back.

    :raises StepFailed: it isn't there (nothing is up), or an other version wrote it.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise StepFailed(
            f"{path.parent.name} isn't up: {path} is not there", hint="run `./taphuan up COURSE.yaml` first"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise StepFailed(
            f"{path} is damaged, or was written by another version: {f'{where}: ' if where else ''}{first['msg']}",
            hint="run `./taphuan up COURSE.yaml` again, which writes it anew",
        ) from error


class Standing(BaseModel):
    """A deployment that was brought up: what was planned and what stands."""

    paths: DeploymentPaths
    course: Course
    plan: Plan
    topology: Topology


def standing(paths: DeploymentPaths) -> Standing:
    """What stands of a deployment.

    :raises StepFailed: it isn't up.
    """
    return Standing(
        paths=paths,
        course=load(paths.course, Course),
        plan=load(paths.plan, Plan),
        topology=load(paths.topology, Topology),
    )


def first_login(paths: DeploymentPaths) -> dict[str, str]:
    """The accounts made first and their passwords; empty where there are none yet."""
    try:
        return dict(json.loads(paths.first_login.read_text("utf-8")))
    except FileNotFoundError:
        return {}
