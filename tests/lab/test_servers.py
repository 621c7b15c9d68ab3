"""A course on somebody's own machines, beside the demo in the lab: up, up again, verify, down."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.lab import guest
from tests.lab.conftest import Answer, Taphuan, Verify
from tests.lab.machines import BY_SUDO, ELSEWHERE, Machines, machines

pytestmark = pytest.mark.lab

IMPOSTOR = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKVIQho984vGotmItJHeygeqBj5cCjKJunxteqck+Wy+"


@pytest.fixture(scope="module")
def own(site: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The machines, made after the demo stands: two deployments side by side."""
    with machines(tmp_path_factory.mktemp("own")) as made:
        yield made


def untouched(own: Machines) -> bool:
    """Whether nothing of ours is on a machine."""
    return all(not (machine.root / "etc/taphuan").exists() for machine in own.lab.guests())


def test_a_wrong_host_key_is_refused_before_anything_is_changed(own: Machines, taphuan: Taphuan) -> None:
    hosts = [own.listed(machine) for machine in own.lab.guests()]
    hosts[0]["host_key"] = IMPOSTOR
    answer = taphuan("up", str(own.write_course("impostor.yaml", hosts=hosts)))
    assert answer.code == 3
    assert f"{hosts[0]['name']} (" in answer.document["error"]["message"]
    assert "answered with another host key than the pinned one" in answer.document["error"]["message"]
    assert untouched(own)


def test_an_operators_address_that_would_lock_us_out_is_refused(own: Machines, taphuan: Taphuan) -> None:
    answer = taphuan("up", str(own.write_course("elsewhere.yaml", operator_address="203.0.113.5")))
    assert answer.code == 3
    message = answer.document["error"]["message"]
    for machine in own.lab.guests():
        assert f"{machine.name}: sees us come from {machine.gateway}" in message
    assert untouched(own)


@pytest.fixture(scope="module")
def up(own: Machines, taphuan: Taphuan) -> Answer:
    """The course brought up on the machines."""
    return taphuan("up", str(own.course_file))


def test_the_course_comes_up_on_them(own: Machines, up: Answer) -> None:
    assert up.code == 0, up.stderr[-4000:]
    assert up.document["site"]["url"] == f"https://{own.named('edge-1').address}/"


def test_a_second_up_changes_nothing_on_them(own: Machines, up: Answer, taphuan: Taphuan) -> None:
    again = taphuan("up", str(own.course_file))
    assert again.code == 0, again.stderr[-4000:]
    assert again.document["changed"] == 0
    assert [again.document["pulumi"][name] for name in ("create", "update", "delete")] == [0, 0, 0]


def test_learners_are_well_on_them(own: Machines, up: Answer, taphuan: Taphuan) -> None:
    answer = taphuan("status", str(own.course_file))
    assert answer.code == 0, answer.document
    assert answer.document["learners"] == "well"


def test_a_small_course_fits_on_them(own: Machines, up: Answer, verify: Verify) -> None:
    answer = verify(str(own.course_file), "--hold", "32 s")
    assert answer.document["verdict"] == "fits", answer.document


def test_down_leaves_them_as_they_are_and_says_so(own: Machines, up: Answer, taphuan: Taphuan, state: Path) -> None:
    names = {machine.name for machine in own.lab.guests()}
    answer = taphuan("down", str(own.course_file), "--yes")
    assert answer.code == 0, answer.stderr[-4000:]
    assert set(answer.document["left"]) == names
    passwords = json.loads((state / "own" / "first-login.json").read_text("utf-8"))
    assert set(passwords) >= {"quantri", "hocvien"}
    assert not (state / "own" / "topology.json").exists()
    for machine in own.lab.guests():
        assert guest.is_up(machine)
    assert own.told("edge-1", "systemctl is-active nginx").strip() == "active"
    assert own.told(ELSEWHERE, "systemctl is-active prometheus").strip() == "active"
    assert own.told(BY_SUDO, "sudo systemctl is-active lophoc").strip() == "active"


def test_the_demo_beside_them_is_well(own: Machines, taphuan: Taphuan) -> None:
    answer = taphuan("status")
    assert answer.code == 0, answer.document
