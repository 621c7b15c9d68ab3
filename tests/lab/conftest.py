"""The whole stack on this machine: one deployment of the demo course, shared by the tests of this folder."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from lms_stack import cpu_speed
from lms_stack.facts import facts

ROOT = Path(__file__).parent.parent.parent
DEMO = "courses/demo.yaml"
LEARNERS = 600
#: From this speed of a core on, against the reference, the lab surely carries the demo; a slower one carries fewer.
#: The guests' Python does the piece of work 1.35 times as fast as the one that runs the tests.
ENOUGH = 0.6
#: How often a measurement is played again that the machine itself spoiled, and what a verdict says of slow cores.
AGAIN, SLOW_CORES = 2, "the cores were slower than planned"


class Answer(NamedTuple):
    """What one command gave back."""

    code: int
    document: dict[str, Any]
    stderr: str


Taphuan = Callable[..., Answer]
Verify = Callable[..., Answer]


def like_the_demo(folder: Path, **changes: object) -> Path:
    """A course file in a folder, with the demo's content beside it and some of the demo's lines otherwise."""
    shutil.copytree(ROOT / "courses" / "demo", folder / "demo")
    course = yaml.safe_load((ROOT / DEMO).read_text("utf-8")) | changes
    file = folder / f"{course['name']}.yaml"
    file.write_text(yaml.safe_dump(course, allow_unicode=True), "utf-8")
    return file


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of its own, so that no deployment of the person who runs the tests is touched."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def enrolled() -> int:
    """How many learners the demo course has here: all of them, or on slow cores so many that they fit with room."""
    speed = cpu_speed.speed() / facts().sizing["reference_core"].number
    return LEARNERS if speed >= ENOUGH else max(60, 10 * round(LEARNERS / 10 * speed / (1.5 * ENOUGH)))


@pytest.fixture(scope="session")
def hold(enrolled: int) -> tuple[str, str]:
    """The shortest hold from which a verdict is drawn, as an option; twice that where few learners ask for less."""
    return "--hold", "30 s" if enrolled >= LEARNERS / 3 else "60 s"


@pytest.fixture(scope="session")
def demo(enrolled: int, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo's course file; on a slow machine a copy that has fewer learners."""
    if enrolled == LEARNERS:
        return DEMO
    return str(like_the_demo(tmp_path_factory.mktemp("fewer"), learners=enrolled))


@pytest.fixture(scope="session")
def taphuan(state: Path, demo: str) -> Taphuan:
    """Run ./taphuan with --json and give back its exit code and its one document."""

    def run(command: str, course: str = DEMO, *options: str) -> Answer:
        done = subprocess.run(
            [str(ROOT / "taphuan"), command, demo if course == DEMO else course, "--json", *options],
            cwd=ROOT,
            env={**os.environ, "TAPHUAN_STATE": str(state)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.stdout, f"no document on stdout; exit code {done.returncode}\n{done.stderr[-4000:]}"
        return Answer(done.returncode, json.loads(done.stdout), done.stderr)

    return run


@pytest.fixture(scope="session")
def first_run(taphuan: Taphuan) -> Iterator[Answer]:
    """The demo course brought up and verified; taken down when the last test is done."""
    yield taphuan("run")
    down = taphuan("down", DEMO, "--yes")
    assert down.code == 0, down.stderr[-4000:]


def spoiled(answer: Answer) -> bool:
    """Whether it was this machine that a course did not fit on: its cores changed their speed, or others had them."""
    excuses = answer.document.get("excuses") or []
    return any(each["resource"] == "machine" or each["reason"] == SLOW_CORES for each in excuses)


@pytest.fixture(scope="session")
def verify(taphuan: Taphuan) -> Verify:
    """Verify, again where the machine spoiled the measurement, as a person would; `spoilt` is one that was made."""

    def played(course: str = DEMO, *options: str, spoilt: Answer | None = None) -> Answer:
        answer = spoilt or taphuan("verify", course, *options)
        for _ in range(AGAIN):
            if spoiled(answer):
                answer = taphuan("verify", course, *options)
        return answer

    return played


@pytest.fixture(scope="session")
def verified(first_run: Answer, verify: Verify) -> Answer:
    """The first run, or the verify that had to be made again after it."""
    return verify(spoilt=first_run)


@pytest.fixture(scope="session")
def site(first_run: Answer) -> dict[str, Any]:
    """The document of the first run, whatever its verdict; fails where nothing was brought up."""
    assert "site" in first_run.document, f"{first_run.document}\n{first_run.stderr[-4000:]}"
    return first_run.document
