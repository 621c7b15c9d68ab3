"""verify: play the planned peak, collect what the stack says of it, judge, and write the report."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.markup import escape

from cli.deployments import Standing, standing
from cli.filed import Filed, filed
from cli.known import known
from cli.playing import Seen, played, with_resources
from cli.recording import record_verify
from cli.settings import Settings
from cli.setup.pulumi_cli import ensure_pulumi
from lms_stack.demand import Demand, demand
from lms_stack.engines import ENGINES
from lms_stack.errors import ExitCode, StepFailed
from lms_stack.evidence import Excuse
from lms_stack.measurement import LoadResult, Measurement, WhatIf
from lms_stack.paths import cache_root
from lms_stack.plan import Role
from lms_stack.units import show
from lms_stack.verdict import Outcome, Verdict, verdict

if TYPE_CHECKING:
    from runbooks.drills import Drill
    from runbooks.ssh import SshRemote

EXIT_CODES = {
    Outcome.FITS: ExitCode.DONE,
    Outcome.DOES_NOT_FIT: ExitCode.DOES_NOT_FIT,
    Outcome.INVALID: ExitCode.INVALID,
}


@dataclass(frozen=True)
class VerifyResult:
    """The verdict as a document, as text, and as an exit code."""

    document: dict[str, Any]
    text: str
    exit_code: ExitCode


def verify(settings: Settings, what_if: WhatIf, hold: float = 60.0, *, full: bool = False) -> VerifyResult:
    """Measure the deployment that stands and judge it by its course.

    :param hold: seconds for which the planned peak is held.
    :param full: also play the exam's storm, the ramp to saturation, and the recovery from it.
    :raises StepFailed: nothing stands, or a step could not be done.
    """
    from runbooks.ssh import SshRemote  # noqa: PLC0415 - Fabric takes a while to load

    stack = standing(settings.paths)
    wanted = _demand(stack, what_if)
    with SshRemote(stack.topology) as remote:
        seen = _measured_load(settings, stack, wanted, what_if, _Length(hold, full), remote)
        measured = with_resources(settings, stack, seen, what_if)
        judged = verdict(measured, stack.course.objectives, played=wanted, plan=stack.plan)
        kept = filed(settings, stack, wanted, measured, judged, remote)
    record_verify(stack, wanted, measured, judged)
    return _result(settings, stack, measured, judged, kept)


def _demand(stack: Standing, what_if: WhatIf) -> Demand:
    """The demand to play: the planned one, or that of another number of learners on the same hosts."""
    if what_if.learners is None:
        return stack.plan.demand
    course = stack.course.model_copy(update={"learners": what_if.learners})
    return demand(course, known(stack.paths), live=stack.plan.demand.live.get(course.name, ()))


class _Length(NamedTuple):
    """How long the load is: seconds of the hold, and whether the other phases follow it."""

    hold: float
    full: bool


def _measured_load(
    settings: Settings, stack: Standing, wanted: Demand, what_if: WhatIf, length: _Length, remote: "SshRemote"
) -> Seen:
    from loadtests.load_plan import all_phases, load_plan  # noqa: PLC0415

    with settings.progress.step("accounts", "Make the load test's class and accounts"):
        password = _password(stack)
        prepared = _prepare(stack, wanted, remote, password)
    later = all_phases(wanted, stack.plan) if length.full else ()
    plan = load_plan(
        wanted, stack.topology, prepared, hold=length.hold, later=later, objectives=stack.course.objectives
    )
    try:
        with _broken_on_purpose(stack, what_if, remote) as drill:
            return played(settings, stack, plan, remote, password, what_if.generator_cpu, drill)
    finally:
        with settings.progress.step("purge", "Remove the load test's class and accounts"):
            app = stack.topology.hosts_of(Role.APP)[0]
            remote.run(app.name, ENGINES[stack.plan.engine].purge_load_test(), timeout=120)


def _password(stack: Standing) -> str:
    """The load test accounts' password, out of Pulumi's encrypted configuration."""
    from infra.stack import held_secrets  # noqa: PLC0415

    cli = ensure_pulumi(cache_root(), lambda _text: None)
    return held_secrets(stack.paths, cli, stack.paths.logs / "verify-pulumi.log")["loadtest_password"]


def _prepare(stack: Standing, wanted: Demand, remote: "SshRemote", password: str) -> dict[str, Any]:
    """Make the load test's accounts on the site; gives back what there is to play."""
    app = stack.topology.hosts_of(Role.APP)[0]
    engine = ENGINES[stack.plan.engine]
    command = engine.prepare_load_test(stack.course.name, wanted.learners, stack.course.instructors)
    answer = remote.run(app.name, command, stdin=password + "\n", timeout=300)
    try:
        return dict(json.loads(answer.stdout.strip().splitlines()[-1]))
    except (IndexError, ValueError) as error:
        raise StepFailed(f"the load test's accounts were not made on {app.name}: {answer.stdout[-300:]}") from error


@contextmanager
def _broken_on_purpose(stack: Standing, what_if: WhatIf, remote: "SshRemote") -> Iterator["Drill"]:
    """The what-ifs that change the stack itself; always undone, also those of a run that was killed."""
    from runbooks import drills  # noqa: PLC0415

    engine = stack.plan.engine
    drills.restore_all(remote, stack.topology, engine)
    with drills.drill(remote, stack.topology, engine, what_if.drill, link=what_if.edge_link) as drill:
        yield drill


def _result(settings: Settings, stack: Standing, measured: Measurement, judged: Verdict, kept: Filed) -> VerifyResult:
    from cli.up import site_document  # noqa: PLC0415

    document = {
        "verdict": judged.outcome.value,
        "bottleneck": judged.bottleneck.model_dump() if judged.bottleneck else None,
        "excuses": [excuse.model_dump() for excuse in judged.excuses],
        "what_if": measured.what_if.model_dump(exclude_none=True),
        **_later(measured.load),
        **site_document(stack),
        "report": str(kept.folder / "report.html"),
        "ready": kept.ready,
        "steps": [step.model_dump() for step in settings.progress.steps],
    }
    return VerifyResult(document, _text(document, judged, measured.load), EXIT_CODES[judged.outcome])


def _later(load: LoadResult) -> dict[str, Any]:
    """What a full test adds to the document."""
    phases = [phase.model_dump(mode="json", exclude={"classes"}) for phase in load.phases]
    found = {"saturation": load.saturation, "recovery": load.recovery}
    return {"phases": phases, **{name: value.model_dump() for name, value in found.items() if value}}


def _later_text(load: LoadResult) -> list[str]:
    lines = []
    if knee := load.saturation:
        most = "" if knee.reached else "at least "
        lines.append(
            f"Saturation: {most}{show(knee.requests_per_second, '1/s')} requests, the planned peak of "
            f"{most}{knee.learners:,.0f} learners ({escape(knee.evidence)})"
        )
    if back := load.recovery:
        when = "no" if back.seconds is None else f"after {show(back.seconds, 's')}" if back.seconds else "at once"
        lines.append(f"Recovery:   {when} ({escape(back.evidence)})")
    return lines


_WORDS = {
    Outcome.FITS: "[bold green]fits[/bold green]: the planned peak was carried with room to spare",
    Outcome.DOES_NOT_FIT: "[bold red]does not fit[/bold red]: learners would have felt the planned peak",
    Outcome.INVALID: "[bold yellow]invalid[/bold yellow]: this measurement proves nothing; see why below",
}


def reasons(excuses: Sequence[Excuse]) -> Iterator[str]:
    """A line for each reason: where it was seen in many places, the first of them; the report has all."""
    for reason in dict.fromkeys(excuse.reason for excuse in excuses):
        first, *others = (excuse for excuse in excuses if excuse.reason == reason)
        more = f"; and {len(others)} more like it, in the report" if others else ""
        yield f"{reason}: {first.resource}, {first.evidence}{more}"


def _text(document: dict[str, Any], judged: Verdict, load: LoadResult) -> str:
    lines = [f"Verdict: {_WORDS[judged.outcome]}"]
    if judged.bottleneck:
        bottleneck = judged.bottleneck
        lines.append(f"  bottleneck: {bottleneck.resource} of {bottleneck.host} ({escape(bottleneck.evidence)})")
    lines += [f"  - {escape(line)}" for line in reasons(judged.excuses)]
    lines += _later_text(load)
    lines.append(f"Report: {escape(document['report'])}")
    if judged.outcome is Outcome.FITS:
        lines.append(f"Ready:  {escape(document['ready']['text'])}")
    return "\n".join(lines)
