"""What a calibration on the lab's own stack changes: the next plan counts on it and says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import Taphuan

pytestmark = [pytest.mark.lab, pytest.mark.long]


@pytest.fixture
def kept(site: dict[str, Any], state: Path) -> Iterator[None]:
    """Gives back the calibration that the stack was planned by: other tests expect plans like the first one."""
    file = state / "demo" / "calibration.yaml"
    before = file.read_bytes()
    yield
    file.write_bytes(before)


@pytest.mark.usefixtures("kept")
def test_the_next_plan_counts_on_what_was_measured_here(taphuan: Taphuan) -> None:
    done = taphuan("calibrate")
    assert done.code == 0, done.document
    made = done.document["calibration"]
    assert len(made["loads"]) > 10
    assert made["machine"]["under_load"] > 0
    speed = taphuan("plan").document["core_speed"]
    assert speed["value"] == made["machine"]["under_load"]
    assert "measured here" in speed["reason"]
