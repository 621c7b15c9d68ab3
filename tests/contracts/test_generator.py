"""The load generator as a program, against lophoc on loopback over TLS: what it measures is what was there."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import certificates
from lms_stack.course import Objectives
from lms_stack.facts import facts
from lms_stack.measurement import LoadResult, Measurement
from lms_stack.verdict import Outcome, verdict
from loadtests.load_plan import JourneyLoad, LoadPlan

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parent.parent.parent
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
PASSWORD = "mat-khau-thu-tai"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, and a certificate of 127.0.0.1 with its key."""
    folder = tmp_path_factory.mktemp("tls")
    ca_key, key = certificates.new_key(), certificates.new_key()
    ca = certificates.authority("toy", ca_key)
    (folder / "ca.crt").write_text(ca)
    (folder / "site.crt").write_text(certificates.site("localhost", ["127.0.0.1"], key, ca, ca_key))
    (folder / "site.key").write_text(key)
    return folder


Site = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture
def site(tmp_path: Path, tls: Path) -> Iterator[Site]:
    """Start lophoc with a small course and the load test's accounts; gives its address and what there is to play."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**fault: str) -> tuple[str, dict[str, Any]]:
        environment = _environment(tmp_path, fault)
        prepared = _prepared(tmp_path, environment)
        port = _free_port()
        started.append(_granian(port, tls, environment, tmp_path / "site.log"))
        _wait_for(port)
        return f"https://127.0.0.1:{port}", prepared

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _environment(folder: Path, fault: dict[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "lms_stack" / "lophoc", Path(__file__).parent))),
        "DJANGO_SETTINGS_MODULE": "lophoc.settings_test",
        "LOPHOC_DATABASE_URL": f"sqlite:///{folder / 'toy.sqlite'}",
        "LOPHOC_MEDIA_ROOT": str(folder),
        "TOY_DATABASE": str(folder / "toy.sqlite"),
        "TOY_MEDIA": str(folder),
        **fault,
    }


def _prepared(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    (folder / "course.json").write_text(json.dumps(_bundle()), "utf-8")
    for source in ("goi-mat-khau", "goi-dung-sai"):
        shutil.make_archive(str(folder / source), "zip", ROOT / "courses" / "demo" / source)
    (folder / "goi-dung-sai.zip").rename(folder / "goi-dung-sai.h5p")
    (folder / "password").write_text(PASSWORD)
    made = ""
    for command in (
        ["migrate", "--verbosity", "0"],
        ["load_course", str(folder)],
        [
            *["prepare_load_test", "--course", "mau", "--learners", "80", "--instructors", "2"],
            f"--password-file={folder / 'password'}",
        ],
    ):
        made = subprocess.run(
            [sys.executable, "-m", "lophoc.manage", *command],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return dict(json.loads(made.splitlines()[-1]))


def _bundle() -> dict[str, Any]:
    questions = [
        {"kind": "single", "text": "Một?", "choices": ["a", "b"], "answer": 1},
        {"kind": "multiple", "text": "Hai?", "choices": ["a", "b", "c"], "answer": [0, 2]},
        {"kind": "matching", "text": "Ba?", "choices": ["a", "b"], "answer": ["x", "y", "z"]},
        {"kind": "short", "text": "Bốn?", "answer": ["có"]},
        {"kind": "number", "text": "Năm?", "answer": {"value": 6}},
    ]
    rubric = [{"title": "Nội dung", "points": 6}, {"title": "Trình bày", "points": 4}]
    return {
        "slug": "mau",
        "title": "Khoá mẫu",
        "organiser": "Sở mẫu",
        "summary": "",
        "opens": "2027-03-01",
        "closes": "2027-04-11",
        "access_until": "2099-10-31",
        "units": [
            {"kind": "lesson", "title": "Bài 1", "markdown": "Chào.", "video": "mau/1/phim.m3u8"},
            {"kind": "quiz", "title": "Kiểm tra", "time_limit": 15, "attempts": 3, "questions": questions},
            {"kind": "essay", "title": "Bài luận", "markdown": "Viết.", "rubric": rubric},
            {"kind": "package", "title": "Gói SCORM", "file": "goi-mat-khau.zip"},
            {"kind": "package", "title": "Gói H5P", "file": "goi-dung-sai.h5p"},
        ],
        "forum": [],
        "classes": [],
        "instructors": [],
        "learners": [],
    }


def _granian(port: int, tls: Path, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    options = f"--interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads 4".split()
    certificate = ["--ssl-certificate", str(tls / "site.crt"), "--ssl-keyfile", str(tls / "site.key")]
    command = [sys.executable, "-m", "granian", *options, *certificate, "toy_site:application"]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=log.open("wb"), stderr=subprocess.STDOUT
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the toy site did not start")


def _plan(url: str, prepared: dict[str, Any], tls: Path, **changes: Any) -> LoadPlan:
    journeys = tuple(
        JourneyLoad(name=name, rate=rate, role=facts().journeys[name].role, requests=facts().journeys[name].requests)
        for name, rate in RATES.items()
    )
    told = {name: prepared[name] for name in LoadPlan.model_fields if name in prepared}
    options = {"warm_up": 2.0, "hold": 8.0, "drain": 10.0, "think": 0.2, "sessions": 10, "instructor_sessions": 2}
    return LoadPlan(
        url=url,
        ca_certificate=str(tls / "ca.crt"),
        journeys=journeys,
        **{**told, **options, **changes},
    )


def _play(plan: LoadPlan, folder: Path) -> tuple[LoadResult, list[dict[str, Any]]]:
    (folder / "plan.json").write_text(plan.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.generator", str(folder / "plan.json"), str(folder / "result.json")],
        cwd=ROOT,
        input=PASSWORD + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return LoadResult.model_validate_json((folder / "result.json").read_text()), lines


def test_every_class_of_every_journey_comes_back_right_and_is_counted(site: Site, tls: Path, tmp_path: Path) -> None:
    url, prepared = site()
    result, lines = _play(_plan(url, prepared, tls), tmp_path)
    assert {each.request_class: each.failures for each in result.classes if each.failures} == {}
    assert {
        each.request_class: each.intended - each.completed for each in result.classes if each.intended != each.completed
    } == {}
    assert sum(each.completed for each in result.classes) > 100
    assert all(each.p95 is not None for each in result.classes if each.completed)
    assert result.generator.started_arrivals == result.generator.intended_arrivals > 0
    assert {line["phase"] for line in lines} >= {"warm-up", "peak held"}


def test_an_error_page_with_status_200_is_a_failure(site: Site, tls: Path, tmp_path: Path) -> None:
    switch = tmp_path / "broken"
    url, prepared = site(TOY_FAULT="error-page", TOY_SWITCH=str(switch))
    switch.touch()
    result, _ = _play(_plan(url, prepared, tls, hold=5.0), tmp_path)
    failures = {kind for each in result.classes for kind in each.failures}
    assert any(kind.startswith("content: expected page") for kind in failures)
    judged = verdict(Measurement(load=result, resources=()), Objectives())
    assert judged.outcome is not Outcome.FITS


def test_a_site_that_stands_still_shows_in_every_arrival_of_that_time(site: Site, tls: Path, tmp_path: Path) -> None:
    url, prepared = site(TOY_FAULT="freeze", TOY_FREEZE_AFTER="9")
    plan = _plan(url, prepared, tls, hold=10.0)
    plan = plan.model_copy(update={"journeys": tuple(each for each in plan.journeys if each.name == "study")})
    result, _ = _play(plan, tmp_path)
    assert max(each.longest or 0 for each in result.classes) > 0.5
