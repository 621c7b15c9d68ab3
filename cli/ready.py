"""ready: keep a `fits` as a signed certificate, and say later whether it still holds and what made it void."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from rich.markup import escape

from cli import deployments
from cli.deployments import Standing
from cli.settings import Settings
from lms_stack.course import VIET_NAM
from lms_stack.errors import ExitCode, StepFailed
from lms_stack.measurement import Measurement
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.readiness import (
    Certificate,
    Evidence,
    Present,
    Signed,
    Versions,
    Void,
    new_key,
    plan_hash,
    public_key,
    sign,
    voids,
)
from lms_stack.request_classes import FILE_CLASSES
from lms_stack.topology import Topology
from lms_stack.validity import Renewal, good_until, renewal
from lms_stack.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from lms_stack.remote import Remote


def certify(
    stack: Standing, measured: Measurement, judged: Verdict, folder: Path, remote: "Remote"
) -> tuple[Signed | None, str]:
    """Keep a plain `fits` as a certificate; gives it back, or why there is none.

    :param folder: where the measurement was written; the certificate is filed there too.
    :raises StepFailed: a host did not tell what it runs.
    """
    if judged.outcome is not Outcome.FITS:
        return None, "only a verdict of `fits` is certified"
    if measured.what_if.model_dump(exclude_none=True):
        return None, "what-ifs are not certified"
    until = good_until(stack.course, _today())
    if until < _today():
        return None, f"the course closed on {until:%d/%m/%Y}"
    signed = sign(_certificate(stack, measured, folder, until, remote), _key(stack.paths))
    _file(stack.paths, folder, signed, renewal(stack.course, until))
    return signed, ""


def _today() -> date:
    return datetime.now(VIET_NAM).date()


def _certificate(stack: Standing, measured: Measurement, folder: Path, until: date, remote: "Remote") -> Certificate:
    from runbooks.versions import stack_versions  # noqa: PLC0415

    return Certificate(
        deployment=stack.paths.name,
        course=stack.course.title,
        organiser=stack.course.organiser,
        learners=stack.plan.demand.learners,
        issued=datetime.now(UTC),
        until=until,
        plan=plan_hash(stack.plan),
        stack=stack_versions(remote, stack.topology, stack.plan.engine),
        evidence=_evidence(stack, measured, folder),
    )


def _evidence(stack: Standing, measured: Measurement, folder: Path) -> Evidence:
    load = measured.load
    failed, right = (sum(getattr(each, name) for each in load.classes) for name in ("failed", "completed"))
    pages = [each.p95 for each in load.classes if each.p95 is not None and each.request_class not in FILE_CLASSES]
    return Evidence(
        folder=folder.name,
        sha256=_hash(folder / "measurement.json") or "",
        requests_per_second=(failed + right) / (load.hold_ended - load.hold_started).total_seconds(),
        slowest_page_p95=max(pages),
        allowed_page_p95=stack.course.objectives.page_p95,
        failed_share=failed / (failed + right),
    )


def _hash(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _key(paths: DeploymentPaths) -> str:
    """The deployment's signing key; made where there is none yet."""
    if not paths.ready_key.exists():
        deployments.write_private(paths.ready_key, new_key())
    return paths.ready_key.read_text("utf-8")


def _file(paths: DeploymentPaths, folder: Path, signed: Signed, renew: Renewal | None) -> None:
    """Beside the measurement, where `down` leaves it, and where `ready` looks for it: there last."""
    from loadtests.ready_page import ready_page  # noqa: PLC0415

    page = ready_page(signed, renew)
    for where in (folder, paths.root):
        deployments.write_private(where / paths.ready_page.name, page)
        deployments.save(where / paths.ready.name, signed)


def ready(settings: Settings) -> tuple[dict[str, Any], str, ExitCode]:
    """Whether the certificate of a deployment holds now, as a document, as text and as an exit code.

    :raises CourseFileError: the course file has faults.
    """
    from cli.plan import planned  # noqa: PLC0415

    course, wanted = planned(settings)
    signed, trouble = _read(settings.paths)
    found = list(voids(signed, _present(settings.paths, signed, wanted))) if signed else [trouble]
    renew = renewal(course, signed.certificate.until) if signed and not found else None
    document = {
        "ready": not found,
        "learners": signed.certificate.learners if signed else None,
        "until": signed.certificate.until.isoformat() if signed else None,
        "renewal": renewal_document(renew),
        "void": [each.model_dump() for each in found if each],
        "certificate": signed.model_dump(mode="json") if signed else None,
        "page": str(settings.paths.ready_page) if signed else None,
    }
    code = ExitCode.DOES_NOT_FIT if found else ExitCode.DONE
    return document, _text(settings, signed, [each for each in found if each], renew), code


def _read(paths: DeploymentPaths) -> tuple[Signed | None, Void | None]:
    try:
        return Signed.model_validate_json(paths.ready.read_bytes()), None
    except FileNotFoundError:
        return None, Void(vi="chưa có chứng nhận", en="there is no certificate", evidence="no verify has fitted yet")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        return None, Void(
            vi="không đọc được chứng nhận", en="the certificate can't be read", evidence=f"{where}: {first['msg']}"
        )


def _present(paths: DeploymentPaths, signed: Signed, wanted: Plan) -> Present:
    evidence = signed.certificate.evidence
    standing = _standing(paths)
    return Present(
        today=_today(),
        public_key=_public_key(paths),
        standing_plan=plan_hash(standing[0]) if standing else None,
        course_plan=plan_hash(wanted),
        stack=_versions(standing[1], standing[0].engine) if standing else None,
        measurement=_hash(paths.measurements / evidence.folder / "measurement.json"),
        misfit=_misfit(paths, evidence.folder),
    )


def _public_key(paths: DeploymentPaths) -> str | None:
    try:
        return public_key(paths.ready_key.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _standing(paths: DeploymentPaths) -> tuple[Plan, Topology] | None:
    try:
        return deployments.load(paths.plan, Plan), deployments.load(paths.topology, Topology)
    except StepFailed:
        return None


def _versions(topology: Topology, engine: str) -> tuple[Versions, ...] | None:
    from runbooks.ssh import SshRemote  # noqa: PLC0415 - Fabric takes a while to load
    from runbooks.versions import stack_versions  # noqa: PLC0415

    try:
        with SshRemote(topology) as remote:
            return stack_versions(remote, topology, engine)
    except StepFailed:
        return None


def _misfit(paths: DeploymentPaths, since: str) -> str | None:
    """The last later verify of the plan as it is that did not fit; an invalid one proves nothing either way."""
    for report in sorted(paths.measurements.glob("*/report.json"), reverse=True):
        if report.parent.name <= since:
            return None
        told = _told(report)
        if told.get("verdict") == Outcome.DOES_NOT_FIT and not told.get("what_if"):
            return str(report.with_suffix(".html"))
    return None


def _told(report: Path) -> dict[str, Any]:
    """What a report says; nothing where it is damaged, for then it says nothing."""
    try:
        return dict(json.loads(report.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def renewal_document(renew: Renewal | None) -> dict[str, str] | None:
    """That a certificate ends before its course does, for `--json`: from when on a verify is due, and the words."""
    if renew is None:
        return None
    return {"due": renew.due.isoformat(), "then_until": renew.then.isoformat(), "vi": renew.vi, "en": renew.en}


def _text(settings: Settings, signed: Signed | None, found: list[Void], renew: Renewal | None) -> str:
    if signed and not found:
        certificate = signed.certificate
        lines = [
            f"[bold green]ready[/bold green] for {certificate.learners:,} learners until {certificate.until:%d/%m/%Y}",
            *([f"[bold yellow]but[/bold yellow] {renew.en}"] if renew else []),
            f"Certificate: {escape(str(settings.paths.ready_page))} (key {signed.fingerprint})",
        ]
        return "\n".join(lines)
    lines = [f"  - {each.en}: {escape(each.evidence)}" for each in found]
    hint = f"  → ./taphuan verify {escape(str(settings.course_file))} measures anew"
    return "\n".join(("[bold red]not ready[/bold red]", *lines, hint))
