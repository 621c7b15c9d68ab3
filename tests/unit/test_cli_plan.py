"""The plan command: its options, its pages and its exit codes."""

import io
import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from rich.console import Console

from cli.app import main
from cli.curve_view import curve_page, save_chart, terminal_chart
from cli.designs_view import designs_table
from cli.plan_view import plan_page
from cli.why_view import why_page
from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.sizing import plan, with_outlook
from lms_stack.sizing.curve import CurvePoint, curve
from lms_stack.why import Reasons
from tests.unit.lms_stack.samples import COURSE, GOOD, course

GOOD_FILE = str(GOOD)


@pytest.fixture(scope="module")
def points() -> tuple[CurvePoint, ...]:
    """A small curve."""
    return curve((COURSE,), (1_000, 5_000_000))


def shown(page: Any, width: int = 100) -> str:
    """A page as it stands in a window."""
    console = Console(file=io.StringIO(), width=width)
    console.print(page)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Type a command line; gives back the exit code and what is on stdout."""
    monkeypatch.setattr("sys.argv", ["taphuan", "plan", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--learners", "many"), "expected whole numbers, like 5000,20000"),
        (("--learners", "0,5"), "from 1 to 5,000,000"),
        (("--learners", "6000000"), "from 1 to 5,000,000"),
        (("--why", "lms-1.core"), "no number of the plan is called lms-1.core"),
        (("--chart", "chart.pdf"), "ends in .png or .svg"),
        (("--chart", "nowhere/chart.svg"), "nowhere is no folder"),
        (("--learners", "5", "--why", "bandwidth"), "--why explains one plan"),
    ],
)
def test_an_option_that_makes_no_sense_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, out = typed(monkeypatch, capsys, GOOD_FILE, *words, "--json")
    assert code == 2
    assert said in json.loads(out)["error"]["message"]


def test_a_wrong_key_is_told_its_neighbours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = typed(monkeypatch, capsys, GOOD_FILE, "--why", "lms-1.core", "--json")
    assert "lms-1.cores" in json.loads(out)["error"]["hint"]


def test_the_reasons_of_a_number_are_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--why", "bandwidth", "--json")
    found = json.loads(out)
    assert (code, found["key"]) == (0, "bandwidth")
    assert "egress" in {each["key"] for each in found["because"]}


def test_a_curve_is_one_document_and_a_chart_lies_in_its_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "chart.svg"
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--learners", "2000,1000,1000", "--json", "--chart", str(file))
    assert code == 0
    assert [each["learners"] for each in json.loads(out)["curve"]] == [1000, 2000]
    assert "<svg" in file.read_text("utf-8")


@pytest.fixture
def other_file(tmp_path: Path) -> str:
    """The file of another course, of 380 learners, that can be on the same stack."""
    copytree(GOOD.parent / "bad_courses" / "content", tmp_path / "bad_courses" / "content")
    file = tmp_path / "other.yaml"
    text = GOOD.read_text("utf-8").replace(f"name: {COURSE.name}", "name: other")
    file.write_text(text.replace(f"learners: {COURSE.learners}", "learners: 380"), "utf-8")
    return str(file)


def test_another_course_on_the_same_stack_is_in_the_plan_and_in_every_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], other_file: str
) -> None:
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", other_file, "--json")
    found = json.loads(out)
    assert (code, found["deployment"], found["demand"]["learners"]) == (0, COURSE.name, COURSE.learners + 380)
    shares = {each["name"]: each for each in found["outlook"]["courses"]}
    assert shares.keys() == {COURSE.name, "other"}
    assert shares["other"]["requests"]["value"] > shares[COURSE.name]["requests"]["value"] > 0
    _, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", other_file, "--why", "courses.other.requests", "--json")
    assert "for all courses together" in json.loads(out)["reason"]


def test_the_page_of_a_plan_of_several_courses_tells_what_each_adds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], other_file: str
) -> None:
    _, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", other_file)
    lines = out.splitlines()
    assert lines[0] == f"{COURSE.name} with other: {COURSE.learners + 380:,} learners, planned on lab"
    assert "What each course adds to the others" in lines
    (line,) = [each for each in lines if each.startswith("  other ")]
    assert "380 learners" in line
    assert "by itself" in line


def test_a_curve_of_several_courses_is_over_all_their_learners(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], other_file: str
) -> None:
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", other_file, "--learners", "1000,2000", "--json")
    assert code == 0
    assert [each["learners"] for each in json.loads(out)["curve"]] == [1000, 2000]


def test_a_course_that_cannot_be_on_the_same_stack_is_bad_input_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], other_file: str
) -> None:
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", other_file, "--with", other_file, "--json")
    (problem,) = json.loads(out)["error"]["problems"]
    assert (code, problem["line"], problem["field"]) == (2, 1, "name")
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", other_file, "--deployment", "other", "--json")
    assert code == 2
    assert "has the name of the deployment, other" in json.loads(out)["error"]["message"]
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--with", f"{other_file}.gone", "--json")
    assert code == 2
    assert "can't be read" in json.loads(out)["error"]["message"]


def test_a_course_that_no_design_fits_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cli.plan.read_together", lambda _: (course(learners=5_000_000),))
    code, out = typed(monkeypatch, capsys, GOOD_FILE, "--json")
    found = json.loads(out)
    assert (code, "error" in found) == (1, False)
    assert found["outlook"]["excuses"]


def test_the_whole_plan_with_its_outlook_fits_into_100_columns() -> None:
    for learners in (600, 100_000, 5_000_000):
        taught = course(learners=learners)
        page = shown(plan_page(with_outlook(taught, plan(taught, demand(taught)), draws=50)))
        assert max(map(len, page.splitlines())) <= 100
        assert "Designs, by least regret" in page
        assert ("No design fits" in page) is (learners == 5_000_000)


def test_a_table_of_designs_marks_the_chosen_one_and_what_has_to_be_built_by_hand() -> None:
    found = with_outlook(COURSE, plan(COURSE, demand(COURSE)), draws=50).outlook
    assert found is not None
    page = "".join(shown(part) for part in designs_table(found.designs))
    assert page.count("(chosen)") == 1
    assert page.count("(by hand)") == 2
    assert not list(designs_table(()))


def test_a_chain_of_reasons_stands_as_a_tree_in_a_window() -> None:
    chain = Reasons((COURSE,), plan(COURSE, demand(COURSE)), facts()).why("lms-1.cores")
    assert chain is not None
    lines = shown(why_page(chain)).splitlines()
    assert lines[0].startswith("lms-1.cores = ")
    assert any("facts.target_utilisation = 60 %" in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_a_table_of_learners_says_where_none_fits(points: tuple[CurvePoint, ...]) -> None:
    page = shown(curve_page(["demo"], points))
    assert "5,000,000" in page
    assert "none fits" in page
    assert max(map(len, page.splitlines())) <= 100


def test_a_chart_in_the_terminal_has_every_number_of_learners(points: tuple[CurvePoint, ...]) -> None:
    page = shown(terminal_chart(points))
    assert page.count("1,000") >= 3
    assert page.count("5,000,000") == 3
    assert max(map(len, page.splitlines())) <= 100
    assert "nan" not in shown(terminal_chart(points[:1]))


@pytest.mark.parametrize(("name", "begins"), [("chart.png", b"\x89PNG"), ("chart.svg", b"<?xml")])
def test_a_chart_in_a_file_is_of_its_kind(
    points: tuple[CurvePoint, ...], tmp_path: Path, name: str, begins: bytes
) -> None:
    save_chart(points, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
