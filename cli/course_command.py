"""A command on one course file: the options that all of them share, and how every error it can meet is told."""

import errno
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.output import emit_error
from cli.progress import Progress
from cli.settings import Settings
from lms_stack.errors import ExitCode, StepFailed, TaphuanError
from lms_stack.paths import DeploymentPaths, cache_root
from lms_stack.units import parse

Command = TypeVar("Command", bound=Callable[..., Any])

#: How many learners a course can have, and how many numbers of them one table.
MOST_LEARNERS = 5_000_000
MOST_POINTS = 50


def quantity(kind: str) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """An option that is written with its unit, as in the course file."""

    def read(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
        try:
            return None if text is None else parse(text, kind)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return read


def course_command(name: str) -> Callable[[Command], click.Command]:
    """A command on one course file, with the options that all of them share."""

    def decorate(function: Command) -> click.Command:
        @click.command(name, help=function.__doc__)
        @click.argument("course_file", metavar="COURSE.yaml", type=click.Path(path_type=Path, dir_okay=False))
        @click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document on stdout.")
        @click.option("-v", "--verbose", is_flag=True, help="Show Ansible's and Pulumi's own output too.")
        @click.option("--deployment", metavar="NAME", help="Name of the deployment; the course's own where left out.")
        @wraps(function)
        def command(course_file: Path, as_json: bool, verbose: bool, deployment: str | None, **options: Any) -> None:
            guarded(lambda: function(settings_of(course_file, deployment, as_json, verbose), **options), as_json)

        return command

    return decorate


def settings_of(course_file: Path, deployment: str | None, as_json: bool, verbose: bool) -> Settings:
    """What a command of this course file is told.

    :param deployment: its name; the course's own where it is None.
    :raises UsageError: the course file, which is read for its name, can't be understood.
    """
    from lms_stack.course_file import read_course  # noqa: PLC0415 - keeps `--help` quick

    name = deployment or read_course(course_file).name
    return Settings(course_file, DeploymentPaths.of(name), as_json, Progress(verbose=verbose))


def guarded(work: Callable[[], ExitCode], as_json: bool) -> None:
    """Run a command; every error a person can meet ends here, as text, as JSON and as an exit code."""
    try:
        code = work()
    except TaphuanError as error:
        emit_error(error, as_json=as_json)
        code = ExitCode(error.exit_code)
    except KeyboardInterrupt:
        emit_error(StepFailed("stopped by Ctrl-C", hint="the same command goes on where it was"), as_json=as_json)
        code = ExitCode.STEP_FAILED
    except OSError as error:
        emit_error(_refused(error), as_json=as_json)
        code = ExitCode.STEP_FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: exit code 1 would mean "does not fit"
        emit_error(_unforeseen(error), as_json=as_json)
        code = ExitCode.STEP_FAILED
    sys.exit(int(code))


#: What a machine refuses, and what helps.
_REMEDIES = {
    errno.ENOSPC: "free the disk, or choose folders on another one with TAPHUAN_STATE and TAPHUAN_CACHE",
    errno.EDQUOT: "free some of your quota, or choose other folders with TAPHUAN_STATE and TAPHUAN_CACHE",
    errno.EROFS: "choose folders that can be written with TAPHUAN_STATE and TAPHUAN_CACHE",
    errno.EACCES: "run it as the user whose file it is, or choose other folders with TAPHUAN_STATE and TAPHUAN_CACHE",
    errno.EPERM: "run it as root",
    errno.ENOTDIR: "TAPHUAN_STATE and TAPHUAN_CACHE must name folders",
    errno.EEXIST: "TAPHUAN_STATE and TAPHUAN_CACHE must name folders",
    errno.EIO: "the disk itself seems to be broken; the kernel's log tells more",
}


def _refused(error: OSError) -> StepFailed:
    """What this machine refused to do, with what helps; anything else is a fault of the tool itself."""
    remedy = _REMEDIES.get(error.errno or 0)
    if not remedy:
        return _unforeseen(error)
    where = f"{error.filename}: " if error.filename else ""
    return StepFailed(f"{where}{error.strerror}", hint=f"{remedy}; then run the same command again")


def _unforeseen(error: Exception) -> StepFailed:
    """A fault of the tool itself, with its traceback in a log."""
    log = cache_root() / "logs" / "unforeseen.log"
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), "utf-8")
    return StepFailed(
        f"something unforeseen: {type(error).__name__}: {error}",
        hint="this is a fault of taphuan; please report it with the log",
        log=log,
    )


def numbers(_context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, ...]:
    """An option of whole numbers with commas between them."""
    try:
        found = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise click.BadParameter(f"expected whole numbers, like 5000,20000, not {text!r}") from error
    if len(found) > MOST_POINTS or not all(1 <= number <= MOST_LEARNERS for number in found):
        raise click.BadParameter(f"expected up to {MOST_POINTS} numbers from 1 to {MOST_LEARNERS:,}, not {text!r}")
    return found
