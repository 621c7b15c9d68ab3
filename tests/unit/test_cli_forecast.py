"""forecast and calibrations as the command line has them: what is shown, refused, refitted and planned by."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from cli import deployments, recording
from cli.app import main
from cli.known import known
from cli.progress import Progress
from cli.recording import ledger_path, record_verify
from cli.settings import Settings
from lms_stack.calibration import Calibration, Machine, by_speed, read, to_yaml
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.ledger import Entry, Forecast, append, entries
from lms_stack.measurement import ClassResult, GeneratorHealth, LoadResult, Measurement, ResourceUse, WhatIf
from lms_stack.paths import DeploymentPaths
from lms_stack.request_classes import RequestClass
from lms_stack.sizing import plan
from lms_stack.units import Interval
from lms_stack.verdict import Outcome, Verdict
from monitoring.busiest import BusiestHour
from tests.unit.stacks import small_stack

COURSE_FILE = Path(__file__).parent / "good_course.yaml"
NOW = datetime(2027, 3, 1, 13, tzinfo=UTC)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeploymentPaths:
    """A deployment's folder of which nothing was ever made."""
    monkeypatch.setenv("TAPHUAN_STATE", str(tmp_path / "state"))
    return DeploymentPaths.of("spring")


def _typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    monkeypatch.setattr("sys.argv", ["taphuan", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code, capsys.readouterr().out


def _calibration(speed: float = 2.0) -> Calibration:
    machine = Machine(cpu="Some CPU", cores=1, pieces_per_second=150 * speed, speed=speed)
    made = by_speed(facts(), machine, version="0.1.0", engine="lophoc", engine_version="0.1.0", now=NOW)
    return made.model_copy(update={"loads": ("study",)})


def _entry(ratio: float, number: int, origin: str) -> Entry:
    predicted = Interval(low=0.4, mid=0.5, high=0.6, unit="share")
    cpu = Forecast(kind="cpu", of="lms-1", predicted=predicted, measured=0.5 * ratio)
    return Entry(
        at=NOW + timedelta(hours=number),
        event="verify",
        deployment="spring",
        learners=600,
        version="0.1.0",
        origin=origin,
        verdict="fits",
        forecasts=(cpu,),
    )


def test_an_empty_ledger_says_what_fills_it(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _typed(monkeypatch, capsys, "forecast")
    assert code == 0
    assert "No forecast yet" in said
    assert not paths.root.exists()


def test_a_refit_is_written_into_the_calibration_and_the_next_plan_says_so(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held = _calibration()
    deployments.write_private(paths.calibration, to_yaml(held))
    for number, ratio in enumerate((1.1, 1.2, 1.15, 1.25, 1.2, 1.1)):
        append(ledger_path(), _entry(ratio, number, held.origin))
    course = (str(COURSE_FILE), "--deployment", "spring")
    code, said = _typed(monkeypatch, capsys, "forecast", *course, "--refit", "--json")
    document = json.loads(said)
    assert code == 0
    assert document["refit"]["factor"] == pytest.approx(1.165, abs=0.01)
    assert document["coverage"][0]["held"] == 5
    assert read(paths.calibration).refit is not None
    code, said = _typed(monkeypatch, capsys, "plan", *course, "--json")
    reason = json.loads(said)["hosts"][0]["cores"]["reason"]
    assert "measured here on 2027-03-01 on Some CPU, refitted by 6 forecasts" in reason


def _evening(share: float, number: int) -> Entry:
    predicted = Interval(low=0.1, mid=0.18, high=0.33, unit="share")
    seen = Forecast(kind="concurrency", of="site", predicted=predicted, measured=share)
    changes = {"at": NOW + timedelta(days=number), "event": "day", "verdict": "observed", "forecasts": (seen,)}
    return _entry(1.0, number, "as measured").model_copy(update=changes)


def test_days_of_a_course_refit_how_many_study_at_once_and_the_next_plan_names_them(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, share in enumerate((0.05, 0.06, 0.05, 0.07, 0.06)):
        append(ledger_path(), _evening(share, number))
    course = (str(COURSE_FILE), "--deployment", "spring")
    before = json.loads(_typed(monkeypatch, capsys, "plan", *course, "--json")[1])["demand"]
    code, said = _typed(monkeypatch, capsys, "forecast", *course, "--refit", "--json")
    document = json.loads(said)
    assert code == 0
    assert document["concurrency"]["mid"] == pytest.approx(0.0575, rel=0.01)
    assert document["refit"] is None
    assert paths.activity.stat().st_mode & 0o777 == 0o600
    after = json.loads(_typed(monkeypatch, capsys, "plan", *course, "--json")[1])["demand"]
    assert after["concurrent_learners"]["value"] < before["concurrent_learners"]["value"] / 2
    code, said = _typed(monkeypatch, capsys, "plan", *course, "--why", "learners_at_once", "--json")
    assert "The forecast ledger: the busiest hours of 5 days of spring, 2027-03-01 to 2027-03-05" in said


def test_what_was_refitted_and_what_was_not_is_told(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        append(ledger_path(), _evening(0.1, number))
    code, said = _typed(monkeypatch, capsys, "forecast", str(COURSE_FILE), "--deployment", "spring", "--refit")
    said = " ".join(said.split())
    assert code == 0
    assert "as a share of those enrolled: 8.33 to 12 %, likely 10 %" in said
    assert "Not refitted: spring has no calibration to refit" in said


def test_a_day_is_recorded_with_how_many_studied_at_once(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = _standing(paths)
    evening = datetime(2027, 3, 3, 13, tzinfo=UTC)  # 20:00 in Viet Nam
    # 120 learners, of whom 10 % are on the site: 12 visits begin in half an hour, each with one sign-in.
    busiest = BusiestHour(ended=evening + timedelta(hours=1), requests=1, egress=1e6, cpu={}, classes={"login": 0.1})
    monkeypatch.setattr(recording, "standing", lambda _paths: stack)
    monkeypatch.setattr("monitoring.busiest.busiest_hour", lambda *_: busiest)
    entry = recording.record_day(Settings(COURSE_FILE, paths, False, Progress(console=Console(file=io.StringIO()))))
    (seen,) = (each for each in entry.forecasts if each.kind == "concurrency")
    assert 0 < seen.measured < 1
    assert seen.predicted == facts().activity["evening_concurrency"].interval


@pytest.mark.parametrize("option", ["--refit", "--day"])
def test_what_is_of_one_course_asks_for_it(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    code, said = _typed(monkeypatch, capsys, "forecast", option, "--json")
    assert code == 2
    assert "of one course" in json.loads(said)["error"]["message"]


def test_without_a_calibration_there_is_nothing_to_refit(
    paths: DeploymentPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _typed(
        monkeypatch, capsys, "forecast", str(COURSE_FILE), "--deployment", "spring", "--refit", "--json"
    )
    assert code == 2
    assert "no calibration to refit" in json.loads(said)["error"]["message"]


def test_a_plan_by_a_calibration_of_elsewhere_says_so_and_a_missing_file_is_refused(
    paths: DeploymentPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "elsewhere.yaml"
    course = ("plan", str(COURSE_FILE), "--deployment", "spring", "--json", "--calibration", str(file))
    code, said = _typed(monkeypatch, capsys, *course)
    assert code == 2
    assert "is not there" in json.loads(said)["error"]["message"]
    file.write_text(to_yaml(_calibration()), "utf-8")
    code, said = _typed(monkeypatch, capsys, *course)
    assert code == 0
    assert "measured here on 2027-03-01 on Some CPU" in json.loads(said)["hosts"][0]["cores"]["reason"]


def test_a_calibration_of_elsewhere_is_scaled_where_the_speed_of_this_deployments_cores_is_known(
    paths: DeploymentPaths, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere.yaml"
    file.write_text(to_yaml(_calibration(speed=2.0)), "utf-8")
    unknown = known(paths, file).service_demands.demands[RequestClass.LOGIN].app
    deployments.write_private(paths.calibration, to_yaml(_calibration(speed=4.0)))
    scaled = known(paths, file).service_demands
    assert scaled.demands[RequestClass.LOGIN].app == pytest.approx(unknown / 2)
    assert "speed 4.00" in scaled.origin


def _measured(what_if: WhatIf) -> Measurement:
    health = GeneratorHealth(
        loop_lag_p99=0.001,
        run_queue_share=0.0,
        cpu_share=0.1,
        intended_arrivals=100,
        started_arrivals=100,
        cpu_warning=False,
    )
    login = ClassResult(request_class=RequestClass.LOGIN, intended=100, completed=100, failed=0, p50=0.04, p95=0.09)
    load = LoadResult(
        started=NOW, hold_started=NOW, hold_ended=NOW + timedelta(seconds=60), classes=(login,), generator=health
    )
    cpu = ResourceUse(resource="cpu", host="lms-1", name="CPU", share=0.42, capacity="1 core")
    out = ResourceUse(resource="link", host="lms-1", name="edge link out", share=0.5, capacity="20 Mbit/s")
    return Measurement(load=load, resources=(cpu, out), what_if=what_if)


def _standing(paths: DeploymentPaths) -> deployments.Standing:
    course = read_course(COURSE_FILE)
    return deployments.Standing(paths=paths, course=course, plan=plan(course, demand(course)), topology=small_stack())


def test_a_verify_writes_what_was_predicted_beside_what_came(paths: DeploymentPaths) -> None:
    stack = _standing(paths)
    record_verify(stack, stack.plan.demand, _measured(WhatIf()), Verdict(outcome=Outcome.FITS, excuses=()))
    ((entry,), torn) = entries(ledger_path())
    assert torn == 0
    found = {each.kind: each for each in entry.forecasts}
    assert found["cpu"].measured == 0.42
    assert 0 < found["cpu"].predicted.mid <= 1
    assert found["egress"].measured == pytest.approx(10e6)
    assert found["requests"].predicted.mid == pytest.approx(stack.plan.demand.request_rate)


def test_a_stack_that_was_broken_on_purpose_says_nothing_of_forecasts(paths: DeploymentPaths) -> None:
    stack = _standing(paths)
    broken = _measured(WhatIf(drill="error-page"))
    assert record_verify(stack, stack.plan.demand, broken, Verdict(outcome=Outcome.DOES_NOT_FIT, excuses=())) is None
    assert not ledger_path().exists()
