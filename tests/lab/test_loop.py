"""The main job on the lab: one command, a verdict, its what-ifs, and a second up that changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import DEMO, LEARNERS, Answer, Taphuan, Verify

pytestmark = pytest.mark.lab

#: The shortest hold from which a verdict is drawn, where many learners play.
SHORT = ("--hold", "30 s")


def test_the_demo_course_fits(verified: Answer) -> None:
    assert verified.document.get("verdict") == "fits", f"{verified.document}\n{verified.stderr[-4000:]}"
    assert verified.code == 0
    assert verified.document["bottleneck"] is None


def timed_the_cores(answer: Answer) -> bool:
    """Whether a command planned by cores that it timed itself."""
    return "speed" in {step["name"] for step in answer.document["steps"]}


def test_a_second_up_changes_nothing(first_run: Answer, taphuan: Taphuan) -> None:
    again = taphuan("up")
    assert again.code == 0, again.stderr[-4000:]
    assert (timed_the_cores(first_run), timed_the_cores(again)) == (True, False)
    assert again.document["changed"] == 0
    assert {name: again.document["pulumi"][name] for name in ("create", "update", "delete")} == {
        "create": 0,
        "update": 0,
        "delete": 0,
    }


def test_status_says_that_learners_are_well(site: dict[str, Any], taphuan: Taphuan) -> None:
    answer = taphuan("status")
    assert answer.code == 0, answer.document
    assert answer.document["learners"] == "well"


def test_the_fit_is_certified_until_somebody_changes_what_it_rests_on(
    verified: Answer, taphuan: Taphuan, enrolled: int
) -> None:
    ready = taphuan("ready")
    assert ready.document["void"] == []
    assert (ready.code, ready.document["ready"], ready.document["learners"]) == (0, True, enrolled)
    report = Path(verified.document["report"])
    assert "classic/graph?g0.expr=" in report.read_text("utf-8")
    assert json.loads(report.with_suffix(".json").read_text("utf-8"))["edge"], "the edge's log was not read"
    measured = report.with_name("measurement.json")
    before = measured.read_bytes()
    measured.write_bytes(before + b"\n")
    assert [void["en"] for void in taphuan("ready").document["void"]] == ["its measurement was changed"]
    measured.write_bytes(before)
    assert taphuan("ready").code == 0


def test_a_line_of_2_mbit_does_not_fit_and_the_line_is_named(
    site: dict[str, Any], taphuan: Taphuan, hold: tuple[str, str]
) -> None:
    answer = taphuan("verify", DEMO, "--edge-link", "2 Mbit/s", *hold)
    assert answer.code == 1, answer.document
    assert answer.document["verdict"] == "does_not_fit"
    assert answer.document["bottleneck"]["resource"] == "link"


def test_six_times_the_learners_on_a_wide_line_do_not_fit_and_the_cpu_is_named(
    site: dict[str, Any], taphuan: Taphuan, enrolled: int
) -> None:
    more = str(max(6 * enrolled, 1000))
    answer = taphuan("verify", DEMO, "--learners", more, "--edge-link", "500 Mbit/s", *SHORT)
    assert answer.code == 1, answer.document
    assert answer.document["bottleneck"]["resource"] == "cpu"
    assert answer.document["bottleneck"]["host"] == "lms-1"


def test_a_starved_generator_is_an_invalid_measurement(site: dict[str, Any], taphuan: Taphuan) -> None:
    answer = taphuan("verify", DEMO, "--generator-cpu", "3 %", "--learners", str(LEARNERS), *SHORT)
    assert answer.code == 4, answer.document
    assert answer.document["verdict"] == "invalid"
    assert answer.document["bottleneck"] is None


def test_an_application_that_answers_200_with_an_error_never_fits(
    site: dict[str, Any], taphuan: Taphuan, hold: tuple[str, str]
) -> None:
    answer = taphuan("verify", DEMO, "--drill", "error-page", *hold)
    assert answer.code in (1, 4), answer.document
    assert answer.document["verdict"] in ("does_not_fit", "invalid")


def test_after_the_what_ifs_the_course_fits_again(site: dict[str, Any], verify: Verify) -> None:
    answer = verify()
    assert answer.document["verdict"] == "fits", answer.document


@pytest.mark.long
def test_a_full_test_finds_the_knee_beyond_the_peak_and_the_site_comes_back(
    site: dict[str, Any], verify: Verify, enrolled: int, hold: tuple[str, str]
) -> None:
    answer = verify(DEMO, "--full", *hold)
    assert answer.document["verdict"] == "fits", answer.document
    assert [phase["name"] for phase in answer.document["phases"]] == ["warm-up", "hold", "storm", "ramp", "recovery"]
    assert answer.document["saturation"]["learners"] > enrolled
    assert answer.document["recovery"]["seconds"] is not None
