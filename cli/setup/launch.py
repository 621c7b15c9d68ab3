"""From a fresh machine to the command line: on a warm machine a few file checks, then exec."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from cli.setup.environment import Environment
from cli.setup.host_packages import missing_for
from lms_stack.errors import StepFailed, TaphuanError
from lms_stack.folders import cache_root

INTERRUPTED = 130


def main(arguments: list[str], checkout: Path) -> NoReturn:
    """Make ready what `arguments` need, then become `python -m cli`; exits 3 with the cause when that fails."""
    try:
        environment = prepare(arguments, checkout)
        hand_over(arguments, checkout, environment)
    except TaphuanError as error:
        fail(error)
    except OSError as error:
        fail(
            StepFailed(
                f"preparing this machine in {cache_root()}: {error}",
                hint="Free the disk or choose another with TAPHUAN_CACHE.",
            )
        )
    except KeyboardInterrupt:
        sys.stderr.write("taphuan: stopped; run it again to go on from here\n")
        sys.exit(INTERRUPTED)


def prepare(arguments: list[str], checkout: Path) -> Environment:
    """The ready virtual environment; the host packages of this command are there too."""
    environment = Environment.of_lock(cache_root(), checkout / "locks" / "controller.txt")
    missing = missing_for(arguments)
    if missing or not environment.is_ready():
        from cli.setup.first_run import make_ready  # noqa: PLC0415 -- a warm start never pays for it

        make_ready(environment, missing)
    return environment


def hand_over(arguments: list[str], checkout: Path, environment: Environment) -> NoReturn:
    """Become the command line; -P keeps the folder that the user stands in out of the import path."""
    command = [str(environment.python), "-P", "-m", "cli", *arguments]
    os.execve(command[0], command, environment.variables(os.environ, checkout))  # noqa: S606 -- no shell is wanted


def fail(error: TaphuanError) -> NoReturn:
    """Say what went wrong, what to do and where to read more, then leave with the error's code."""
    lines = [
        f"taphuan: {error.message}",
        f"  {error.hint}" if error.hint else "",
        f"  log: {error.log}" if error.log else "",
    ]
    sys.stderr.write("\n".join(line for line in lines if line) + "\n")
    sys.exit(int(error.exit_code))
