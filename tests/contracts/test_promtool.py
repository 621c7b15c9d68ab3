"""The files of the monitor, judged by the programs that will read them."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from monitoring.build import CA_FILE, PROMETHEUS_FOLDER, build_files
from monitoring.names import Alert
from tests.unit.stacks import small_stack, split_stack

RULE_TESTS = sorted((Path(__file__).parents[1] / "unit" / "rules").glob("*.yml"))

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not shutil.which("promtool"), reason="needs Debian's prometheus"),
]


@pytest.fixture(params=[small_stack, split_stack], ids=["small", "split"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The files, with the paths that they name moved to where they are."""
    for name, text in build_files(request.param()).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(PROMETHEUS_FOLDER, str(tmp_path)).replace(CA_FILE, str(tmp_path / "ca.crt")))
    return tmp_path


def _accepts(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_accepts_its_configuration_and_rules(folder: Path) -> None:
    said = _accepts("promtool", "check", "config", "--lint=all", "--lint-fatal", folder / "prometheus.yml")
    assert f"{len(Alert)} rules found" in said


@pytest.mark.skipif(not shutil.which("amtool"), reason="needs Debian's prometheus-alertmanager")
def test_alertmanager_accepts_its_configuration(folder: Path) -> None:
    assert "SUCCESS" in _accepts("amtool", "check-config", folder / "alertmanager.yml")


@pytest.mark.skipif(not shutil.which("prometheus-blackbox-exporter"), reason="needs Debian's blackbox exporter")
def test_the_blackbox_exporter_accepts_its_configuration(folder: Path) -> None:
    _accepts("prometheus-blackbox-exporter", "--config.check", f"--config.file={folder / 'blackbox.yml'}")


@pytest.mark.parametrize("rule_test", RULE_TESTS, ids=lambda path: str(path.stem))
def test_rules_say_what_they_should(rule_test: Path, folder: Path) -> None:
    placed = Path(shutil.copy(rule_test, folder / "rules" / f"test-{rule_test.name}"))
    assert "SUCCESS" in _accepts("promtool", "test", "rules", placed)


def test_every_alert_is_tested_firing() -> None:
    fired = {
        case["alertname"]
        for path in RULE_TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for case in test.get("alert_rule_test", ())
        if case["exp_alerts"]
    }
    assert fired == {alert.value for alert in Alert}
