"""The commands and their options. Help, completion and the man page all come from these definitions."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cli import deployments
from cli.course_command import Command, course_command, guarded, numbers, quantity, settings_of
from cli.output import emit, error_document
from cli.settings import Settings, version
from lms_stack.errors import ExitCode, UsageError
from lms_stack.measurement import WhatIf
from runbooks.faults import NAMES


def _done(document: Mapping[str, Any], settings: Settings, text: Callable[[], Any]) -> None:
    emit(document, as_json=settings.as_json, text=text)


_with_calibration = click.option(
    "--calibration",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Plan by a calibration of elsewhere in place of this deployment's own.",
)


@course_command("plan")
@_with_calibration
@click.option("--learners", callback=numbers, metavar="N,N,...", help="A table for other numbers of learners.")
@click.option(
    "--chart",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Draw that table in the terminal, or in a file that ends in .png or .svg.",
)
@click.option(
    "--with",
    "beside",
    multiple=True,
    metavar="OTHER.yaml",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another course on the same stack; may be given again.",
)
@click.option("--why", metavar="NUMBER", help="The chain of reasons of one number, like app.count or lms-1.cores.")
def plan_command(
    settings: Settings,
    learners: tuple[int, ...],
    chart: str | None,
    beside: tuple[Path, ...],
    why: str | None,
    calibration: Path | None,
) -> ExitCode:
    """Work out servers and bandwidth, each number with its reason. Needs no root and touches nothing."""
    from cli.plan import Asked, answer  # noqa: PLC0415

    found = answer(replace(settings, calibration=calibration), Asked(learners, chart, why, beside))
    _done(found.document, settings, lambda: found.page)
    return found.exit_code


@course_command("up")
@_with_calibration
def up_command(settings: Settings, calibration: Path | None) -> ExitCode:
    """Provision, configure and fill the stack. Run again, it changes nothing and says so."""
    from cli.up import up  # noqa: PLC0415

    deployments.make(settings.paths)
    with deployments.locked(settings.paths):
        document, text = up(replace(settings, calibration=calibration))
    _done(document, settings, lambda: text)
    return ExitCode.DONE


_WHAT_IFS = (
    click.option("--learners", type=click.IntRange(1, 5_000_000), help="What if that many learners were enrolled?"),
    click.option(
        "--edge-link", callback=quantity("bit rate"), metavar="RATE", help="What if the line were, say, '2 Mbit/s'?"
    ),
    click.option(
        "--generator-cpu",
        callback=quantity("share"),
        metavar="SHARE",
        help="Hold the load generator to a share of its core, say '3 %': the verdict must then be invalid.",
    ),
    click.option(
        "--drill",
        type=click.Choice(NAMES),
        help="Break the stack on purpose while it is measured (docs/drills.md); it is always put right again.",
    ),
    click.option(
        "--hold", callback=quantity("duration"), default="60 s", metavar="TIME", help="How long to hold the peak."
    ),
    click.option(
        "--full",
        is_flag=True,
        help="After the hold also play an exam storm, a ramp to saturation, and the recovery from it.",
    ),
)


def _with_what_ifs(function: Command) -> Command:
    for option in reversed(_WHAT_IFS):
        function = option(function)
    return function


@course_command("verify")
@_with_what_ifs
def verify_command(
    settings: Settings,
    learners: int | None,
    edge_link: float | None,
    generator_cpu: float | None,
    drill: str | None,
    hold: float,
    full: bool,
) -> ExitCode:
    """Play the learners' planned peak against the stack and judge it: fits, does not fit, or invalid."""
    from cli.verify import verify  # noqa: PLC0415

    what_if = WhatIf(learners=learners, edge_link=edge_link, generator_cpu=generator_cpu, drill=drill)
    with deployments.locked(settings.paths):
        result = verify(settings, what_if, hold, full=full)
    _done(result.document, settings, lambda: result.text)
    return result.exit_code


@course_command("calibrate")
@click.option("--speed-only", is_flag=True, help="Play no load: only time the cores, and scale the shipped figures.")
def calibrate_command(settings: Settings, speed_only: bool) -> ExitCode:
    """Measure what each request costs on the stack that stands, by a quarter of an hour of loads; plans use it."""
    from cli.calibrate import calibrate  # noqa: PLC0415

    with deployments.locked(settings.paths):
        result = calibrate(settings, speed_only=speed_only)
    _done(result.document, settings, lambda: result.text)
    return ExitCode.DONE


@click.command("forecast")
@click.argument("course_file", metavar="[COURSE.yaml]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document on stdout.")
@click.option("--deployment", metavar="NAME", help="Name of the deployment; the course's own where left out.")
@click.option("--day", is_flag=True, help="First write down the busiest hour of the last 24: for a daily timer.")
@click.option("--refit", is_flag=True, help="Let the next plan of this course use what the forecasts have shown.")
def forecast_command(course_file: Path | None, as_json: bool, deployment: str | None, day: bool, refit: bool) -> None:
    """Show how well predictions covered what came, of one course or of all on this machine."""

    def work() -> ExitCode:
        from cli.forecast import forecast  # noqa: PLC0415

        settings = settings_of(course_file, deployment, as_json, verbose=False) if course_file else None
        shown = forecast(settings, day=day, refit=refit)
        emit(shown.document, as_json=as_json, text=lambda: shown.text)
        return ExitCode.DONE

    guarded(work, as_json)


@course_command("run")
def run_command(settings: Settings) -> ExitCode:
    """Do everything: up, then verify, then say where the site, Prometheus and the report are."""
    from cli.up import up  # noqa: PLC0415
    from cli.verify import verify  # noqa: PLC0415

    deployments.make(settings.paths)
    with deployments.locked(settings.paths):
        built, text = up(settings)
        result = verify(settings, WhatIf())
    _done({**built, **result.document}, settings, lambda: f"{text}\n\n{result.text}")
    return result.exit_code


@course_command("ready")
def ready_command(settings: Settings) -> ExitCode:
    """Say whether the certificate of the last verify that fitted still holds, and what made it void."""
    from cli.ready import ready  # noqa: PLC0415

    document, text, code = ready(settings)
    _done(document, settings, lambda: text)
    return code


@course_command("status")
def status_command(settings: Settings) -> ExitCode:
    """Say in ten lines whether learners are well."""
    from cli.status import status  # noqa: PLC0415

    document, text, code = status(settings)
    _done(document, settings, lambda: text)
    return code


@course_command("down")
@click.option("--yes", is_flag=True, help="Don't ask.")
def down_command(settings: Settings, yes: bool) -> ExitCode:
    """Remove what this deployment made, its data included, and nothing else. Servers of your own stay as they are."""
    from cli.down import down, is_there, nothing_up  # noqa: PLC0415

    if not is_there(settings.paths):
        document, text = nothing_up(settings.paths)
    elif not yes and not _confirmed(settings):
        raise UsageError("nothing was removed", hint="say yes at the question, or give --yes")
    else:
        with deployments.locked(settings.paths):
            document, text = down(settings)
    _done(document, settings, lambda: text)
    return ExitCode.DONE


def _confirmed(settings: Settings) -> bool:
    from cli.down import servers_of  # noqa: PLC0415

    left = servers_of(settings.paths)
    what = f"Forget {settings.paths.name} and leave {', '.join(left)} as they are?" if left else ""
    try:
        return click.confirm(what or f"Remove {settings.paths.name} with all its data?", err=True)
    except click.Abort:
        return False


@click.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of the course file, for editors."""
    from lms_stack.course import course_schema  # noqa: PLC0415

    emit(course_schema(), as_json=True, text=str)


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print shell completion; for bash: eval "$(./taphuan completion bash)"."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    kind = get_completion_class(shell)
    if kind:
        click.echo(kind(taphuan, {}, "taphuan", "_TAPHUAN_COMPLETE").source())


@click.command("man")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def man_command(folder: Path) -> None:
    """Write the man pages into a folder."""
    from click_man.core import write_man_pages  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    write_man_pages("taphuan", taphuan, version=version(), target_dir=str(folder))


EPILOG = (
    "Exit codes: 0 done (verify: fits), 1 does not fit (ready: not ready), 2 bad input, 3 a step failed, 4 invalid."
)


@click.group(
    "taphuan", epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(version(), prog_name="taphuan")
def taphuan() -> None:
    """From a course file to an LMS that carries its learners, and the proof of it."""


for _command in (
    run_command,
    plan_command,
    up_command,
    verify_command,
    ready_command,
    calibrate_command,
    forecast_command,
    status_command,
    down_command,
    schema_command,
    completion_command,
    man_command,
):
    taphuan.add_command(_command)


def main() -> None:
    """Run the command line; the one place that leaves the process."""
    try:
        code = taphuan.main(prog_name="taphuan", standalone_mode=False)
    except click.ClickException as error:
        error.show()  # on stderr, with the command's usage
        if "--json" in sys.argv[1:]:
            emit(error_document(_misused(error)), as_json=True, text=str)
        code = ExitCode.BAD_INPUT
    sys.exit(int(code or 0))


def _misused(error: click.ClickException) -> UsageError:
    """What click found wrong with the command line, as one of our own errors."""
    context = getattr(error, "ctx", None)
    command = f"./{context.command_path}" if context else "./taphuan"
    return UsageError(error.format_message(), hint=f"`{command} --help` lists arguments and options")
