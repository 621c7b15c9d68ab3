"""The load generator as a program, against lophoc on loopback over TLS: what it measures is what was there."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lms_stack.course import Objectives
from lms_stack.facts import facts
from lms_stack.measurement import LoadResult, Measurement
from lms_stack.steadiness import unsteady
from lms_stack.verdict import Outcome, verdict
from loadtests.load_plan import JourneyLoad, LoadPlan, Stretch
from loadtests.merge import Part
from loadtests.run import Tick, play
from tests.contracts.local_remote import LocalRemote, a_host
from tests.contracts.ports import free_port, wait_for
from tests.contracts.toy_course import PASSWORD, certified, environment, fill, granian

pytestmark = [pytest.mark.contract, pytest.mark.alone]

RATES = {
    "sign_in": 0.5,
    "study": 2.0,
    "watch": 1.0,
    "quiz": 1.5,
    "forum": 1.0,
    "forum_read_only": 1.0,
    "essay": 0.5,
    "exam": 0.5,
    "gradebook": 0.5,
    **dict.fromkeys(("look_around", "package", "survey", "live_session", "certificate", "message", "question"), 0.4),
    **dict.fromkeys(("mark_essay", "attendance", "class_progress", "reports", "export", "announce", "probe"), 0.4),
    "upload": 0.2,
}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, and a certificate of 127.0.0.1 with its key."""
    folder = tmp_path_factory.mktemp("tls")
    certified(folder)
    return folder


Site = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a small course with the load test's accounts, and what there is to play."""
    folder = tmp_path_factory.mktemp("filled")
    return folder, fill(folder, environment(folder, {}))


@pytest.fixture
def site(tmp_path: Path, tls: Path, filled: tuple[Path, dict[str, Any]]) -> Iterator[Site]:
    """Start lophoc on a copy of that course; gives its address and what there is to play."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**fault: str) -> tuple[str, dict[str, Any]]:
        shutil.copytree(filled[0], tmp_path, dirs_exist_ok=True)
        port = free_port()
        started.append(granian(port, tls, environment(tmp_path, fault), tmp_path / "site.log"))
        wait_for(port)
        return f"https://127.0.0.1:{port}", filled[1]

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _plan(url: str, prepared: dict[str, Any], tls: Path, **changes: Any) -> LoadPlan:
    journeys = tuple(
        JourneyLoad(name=name, rate=rate, role=facts().journeys[name].role, requests=facts().journeys[name].requests)
        for name, rate in RATES.items()
    )
    told = {name: prepared[name] for name in LoadPlan.model_fields if name in prepared}
    # Who is under way when the hold ends has a minute to end a journey: on slow cores a page takes two seconds.
    options = {"warm_up": 2.0, "hold": 8.0, "drain": 60.0, "think": 0.2, "sessions": 40, "instructor_sessions": 2}
    return LoadPlan(
        url=url,
        ca_certificate=str(tls / "ca.crt"),
        journeys=journeys,
        **{**told, **options, **changes},
    )


def _play(
    plan: LoadPlan, folder: Path, *, hosts: int = 1, on_second: Callable[[Tick], None] = lambda _tick: None
) -> tuple[LoadResult, list[Tick]]:
    """Play a plan from that many generators on this machine; gives also what was told each second."""
    ticks: list[Tick] = []

    def hear(tick: Tick) -> None:
        ticks.append(tick)
        on_second(tick)

    names = [f"loadgen-{number}" for number in range(1, hosts + 1)]
    return play(plan, LocalRemote(folder), [a_host(name) for name in names], PASSWORD, on_second=hear), ticks


def test_every_class_of_every_journey_comes_back_right_and_is_counted(site: Site, tls: Path, tmp_path: Path) -> None:
    url, prepared = site()
    result, ticks = _play(_plan(url, prepared, tls), tmp_path)
    assert {each.request_class: each.failures for each in result.classes if each.failures} == {}
    assert {
        each.request_class: each.intended - each.completed for each in result.classes if each.intended != each.completed
    } == {}
    assert sum(each.completed for each in result.classes) > 100
    assert all(each.p95 is not None for each in result.classes if each.completed)
    assert result.generator.started_arrivals == result.generator.intended_arrivals > 0
    assert {tick.phase for tick in ticks} >= {"warm-up", "hold"}
    assert [phase.name for phase in result.phases] == ["warm-up", "hold"]


def test_an_error_page_with_status_200_is_a_failure(site: Site, tls: Path, tmp_path: Path) -> None:
    switch = tmp_path / "broken"
    url, prepared = site(TOY_FAULT="error-page", TOY_SWITCH=str(switch))
    switch.touch()
    result, _ = _play(_plan(url, prepared, tls, hold=5.0), tmp_path)
    failures = {kind for each in result.classes for kind in each.failures}
    assert any(kind.startswith("content: expected page") for kind in failures)
    judged = verdict(Measurement(load=result, resources=()), Objectives())
    assert judged.outcome is not Outcome.FITS


def test_a_site_with_a_certificate_of_an_authority_of_the_machine_is_not_trusted(
    site: Site, tls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, prepared = site()
    monkeypatch.setenv("SSL_CERT_FILE", str(tls / "ca.crt"))  # the machine trusts the site, the deployment doesn't
    other = tmp_path / "other"
    other.mkdir()
    certified(other)
    result, _ = _play(_only(_plan(url, prepared, other, hold=3.0), "sign_in", 2.0), tmp_path)
    assert {name for each in result.classes for name in each.failures} == {"no answer: SSLCertVerificationError"}


def _only(plan: LoadPlan, journey: str, rate: float) -> LoadPlan:
    """A plan with one journey alone, at another rate."""
    kept = (each.model_copy(update={"rate": rate}) for each in plan.journeys if each.name == journey)
    return plan.model_copy(update={"journeys": tuple(kept)})


def _slowly(plan: LoadPlan) -> LoadPlan:
    """A plan with half of its arrivals."""
    return plan.model_copy(
        update={"journeys": tuple(each.model_copy(update={"rate": each.rate / 2}) for each in plan.journeys)}
    )


def _switched_in_the_hold(switch: Path) -> Callable[[Tick], None]:
    def hear(tick: Tick) -> None:
        if tick.phase == "hold":
            switch.touch()

    return hear


def test_a_site_that_stands_still_for_three_seconds_shows_in_the_hold(site: Site, tls: Path, tmp_path: Path) -> None:
    switch = tmp_path / "broken"
    url, prepared = site(TOY_FAULT="freeze", TOY_SWITCH=str(switch))
    plan = _only(_plan(url, prepared, tls, hold=10.0), "study", 4.0)
    result, _ = _play(plan, tmp_path, on_second=_switched_in_the_hold(switch))
    assert result.stand_still is not None
    assert result.stand_still.seconds > 2
    limits = {name: fact.number for name, fact in facts().thresholds.items()}
    assert [each.reason.split(" for ")[0] for each in unsteady(result, 1.0, limits)] == ["the site stood still"]


def test_a_site_that_gets_slower_shows_in_the_trend(site: Site, tls: Path, tmp_path: Path) -> None:
    switch = tmp_path / "broken"
    url, prepared = site(TOY_FAULT="slower", TOY_SWITCH=str(switch))
    plan = _only(_plan(url, prepared, tls, hold=30.0), "study", 3.0)
    result, _ = _play(plan, tmp_path, on_second=_switched_in_the_hold(switch))
    limits = {name: fact.number for name, fact in facts().thresholds.items()}
    assert "answers get slower with time" in [each.reason for each in unsteady(result, 1.0, limits)], result.trend


def test_two_generators_share_the_arrivals_and_their_results_are_added_up(
    site: Site, tls: Path, tmp_path: Path
) -> None:
    url, prepared = site()
    # Each has half of the 80 learners: 20 who are signed in already and 20 who come, so that no account is there twice.
    # Of all journeys half as many: two generators beside the site have most of a slow machine's cores.
    plan = _slowly(_plan(url, prepared, tls, sessions=20))
    result, _ = _play(plan, tmp_path, hosts=2)
    parts = [
        Part.model_validate_json((tmp_path / name / "result.json").read_text()) for name in ("loadgen-1", "loadgen-2")
    ]
    assert [each.host for each in result.generators] == ["loadgen-1", "loadgen-2"]
    assert result.generator.intended_arrivals == sum(each.generator.intended_arrivals for each in parts)
    assert min(each.generator.intended_arrivals for each in parts) > 10
    assert abs((parts[0].began - parts[1].began).total_seconds()) < 1
    for row in result.classes:
        held = [part.phases[1].classes[row.request_class] for part in parts]
        assert row.completed == sum(each.completed for each in held) == row.intended, row.failures


def test_all_phases_are_played_and_the_ramp_finds_the_knee(site: Site, tls: Path, tmp_path: Path) -> None:
    url, prepared = site()
    later = (
        Stretch(phase="storm", seconds=5, exams=2.0),
        Stretch(phase="ramp", seconds=60, last=150.0),
        Stretch(phase="recovery", seconds=30),
    )
    plan = _only(_plan(url, prepared, tls, later=later, allowed_p95=1.0, allowed_lag=60.0), "study", 2.0)
    result, ticks = _play(plan, tmp_path)
    assert [phase.name for phase in result.phases] == ["warm-up", "hold", "storm", "ramp", "recovery"]
    assert result.saturation is not None
    assert result.saturation.reached, result.saturation
    assert result.saturation.requests_per_second > plan.request_rate
    assert any(tick.knee for tick in ticks)
    ramp = result.phases[3]
    assert (ramp.ended - ramp.started).total_seconds() < 60  # the knee ends it
    assert result.recovery is not None
    assert result.recovery.seconds is not None, result.recovery


def test_ctrl_c_ends_the_load_and_keeps_what_was_measured(site: Site, tls: Path, tmp_path: Path) -> None:
    url, prepared = site()

    # Where the tests were started in the background, the shell has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    once = iter([True])

    def interrupt(tick: Tick) -> None:
        if tick.phase == "hold" and tick.left < 57 and next(once, False):
            signal.raise_signal(signal.SIGINT)

    plan = _plan(url, prepared, tls, hold=60.0)
    try:
        result, ticks = _play(plan, tmp_path, on_second=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.stopped
    assert ticks[-1].left > 50
    assert 0 < (result.hold_ended - result.hold_started).total_seconds() < 30
    assert sum(each.completed for each in result.classes) > 0
    judged = verdict(Measurement(load=result, resources=()), Objectives())
    assert judged.outcome is Outcome.INVALID
    assert judged.excuses[0].reason == "the load test was stopped by hand"
