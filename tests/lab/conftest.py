"""The whole stack on this machine: one deployment of the demo course, shared by the tests of this folder."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
DEMO = "courses/demo.yaml"


class Answer(NamedTuple):
    """What one command gave back."""

    code: int
    document: dict[str, Any]
    stderr: str


Taphuan = Callable[..., Answer]


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of its own, so that no deployment of the person who runs the tests is touched."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def taphuan(state: Path) -> Taphuan:
    """Run ./taphuan with --json and give back its exit code and its one document."""

    def run(command: str, course: str = DEMO, *options: str) -> Answer:
        done = subprocess.run(
            [str(ROOT / "taphuan"), command, course, "--json", *options],
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


@pytest.fixture(scope="session")
def site(first_run: Answer) -> dict[str, Any]:
    """The document of the first run, whatever its verdict; fails where nothing was brought up."""
    assert "site" in first_run.document, f"{first_run.document}\n{first_run.stderr[-4000:]}"
    return first_run.document
