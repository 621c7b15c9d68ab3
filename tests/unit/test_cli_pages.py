"""What a person reads: the plan in a window, and the last verdict in the status."""

import io
import json
from pathlib import Path

from rich.console import Console

from cli.plan_view import plan_page
from cli.status import last_verdict
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.paths import DeploymentPaths
from lms_stack.sizing import plan

COURSE = read_course(Path(__file__).parent / "good_course.yaml")
PLAN = plan(COURSE, demand(COURSE))


def shown(width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(plan_page(PLAN))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_plan_fits_into_a_narrow_window_with_every_word_of_its_reasons() -> None:
    lines = shown(80)
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).split()
    assert [word for word in PLAN.hosts[0].cores.reason.split() if word not in words] == []


def test_a_number_and_its_reason_stand_in_one_line_where_there_is_room() -> None:
    assert [line for line in shown(400) if f"{PLAN.bandwidth}" in line and PLAN.bandwidth.reason in line]


def measured(root: Path, when: str, outcome: str, what_if: dict[str, object]) -> DeploymentPaths:
    paths = DeploymentPaths(root=root)
    folder = paths.measurements / when
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps({"verdict": outcome, "what_if": what_if}))
    return paths


def test_the_last_verdict_is_told_in_viet_nams_time(tmp_path: Path) -> None:
    measured(tmp_path, "20270301T010000Z", "does_not_fit", {})
    paths = measured(tmp_path, "20270301T180500Z", "fits", {})
    assert last_verdict(paths) == "fits, 02/03/2027 01:05"


def test_a_what_if_is_no_verdict_on_the_plan(tmp_path: Path) -> None:
    measured(tmp_path, "20270301T010000Z", "fits", {})
    paths = measured(tmp_path, "20270302T010000Z", "does_not_fit", {"edge_link": 2e6})
    assert last_verdict(paths) == "fits, 01/03/2027 08:00"


def test_without_a_measurement_there_is_no_verdict(tmp_path: Path) -> None:
    assert last_verdict(DeploymentPaths(root=tmp_path)) is None
