"""What down says: what it removed, what it left, and where there was nothing."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import deployments
from cli.app import main
from cli.down import down, is_there
from cli.progress import Progress
from cli.settings import Settings
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.paths import DeploymentPaths
from lms_stack.sizing import plan

COURSE_FILE = Path(__file__).parent / "good_course.yaml"


def planned(paths: DeploymentPaths, target: str) -> Settings:
    """A deployment that was planned, on which no Pulumi was ever run."""
    course = read_course(COURSE_FILE)
    deployments.make(paths)
    deployments.save(paths.plan, plan(course, demand(course)).model_copy(update={"target": target}))
    return Settings(COURSE_FILE, paths, False, Progress(console=Console(file=io.StringIO())))


def test_down_forgets_somebodys_machines_and_says_that_it_left_them(tmp_path: Path) -> None:
    settings = planned(DeploymentPaths(root=tmp_path / "own"), "servers")
    settings.paths.first_login.write_text("{}")
    document, text = down(settings)
    assert "lms-1" in document["left"]
    assert "lms-1, monitor-1, loadgen-1 were left as they are" in text
    assert not is_there(settings.paths)
    assert str(settings.paths.first_login) in document["kept"]
    assert {entry.name for entry in settings.paths.root.iterdir()} == {"measurements", "logs", "ca", "first-login.json"}


def test_down_leaves_nothing_in_the_lab(tmp_path: Path) -> None:
    settings = planned(DeploymentPaths(root=tmp_path / "lab"), "lab")
    settings.paths.first_login.write_text("{}")
    document, text = down(settings)
    assert document["left"] == []
    assert {entry.name for entry in settings.paths.root.iterdir()} == {"measurements", "logs"}
    assert "left as they are" not in text


def _typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    monkeypatch.setattr("sys.argv", ["taphuan", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPHUAN_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_down_of_what_was_never_up_makes_nothing_and_says_so(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "down", str(COURSE_FILE), "--deployment", "nobody") == 0
    assert "nobody is not up: nothing to remove" in capsys.readouterr().out
    assert not state.exists()


def test_down_of_what_is_down_already_asks_nothing(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployments.make(DeploymentPaths(root=state / "past"))
    for folder in ("ssh", "ca"):
        (state / "past" / folder).rmdir()
    assert _typed(monkeypatch, "down", str(COURSE_FILE), "--deployment", "past") == 0
    assert "past is not up" in capsys.readouterr().out


def test_verify_of_what_was_never_up_makes_nothing_and_says_what_to_do(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "verify", str(COURSE_FILE), "--deployment", "nobody", "--json") == 3
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["error"]["message"] == "nobody isn't up"
    assert "up COURSE.yaml" in document["error"]["hint"]
    assert not state.exists()
