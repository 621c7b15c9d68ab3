"""Fifty learners take a quiz that saves itself while processes of the application are killed: nothing said to be
saved is lost."""

import json
import random
import re
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from lms_stack.engines import ENGINES
from lms_stack.topology import Topology
from runbooks.ssh import SshRemote

pytestmark = pytest.mark.lab

LEARNERS = 50
KILLS = 3
#: Seconds of saving before each kill, and at most until another process is there in its place.
SPELL, REPLACED = 6.0, 30.0
#: Seconds from one change to the next: autosave.js sends one second and a half after it, if no other came.
THINK = (1.5, 2.5)
#: Seconds that autosave.js waits for an answer.
PATIENCE = 10.0

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FORM = re.compile(r'data-autosave="([^"]+)" data-attempt="(\d+)"')
_FIELD = re.compile(r'<input(?: type="\w+")? name="(cau-\d+)" value="([^"]*)"( aria-labelledby)?')
_STORED = (
    "import json; from lophoc.assessment.models import Attempt; "
    "print(json.dumps({each.pk: each.answers for each in Attempt.objects.filter(learner__is_load_test=True)}))"
)
#: The processes of the application's service but its main one, the busiest first.
_WORKERS = 'ps -o pid= --sort=-cputimes --ppid "$(systemctl show --property MainPID --value lophoc.service)"'

Answers = dict[str, list[str]]


@dataclass
class Learner:
    """Somebody at a quiz, with a browser that does what autosave.js does."""

    browser: httpx.Client
    username: str
    chance: random.Random
    typed: Answers = field(default_factory=dict)
    #: What the site said is saved, and what was sent after that without an answer that says so.
    acknowledged: Answers = field(default_factory=dict)
    unsure: list[Answers] = field(default_factory=list)
    saves: int = 0

    def begin(self, password: str, quiz: str) -> None:
        """Sign in and start an attempt."""
        fields = {"username": self.username, "password": password, "next": ""}
        self._send("/dang-nhap/", self._get("/dang-nhap/"), fields)
        started = self._send(f"{quiz}bat-dau/", self._get(quiz), {})
        page = self._get(started.headers["location"])
        found = _FORM.search(page)
        assert found, f"{self.username}: no quiz but {page[:300]}"
        self.save_at, self.attempt, self.token = found[1], int(found[2]), _token(page)
        self.choices: dict[str, list[str]] = {}
        for name, value, is_text in _FIELD.findall(page):
            self.choices.setdefault(name, []).extend([] if is_text else [unescape(value)])

    def _get(self, path: str) -> str:
        return self.browser.get(path).raise_for_status().text

    def _send(self, path: str, form: str, fields: dict[str, str]) -> httpx.Response:
        """Send a page's form; the site must send us on."""
        answer = self.browser.post(path, data={"csrfmiddlewaretoken": _token(form), **fields})
        assert answer.status_code == 302, f"{self.username}: {path} gave {answer.status_code}"
        return answer

    def answer(self) -> None:
        """Change the answers: choices at random, and a text that no save before had."""
        self.saves += 1
        self.typed = {
            name.removeprefix("cau-"): [self.chance.choice(values) if values else f"{self.saves}"]
            for name, values in self.choices.items()
        }

    def save(self) -> bool:
        """Send the answers as they stand; whether the site said that they are saved."""
        sent = self.typed
        told = self._told(sent)
        if told:
            self.acknowledged, self.unsure = sent, []
        else:
            self.unsure.append(sent)
        return told

    def _told(self, sent: Answers) -> bool:
        fields = {f"cau-{place}": values for place, values in sent.items()}
        try:
            answer = self.browser.post(self.save_at, data={"csrfmiddlewaretoken": self.token, **fields})
            return answer.status_code == 200 and answer.json()["saved"] is True
        except (httpx.HTTPError, ValueError):
            return False

    def take(self, pen_down: threading.Event) -> None:
        """Answer and save until the pen is put down; what was not acknowledged goes out with the next save."""
        while not pen_down.wait(self.chance.uniform(*THINK)):
            self.answer()
            self.save()


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    assert found, page[:300]
    return found[1]


@dataclass
class Storm:
    """What came of it: pids killed and those at work before and after, learners, what the database holds."""

    killed: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    learners: list[Learner] = field(default_factory=list)
    stored: dict[int, Answers] = field(default_factory=dict)


@pytest.fixture(scope="module")
def remote(state: Path, site: dict[str, Any]) -> Iterator[SshRemote]:
    """SSH to the hosts of the deployment that stands."""
    topology = Topology.model_validate_json((state / "demo" / "topology.json").read_text("utf-8"))
    with SshRemote(topology) as made:
        yield made


@pytest.fixture(scope="module")
def learners(remote: SshRemote, site: dict[str, Any]) -> Iterator[list[Learner]]:
    """The load test's learners, each in an attempt at the first quiz; removed afterwards with all they did."""
    engine, password = ENGINES["lophoc"], secrets.token_urlsafe(16)
    command = engine.prepare_load_test("demo", LEARNERS, 1)
    try:
        made = json.loads(remote.run("lms-1", command, stdin=f"{password}\n").stdout.splitlines()[-1])
        quiz = f"/khoa-hoc/{made['course']}/bai-kiem-tra/{made['quizzes'][0]}/"
        context = ssl.create_default_context(cafile=site["site"]["ca_certificate"])
        url = site["site"]["url"].rstrip("/")
        headers = {"Referer": f"{url}/", "Origin": url}
        found = [
            Learner(
                httpx.Client(base_url=url, verify=context, headers=headers, timeout=PATIENCE, trust_env=False),
                made["learner_pattern"].format(number),
                random.Random(number),
            )
            for number in range(1, LEARNERS + 1)
        ]
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda each: each.begin(password, quiz), found))
        yield found
        for each in found:
            each.browser.close()
    finally:
        remote.run("lms-1", engine.purge_load_test(), timeout=120)


def workers(remote: SshRemote) -> list[int]:
    """The application's processes, the busiest first."""
    return [int(pid) for pid in remote.run("lms-1", _WORKERS).stdout.split()]


def stored(remote: SshRemote) -> dict[int, Answers]:
    """What the database holds of each attempt of the load test."""
    said = remote.run("lms-1", f'{ENGINES["lophoc"].manage} shell --command "{_STORED}"').stdout
    return {int(pk): answers for pk, answers in json.loads(said.strip().splitlines()[-1]).items()}


@pytest.fixture(scope="module")
def storm(remote: SshRemote, learners: list[Learner]) -> Storm:
    """All save; at each kill a third of them stop where they are, so that no later save hides what was lost."""
    seen = Storm(before=workers(remote), learners=learners)
    pens_down = [threading.Event() for _ in range(KILLS)]
    with ThreadPoolExecutor(LEARNERS) as pool:
        taking = [pool.submit(each.take, pens_down[n % KILLS]) for n, each in enumerate(learners)]
        try:
            for pen_down in pens_down:
                time.sleep(SPELL)
                seen.killed.append(kill_one(remote))
                pen_down.set()
                seen.after = await_workers(remote, len(seen.before), seen.killed)
        finally:
            for pen_down in pens_down:
                pen_down.set()
        for each in taking:
            each.result()
    seen.stored = stored(remote)
    return seen


def kill_one(remote: SshRemote) -> int:
    """Kill the process of the application that did most of the work; gives back its pid."""
    victim = workers(remote)[0]
    remote.run("lms-1", f"kill -KILL {victim}")
    return victim


def await_workers(remote: SshRemote, count: int, killed: list[int]) -> list[int]:
    """The processes at work, as soon as there are as many as before without those killed."""
    deadline = time.monotonic() + REPLACED
    while True:
        now = workers(remote)
        if len(now) >= count and not set(now) & set(killed):
            return now
        assert time.monotonic() < deadline, f"{count} processes were there, {killed} were killed, now there are {now}"
        time.sleep(0.5)


def test_processes_of_the_application_are_killed_while_fifty_learners_save(storm: Storm) -> None:
    assert len(set(storm.killed)) == KILLS
    assert len(storm.after) == len(storm.before)
    assert not set(storm.after) & set(storm.killed)
    assert len(storm.stored) == LEARNERS
    assert [each.username for each in storm.learners if not each.acknowledged] == []


def test_killing_an_app_process_while_50_learners_autosave_loses_no_acknowledged_answer(storm: Storm) -> None:
    lost = {
        each.username: (each.acknowledged, each.unsure, storm.stored[each.attempt])
        for each in storm.learners
        if storm.stored[each.attempt] not in [each.acknowledged, *each.unsure]
    }
    assert lost == {}


def test_what_was_not_acknowledged_is_saved_when_it_is_sent_again(storm: Storm, remote: SshRemote) -> None:
    for each in storm.learners:
        assert each.save() or each.save(), each.username
    held = stored(remote)
    assert {each.username: held[each.attempt] for each in storm.learners} == {
        each.username: each.typed for each in storm.learners
    }
