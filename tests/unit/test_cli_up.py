"""What up refuses before anything is changed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cli.progress import Progress
from cli.settings import Settings
from cli.up import _public_key, keep_data, standing_plan
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.errors import StepFailed, UsageError
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.sizing import plan

COURSE = read_course(Path(__file__).parent / "good_course.yaml")


def planned(**changes: object) -> Plan:
    """The plan of the course with some of it changed."""
    course = COURSE.model_copy(update=changes)
    return plan(course, demand(course))


def test_a_plan_that_drops_the_host_with_the_database_is_refused() -> None:
    with pytest.raises(UsageError, match="lms-1, which holds the database"):
        keep_data(planned(layout="one_box"), planned(layout="split"))


def test_a_larger_course_on_the_same_hosts_is_taken() -> None:
    keep_data(planned(), planned(learners=600))


def test_a_first_plan_is_taken() -> None:
    keep_data(None, planned())


def test_a_deployment_does_not_move_from_one_target_to_another() -> None:
    lab = planned()
    servers = lab.model_copy(update={"target": "servers"})
    for before, after in ((lab, servers), (servers, lab)):
        with pytest.raises(UsageError, match=f"stands on the target `{before.target}`"):
            keep_data(before, after)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    paths = DeploymentPaths(root=tmp_path / "demo")
    paths.identity.parent.mkdir(parents=True)
    return Settings(tmp_path / "course.yaml", paths, False, Progress())


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen makes the key")
def test_our_key_is_made_once_and_anew_where_only_half_of_it_was_written(settings: Settings) -> None:
    first = _public_key(settings)
    assert _public_key(settings) == first
    settings.paths.identity.with_suffix(".pub").write_text("")
    second = _public_key(settings)
    assert second.startswith("ssh-ed25519 ")
    assert second != first
    assert {file.name for file in settings.paths.identity.parent.iterdir()} == {"id_ed25519", "id_ed25519.pub"}


def test_a_key_that_cannot_be_made_is_told_and_leaves_nothing_half_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 255, "", "Unable to save public key: No space left on device\n")
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_options: failed)
    with pytest.raises(StepFailed, match="No space left on device"):
        _public_key(settings)
    assert not list(settings.paths.identity.parent.iterdir())


@pytest.mark.parametrize("text", ["", '{"deployment": "demo", "hos', '{"deployment": "demo"}'])
def test_a_plan_that_cannot_be_read_stops_up_for_it_may_hold_data(settings: Settings, text: str) -> None:
    settings.paths.plan.write_text(text)
    assert standing_plan(settings.paths) is None
    settings.paths.topology.touch()
    with pytest.raises(StepFailed, match=r"plan\.json is damaged, or was written by another version") as stopped:
        standing_plan(settings.paths)
    assert "\n" not in stopped.value.message
    assert "`down` and `up`" in stopped.value.hint
