"""The module that runs units with the configuration that is on disk: what it would tell systemd to do."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.playbook_inputs import ROOT


@pytest.fixture
def module() -> ModuleType:
    """The module's file, which no package holds."""
    spec = importlib.util.spec_from_file_location("taphuan_units", ROOT / "playbooks" / "library" / "taphuan_units.py")
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class _Systemd:
    """A systemd with one unit, that writes down what it is told."""

    def __init__(self, active: str = "active", enabled: str = "enabled") -> None:
        self.active, self.enabled, self.told = active, enabled, list[str]()

    def __call__(self, *arguments: str, check: bool = True) -> str:
        if arguments[0] == "show":
            return f"Id=a.service\nActiveState={self.active}\nUnitFileState={self.enabled}\nNeedDaemonReload=no\n"
        if check:
            self.told.append(arguments[0])
        return ""


def _apply(
    module: Any, systemd: _Systemd, config: Path, *, reload: bool = False, check_mode: bool = False
) -> list[str]:
    module.systemctl = systemd
    unit = {"name": "a.service", "files": [str(config)], "reload": reload}
    answer: list[str] = module.applied([unit], config.parent / "stamps", check_mode=check_mode)
    return answer


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration file."""
    path = tmp_path / "a.conf"
    path.write_text("one")
    return path


def test_a_unit_that_is_off_is_enabled_and_started(module: ModuleType, config: Path) -> None:
    systemd = _Systemd("inactive", "disabled")
    assert _apply(module, systemd, config) == ["a.service: enable, start"]
    assert systemd.told == ["enable", "start"]


def test_a_unit_that_runs_with_these_files_is_left_alone(module: ModuleType, config: Path) -> None:
    _apply(module, _Systemd("inactive"), config)
    systemd = _Systemd()
    assert _apply(module, systemd, config) == []
    assert systemd.told == []


def test_a_change_that_a_killed_run_wrote_is_seen_by_the_next_run(module: ModuleType, config: Path) -> None:
    _apply(module, _Systemd("inactive"), config)
    config.write_text("two")  # and here the run was killed: nothing restarted the unit
    systemd = _Systemd()
    assert _apply(module, systemd, config) == ["a.service: restart"]
    assert _apply(module, _Systemd(), config) == []


def test_a_unit_that_can_take_changes_in_is_reloaded_and_not_restarted(module: ModuleType, config: Path) -> None:
    assert _apply(module, _Systemd(), config, reload=True) == ["a.service: reload"]


def test_check_mode_says_what_would_be_done_and_does_nothing(module: ModuleType, config: Path) -> None:
    systemd = _Systemd("inactive", "disabled")
    assert _apply(module, systemd, config, check_mode=True) == ["a.service: enable, start"]
    assert systemd.told == []
    assert not (config.parent / "stamps").exists()


def test_a_restart_that_failed_is_tried_again_next_time(module: ModuleType, config: Path) -> None:
    class Broken(_Systemd):
        def __call__(self, *arguments: str, check: bool = True) -> str:
            if arguments[0] == "restart":
                raise module.SystemctlFailed("it won't")
            return super().__call__(*arguments, check=check)

    _apply(module, _Systemd("inactive"), config)
    config.write_text("two")
    with pytest.raises(module.SystemctlFailed, match="it won't"):
        _apply(module, Broken(), config)
    assert _apply(module, _Systemd(), config) == ["a.service: restart"]
