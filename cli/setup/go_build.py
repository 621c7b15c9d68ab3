"""Building the Pulumi CLI with Go from the pinned sources in `pulumi-cli/` (go.sum holds every module's hash)."""

import os
from pathlib import Path

from cli.setup.go_toolchain import fetched_go, own_go
from cli.setup.programs import Program, Progress, heartbeat, run_logged
from lms_stack.errors import StepFailed

MODULE = Path(__file__).parent / "pulumi-cli"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
HINT = "It needs a Go module proxy and 3 GB of disk; `go env GOPROXY` says which. Running it again goes on from here."


def build_pulumi(version: str, program: Path, log: Path, progress: Progress) -> None:
    """Compile the CLI to `program` with the machine's Go, else with the Python registry's.

    Modules and compiled packages stay in the user's Go caches, so a retry is short. Raises StepFailed.
    """
    if go := own_go():
        try:
            return _build(go, version, program, log, progress)
        except StepFailed as error:
            progress(f"Pulumi CLI: {go} could not build it ({error.log}); trying another Go")
    _build(fetched_go(log.parent.parent, log, progress), version, program, log, progress)
    return None


def _build(go: Path, version: str, program: Path, log: Path, progress: Progress) -> None:
    # The program is run by version and hash from then on, so a newer Go on the machine never changes it.
    variables = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOWORK": "off"}
    with heartbeat("Pulumi CLI: still building", progress):
        run_logged(
            Program(build_command(go, version, program), env=variables, cwd=MODULE, keeps_lock=True),
            log,
            what="building the Pulumi CLI",
            hint=HINT,
        )


def build_command(go: Path, version: str, program: Path) -> list[str]:
    """The `go build` of one static program, without the debugging tables that nobody reads and that take time."""
    linker = f"-s -w -X {VERSION_VARIABLE}=v{version}"
    compiler = "-gcflags=all=-dwarf=false"
    return [str(go), "build", "-mod=readonly", "-trimpath", compiler, "-ldflags", linker, "-o", str(program), PACKAGE]
