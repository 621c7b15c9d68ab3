"""./taphuan: from a fresh machine to the command line."""

import os
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cli.setup import first_run, host_packages, launch
from cli.setup.environment import Environment
from lms_stack.errors import StepFailed

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def launcher() -> ModuleType:
    loader = SourceFileLoader("taphuan_launcher", str(CHECKOUT / "taphuan"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which no program is found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(host_packages, "SYSTEM_PATH", ())


def test_an_old_python_is_told_which_one_is_needed(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit) as stopped:
        launcher.launch()
    assert stopped.value.code == 3
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_the_launcher_is_a_program_for_the_systems_own_python() -> None:
    path = CHECKOUT / "taphuan"
    assert path.read_text().startswith("#!/usr/bin/env python3\n")
    assert os.access(path, os.X_OK)


def test_set_up_code_needs_nothing_but_the_standard_library() -> None:
    modules = [*(CHECKOUT / "cli" / "setup").glob("*.py"), CHECKOUT / "cli" / "__init__.py", CHECKOUT / "taphuan"]
    lines = [line.split() for path in modules for line in path.read_text().splitlines()]
    imported = {words[1].split(".")[0] for words in lines if words[:1] in (["import"], ["from"]) and len(words) > 1}
    assert imported <= set(sys.stdlib_module_names) | {"cli", "lms_stack"}
    used = {words[1] for words in lines if words[:1] == ["from"] and words[1].startswith("lms_stack")}
    assert used == {"lms_stack.errors", "lms_stack.folders"}


def test_planning_and_help_ask_for_no_host_package(bare_machine: None) -> None:
    for line in ("plan c.yaml", "schema", "--help", "", "completion bash", "up --help", "man folder", "status c.yaml"):
        assert host_packages.missing_for(line.split()) == ()


@pytest.mark.parametrize("command", ["run", "up", "down"])
def test_provisioning_names_each_host_package_that_is_missing(command: str, bare_machine: None) -> None:
    missing = {package.name for package in host_packages.missing_for(["--json", command, "courses/demo.yaml"])}
    assert {"mmdebstrap", "systemd-container", "nftables", "iproute2", "openssh-client"} <= missing


def test_a_package_whose_program_is_found_is_not_asked_for(
    bare_machine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nft"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert "nftables" not in {package.name for package in host_packages.missing_for(["up"])}


def test_a_warm_machine_goes_straight_to_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bare_machine: None
) -> None:
    monkeypatch.setenv("TAPHUAN_CACHE", str(tmp_path))
    environment = Environment.of_lock(tmp_path, CHECKOUT / "locks" / "controller.txt")
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    environment.stamp.touch()
    became: list[tuple[str, list[str], dict[str, str]]] = []

    def execve(*call: Any) -> None:
        became.append(call)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", execve)
    with pytest.raises(SystemExit):
        launch.main(["plan", "c.yaml"], CHECKOUT)
    program, command, variables = became[0]
    assert program == str(environment.python)
    assert command[1:] == ["-P", "-m", "cli", "plan", "c.yaml"]
    assert variables["PYTHONPATH"] == str(CHECKOUT)


def test_a_failed_set_up_says_what_to_do_and_which_log_to_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAPHUAN_CACHE", str(tmp_path))

    def fails(*_: object) -> None:
        raise StepFailed("pip failed", hint="check the network", log=tmp_path / "venv.log")

    monkeypatch.setattr(first_run, "make_ready", fails)
    with pytest.raises(SystemExit) as stopped:
        launch.main(["plan"], CHECKOUT)
    said = capsys.readouterr()
    assert stopped.value.code == 3
    assert said.out == ""
    assert said.err.splitlines() == ["taphuan: pip failed", "  check the network", f"  log: {tmp_path / 'venv.log'}"]


def test_a_full_disk_is_told_as_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAPHUAN_CACHE", str(tmp_path / "file" / "below"))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SystemExit) as stopped:
        launch.main(["plan"], CHECKOUT)
    assert stopped.value.code == 3
    assert "TAPHUAN_CACHE" in capsys.readouterr().err
