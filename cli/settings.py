"""What every command is told, and the version of the tool that tells it."""

from dataclasses import dataclass
from pathlib import Path

from cli.progress import Progress
from lms_stack.paths import DeploymentPaths


@dataclass(frozen=True)
class Settings:
    """What every command is told."""

    course_file: Path
    paths: DeploymentPaths
    as_json: bool
    progress: Progress
    calibration: Path | None = None


def version() -> str:
    """The tool's version, as its project says it."""
    import tomllib  # noqa: PLC0415

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])
