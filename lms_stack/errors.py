"""Every error that a person can meet, with what to do about it; only the command line catches them."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the shell sees (docs/exit-codes in the README)."""

    DONE = 0
    DOES_NOT_FIT = 1
    BAD_INPUT = 2
    STEP_FAILED = 3
    INVALID = 4


class TaphuanError(Exception):
    """Something a person must know: what happened, what to do, and which log tells the rest."""

    exit_code = ExitCode.STEP_FAILED

    def __init__(self, message: str, *, hint: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log


class StepFailed(TaphuanError):
    """A step of up, verify or down failed; its log names the cause."""


class PreflightFailed(TaphuanError):
    """The machine can't carry the plan; nothing was changed."""


class UsageError(TaphuanError):
    """The command line was used wrongly."""

    exit_code = ExitCode.BAD_INPUT


@dataclass(frozen=True)
class Problem:
    """One fault of a course file: where it is, what was expected, what to do."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.field}: {self.message}"


class CourseFileError(TaphuanError):
    """A course file with one or more faults, all of them listed."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        listing = "\n".join(f"  {path}:{problem}" for problem in problems)
        count = len(problems)
        super().__init__(
            f"{path} has {count} fault{'s' if count > 1 else ''}:\n{listing}",
            hint="Correct the lines named above; `taphuan schema` prints the whole format for your editor.",
        )
        self.problems = problems
