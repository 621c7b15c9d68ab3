"""The virtual environment in the cache: named by what is in it, made to its end or made again."""

import os
from pathlib import Path

import pytest

from cli.setup import first_run, pip
from cli.setup.environment import Environment
from cli.setup.host_packages import HOST_PACKAGES
from lms_stack.errors import StepFailed


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "controller.txt"
    path.write_text("rich==15.0.0 --hash=sha256:00\n")
    return path


@pytest.fixture
def environment(tmp_path: Path, lock: Path) -> Environment:
    return Environment.of_lock(tmp_path / "cache", lock)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, instead of doing it."""
    done: list[str] = []

    def create(environment: Environment, _log: Path) -> None:
        done.append("create")
        environment.python.parent.mkdir(parents=True)
        environment.python.write_text("#!/bin/sh\n")
        environment.python.chmod(0o755)

    monkeypatch.setattr(first_run, "_create", create)
    monkeypatch.setattr(first_run, "_install", lambda _environment, _log: done.append("install"))
    return done


def quiet(_line: str) -> None:
    pass


def test_another_lock_means_another_environment(tmp_path: Path, lock: Path) -> None:
    before = Environment.of_lock(tmp_path, lock)
    assert Environment.of_lock(tmp_path, lock) == before
    lock.write_text("rich==15.0.1 --hash=sha256:00\n")
    assert Environment.of_lock(tmp_path, lock).folder != before.folder


def test_an_environment_without_its_stamp_is_not_ready(environment: Environment) -> None:
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("#!/bin/sh\n")
    environment.python.chmod(0o755)
    assert not environment.is_ready()
    environment.stamp.touch()
    assert environment.is_ready()


def test_an_environment_whose_python_was_removed_is_not_ready(environment: Environment) -> None:
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to("/nowhere/python3")
    environment.stamp.touch()
    assert not environment.is_ready()


def test_what_a_killed_run_left_is_thrown_away(environment: Environment, steps: list[str], tmp_path: Path) -> None:
    leftover = environment.folder / "lib" / "half"
    leftover.mkdir(parents=True)
    first_run.make_environment(environment, tmp_path / "log", quiet)
    assert steps == ["create", "install"]
    assert not leftover.exists()
    assert environment.is_ready()


def test_a_ready_environment_is_left_alone(environment: Environment, steps: list[str], tmp_path: Path) -> None:
    first_run.make_environment(environment, tmp_path / "log", quiet)
    first_run.make_environment(environment, tmp_path / "log", quiet)
    assert steps == ["create", "install"]


def test_a_failed_installation_leaves_no_stamp(
    environment: Environment, steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StepFailed("no network")

    monkeypatch.setattr(first_run, "_install", fails)
    monkeypatch.setattr(pip, "PAUSES", ())
    with pytest.raises(StepFailed):
        first_run.make_environment(environment, tmp_path / "log", quiet)
    assert not environment.is_ready()


def test_a_disk_that_is_too_small_is_told_before_anything_is_made(
    environment: Environment, steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_run, "ENVIRONMENT_MIB", 2**40)
    with pytest.raises(StepFailed, match="MiB are free"):
        first_run.make_environment(environment, tmp_path / "log", quiet)
    assert steps == []


def test_the_environments_programs_come_first_and_the_users_python_settings_stay_out(environment: Environment) -> None:
    outer = {"PATH": "/usr/bin", "PIP_TARGET": "/elsewhere", "PYTHONPATH": "/old", "LANG": "vi_VN.UTF-8"}
    variables = environment.variables(outer, Path("/checkout"))
    assert variables["PATH"] == f"{environment.folder}/bin:/usr/bin"
    assert variables["PYTHONPATH"] == "/checkout"
    assert variables["LANG"] == "vi_VN.UTF-8"
    assert "PIP_TARGET" not in variables


def test_somebody_who_is_not_root_is_told_what_root_must_type(
    environment: Environment, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said: list[str] = []
    first_run.make_ready(environment, HOST_PACKAGES[:1], said.append)
    assert any("apt-get install mmdebstrap" in line for line in said)
    assert environment.is_ready()
