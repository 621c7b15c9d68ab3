"""ready: issued for a plain fit, checked against how things are, and void for what changed."""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from cli import deployments
from cli import ready as ready_room
from cli.deployments import Standing
from cli.filed import Filed
from cli.plan import planned
from cli.progress import Progress
from cli.ready import certify, ready
from cli.settings import Settings
from lms_stack.course import Course
from lms_stack.errors import ExitCode
from lms_stack.measurement import Measurement, WhatIf
from lms_stack.paths import DeploymentPaths
from lms_stack.readiness import Versions
from lms_stack.remote import RemoteResult
from lms_stack.topology import Topology
from lms_stack.validity import renewal
from lms_stack.verdict import Outcome, Verdict
from loadtests.report import write_measurement
from runbooks.versions import stack_versions
from tests.unit.fake_remote import FakeRemote
from tests.unit.stacks import small_stack, split_stack
from tests.unit.test_comparison import measured, row

COURSE_FILE = Path(__file__).parent / "good_course.yaml"
MEASURED = measured(row(1000))
FITS = Verdict(outcome=Outcome.FITS)
PACKAGES = (
    "installed nginx 1.26.3-3\ninstalled postgresql-17 17.6-0\ninstalled postgresql 17+278\n"
    "deinstalled pgbouncer 1.24\ninstalled bash 5.2\n"
)


class Hosts(FakeRemote):
    """Hosts that tell their packages and release."""

    def __init__(self, packages: str = PACKAGES) -> None:
        super().__init__()
        self.packages = packages

    def answer(self, host: str, command: str, stdin: str) -> RemoteResult:
        return RemoteResult(0, self.packages if command.startswith("dpkg") else "/opt/lophoc/6899\n", "")


@dataclass
class Deployment:
    """One that stands, with a measurement."""

    settings: Settings
    stack: Standing
    folder: Path

    @property
    def paths(self) -> DeploymentPaths:
        return self.settings.paths

    def certified(self, run: Measurement = MEASURED, judged: Verdict = FITS) -> str:
        """Why there is no certificate; empty where there is one."""
        return certify(self.stack, run, judged, self.folder, Hosts())[1]

    def void(self) -> list[str]:
        """What makes the certificate void now."""
        document, _, code = ready(self.settings)
        assert document["ready"] is (code is ExitCode.DONE)
        return [each["en"] for each in document["void"]]


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    paths = DeploymentPaths(root=tmp_path / "demo")
    deployments.make(paths)
    settings = Settings(COURSE_FILE, paths, False, Progress(console=Console(file=io.StringIO())))
    course, plan = planned(settings)
    monkeypatch.setattr(ready_room, "_today", lambda: course.dates.closes - timedelta(days=30))
    stack = Standing(paths=paths, course=course, plan=plan, topology=small_stack())
    for path, model in ((paths.course, course), (paths.plan, plan), (paths.topology, stack.topology)):
        deployments.save(path, model)
    folder = paths.measurements / "20270301T123000Z"
    folder.mkdir()
    write_measurement(folder, MEASURED)
    asked: Callable[[Topology, str], tuple[Versions, ...]] = lambda topology, engine: stack_versions(  # noqa: E731
        Hosts(), topology, engine
    )
    monkeypatch.setattr(ready_room, "_versions", asked)
    return Deployment(settings, stack, folder)


def test_a_plain_fit_is_certified_and_the_certificate_holds(deployment: Deployment) -> None:
    assert deployment.certified() == ""
    document, text, code = ready(deployment.settings)
    assert code is ExitCode.DONE
    assert document["learners"] == deployment.stack.course.learners
    assert document["until"] == deployment.stack.course.dates.closes.isoformat()
    assert "ready" in text
    assert deployment.paths.ready_key.stat().st_mode & 0o777 == 0o600


def test_it_is_filed_beside_the_measurement_too_where_down_leaves_it(deployment: Deployment) -> None:
    deployment.certified()
    for name in ("ready.json", "ready.html"):
        assert (deployment.folder / name).read_text("utf-8") == (deployment.paths.root / name).read_text("utf-8")


def test_the_page_says_it_in_both_languages_and_asks_no_other_host(deployment: Deployment) -> None:
    deployment.certified()
    page = deployment.paths.ready_page.read_text("utf-8")
    learners = f"{deployment.stack.course.learners:,}"
    assert f"sẵn sàng phục vụ {learners.replace(',', '.')} học viên" in page
    assert f"ready for {learners} learners" in page
    assert "Điều 6" in page
    assert "http" not in page


@pytest.mark.parametrize(
    ("run", "judged", "why"),
    [
        (MEASURED, Verdict(outcome=Outcome.DOES_NOT_FIT), "only a verdict of `fits`"),
        (MEASURED, Verdict(outcome=Outcome.INVALID), "only a verdict of `fits`"),
        (measured(row(1000), what_if=WhatIf(learners=10)), FITS, "what-ifs"),
    ],
)
def test_nothing_else_is_certified(deployment: Deployment, run: Measurement, judged: Verdict, why: str) -> None:
    assert why in deployment.certified(run, judged)
    assert deployment.void() == ["there is no certificate"]


def test_a_course_that_has_closed_is_not_certified(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = deployment.stack.course.dates.closes + timedelta(days=1)
    monkeypatch.setattr(ready_room, "_today", lambda: closed)
    assert "closed on" in deployment.certified()


def test_a_new_certificate_is_signed_with_the_same_key(deployment: Deployment) -> None:
    first, _ = certify(deployment.stack, MEASURED, FITS, deployment.folder, Hosts())
    second, _ = certify(deployment.stack, MEASURED, FITS, deployment.folder, Hosts())
    assert first is not None
    assert second is not None
    assert first.public_key == second.public_key


def test_an_edited_certificate_is_void(deployment: Deployment) -> None:
    deployment.certified()
    told = json.loads(deployment.paths.ready.read_text("utf-8"))
    told["certificate"]["learners"] = 60_000
    deployment.paths.ready.write_text(json.dumps(told))
    assert deployment.void() == ["its signature does not match its content"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"certificate": {}}'])
def test_a_damaged_certificate_is_void_and_no_crash(deployment: Deployment, damage: str) -> None:
    deployment.certified()
    deployment.paths.ready.write_text(damage)
    assert deployment.void() == ["the certificate can't be read"]


def test_a_damaged_key_vouches_for_nothing(deployment: Deployment) -> None:
    deployment.certified()
    deployment.paths.ready_key.write_text("no key")
    assert deployment.void() == ["it was not signed by this deployment"]


def test_an_edited_measurement_makes_it_void(deployment: Deployment) -> None:
    deployment.certified()
    write_measurement(deployment.folder, measured(row(2000)))
    assert deployment.void() == ["its measurement was changed"]


def test_another_plan_makes_it_void(deployment: Deployment) -> None:
    deployment.certified()
    course: Course = deployment.stack.course
    other = deployment.stack.plan.model_copy(update={"deployment": f"{course.name}-2"})
    deployments.save(deployment.paths.plan, other)
    assert deployment.void() == ["another plan was built since"]


def test_a_course_file_that_asks_for_more_makes_it_void(deployment: Deployment, tmp_path: Path) -> None:
    deployment.certified()
    shutil.copytree(COURSE_FILE.parent / "bad_courses" / "content", tmp_path / "bad_courses" / "content")
    larger = tmp_path / "larger.yaml"
    text = COURSE_FILE.read_text("utf-8")
    now = deployment.stack.course.learners
    assert f"learners: {now}" in text
    larger.write_text(text.replace(f"learners: {now}", f"learners: {now * 3}"), "utf-8")
    settings = Settings(larger, deployment.paths, False, deployment.settings.progress)
    assert [each["en"] for each in ready(settings)[0]["void"]] == ["the course now needs another plan"]


def test_an_upgrade_makes_it_void(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.certified()
    newer = stack_versions(Hosts(PACKAGES.replace("1.26.3-3", "1.26.3-4")), small_stack(), "lophoc")
    monkeypatch.setattr(ready_room, "_versions", lambda *_: newer)
    assert deployment.void() == ["the software was changed"]


def test_one_that_ends_before_the_course_does_is_ready_and_says_from_when_on_to_measure_anew(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = deployment.stack.course.dates
    monkeypatch.setattr(ready_room, "_today", lambda: dates.opens - timedelta(days=100))
    assert deployment.certified() == ""
    document, text, code = ready(deployment.settings)
    assert (code, document["ready"]) == (ExitCode.DONE, True)
    due = dates.closes - timedelta(days=90)
    assert document["renewal"]["due"] == due.isoformat()
    assert f"from {due:%d/%m/%Y} on a new verify is due" in text
    page = deployment.paths.ready_page.read_text("utf-8")
    assert document["renewal"]["vi"] in page
    assert document["renewal"]["en"] in page


def test_one_that_holds_to_the_courses_end_warns_of_nothing(deployment: Deployment) -> None:
    deployment.certified()
    document, text, _ = ready(deployment.settings)
    assert document["renewal"] is None
    assert "a new verify" not in text
    assert "Lưu ý" not in deployment.paths.ready_page.read_text("utf-8")


def test_verify_says_beside_a_new_certificate_when_it_ends_too_early(deployment: Deployment) -> None:
    signed, _ = certify(deployment.stack, MEASURED, FITS, deployment.folder, Hosts())
    assert signed is not None
    early = renewal(deployment.stack.course, deployment.stack.course.dates.opens)
    assert early is not None
    told = Filed(deployment.folder, signed, "", early).ready
    assert told["renewal"]["due"] == early.due.isoformat()
    assert told["text"].endswith(f"; but {early.en}")
    assert Filed(deployment.folder, signed, "").ready["renewal"] is None


def test_a_stack_that_was_taken_down_is_not_ready(deployment: Deployment) -> None:
    deployment.certified()
    deployment.paths.topology.unlink()
    assert deployment.void() == ["the stack is not up any more"]


@pytest.mark.parametrize(
    ("verdict", "what_if", "void"),
    [
        ("does_not_fit", {}, ["a later verify did not fit"]),
        ("does_not_fit", {"learners": 9000}, []),
        ("invalid", {}, []),
        ("fits", {}, []),
    ],
)
def test_only_a_later_plain_misfit_speaks_against_it(
    deployment: Deployment, verdict: str, what_if: dict[str, int], void: list[str]
) -> None:
    deployment.certified()
    for name, outcome in (("20270228T000000Z", "does_not_fit"), ("20270302T000000Z", verdict)):
        (deployment.paths.measurements / name).mkdir()
        told = json.dumps({"verdict": outcome, "what_if": what_if})
        (deployment.paths.measurements / name / "report.json").write_text(told)
    assert deployment.void() == void


def test_a_day_after_its_last_it_has_expired(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.certified()
    later = deployment.stack.course.dates.closes + timedelta(days=1)
    monkeypatch.setattr(ready_room, "_today", lambda: later)
    assert deployment.void() == ["it has expired"]


def test_versions_are_those_of_the_packages_of_a_hosts_roles_that_are_installed() -> None:
    versions = {each.host: each for each in stack_versions(Hosts(), split_stack(), "lophoc")}
    assert versions["database-1"].packages == {"postgresql": "17+278", "postgresql-17": "17.6-0"}
    assert versions["edge-1"].packages == {"nginx": "1.26.3-3"}
    assert (versions["app-1"].release, versions["edge-1"].release) == ("/opt/lophoc/6899", "")
    assert "monitor-1" not in versions


def test_issued_is_a_moment_with_its_zone(deployment: Deployment) -> None:
    signed, _ = certify(deployment.stack, MEASURED, FITS, deployment.folder, Hosts())
    assert signed is not None
    assert signed.certificate.issued.tzinfo is UTC
    assert abs(signed.certificate.issued - datetime.now(UTC)) < timedelta(minutes=5)
