"""What the benchmark of the LMS makes of what it sees."""

import os
from pathlib import Path
from typing import Any

import pytest

from lms_stack.course_file import read_course
from lms_stack.units import parse
from scripts import benchmark_lms
from scripts.benchmark_runs import COURSE, changed_since


def one_class(name: str, *, completed: int = 900, failed: int = 0, p95: float | None = 0.1) -> dict[str, Any]:
    """A row of a report."""
    return {"request_class": name, "intended": 900.0, "completed": completed, "failed": failed, "p95": p95}


def report(*classes: dict[str, Any], verdict: str = "fits") -> dict[str, Any]:
    """A report of a hold of 45 s."""
    return {
        "verdict": verdict,
        "learners": 950,
        "hold": {"started": "2026-11-25T02:00:00+00:00", "ended": "2026-11-25T02:00:45+00:00"},
        "classes": list(classes),
        "resources": [
            {"resource": "link", "host": "lms-1", "share": 0.2},
            {"resource": "cpu", "host": "lms-1", "share": 0.6},
        ],
        "units": [{"host": "lms-1", "unit": "lophoc.service", "cores": 0.4}],
    }


def test_the_demo_is_rewritten_for_any_number_of_learners(tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to(COURSE.parent / "demo")
    file = tmp_path / "demo.yaml"
    file.write_text(benchmark_lms.course_with(COURSE.read_text("utf-8"), 1234), "utf-8")
    course = read_course(file)
    assert course.learners == 1234
    assert course.objectives.page_p95 == benchmark_lms.LIMIT
    assert course.target.edge_link == parse("1 Gbit/s", "bit rate")


def test_a_course_file_without_the_line_to_change_is_refused_by_that_line() -> None:
    with pytest.raises(ValueError, match=r"0 lines like .*kind: lab"):
        benchmark_lms.course_with("learners: 600\nobjectives:\n  page_p95: 1 s\n", 100)


@pytest.mark.parametrize("cores", [0.5, 1.0, 1.5])
def test_the_most_learners_that_so_many_cores_are_planned_for_are_found(cores: float) -> None:
    found = benchmark_lms.most_learners(lambda learners: learners / 1000, cores)
    assert found == cores * 1000


def search(capacity: int, first: int = 950) -> list[int]:
    """The loads that are tried on a stack that carries so many learners."""
    tried: list[tuple[int, bool]] = []
    while (learners := benchmark_lms.next_try(tried, first)) is not None:
        tried.append((learners, learners <= capacity))
    return [learners for learners, _ in tried]


@pytest.mark.parametrize("capacity", [300, 949, 950, 1300, 1426, 4000])
def test_the_search_ends_close_below_the_least_that_does_not_fit(capacity: int) -> None:
    tried = search(capacity)
    most = max(learners for learners in tried if learners <= capacity)
    least = min(learners for learners in tried if learners > capacity)
    assert least <= most * benchmark_lms.NEAR + benchmark_lms.STEP
    assert {learners: tried.count(learners) for learners in tried} == {
        learners: 1 if learners <= capacity else 2 for learners in tried
    }


def test_a_stack_that_carries_nobody_ends_the_search() -> None:
    assert len(search(0)) < 24


def test_a_load_that_failed_by_bad_luck_does_not_end_the_search() -> None:
    assert benchmark_lms.next_try([(950, True), (1420, False)], 950) == 1420
    assert benchmark_lms.next_try([(950, True), (1420, False), (1420, True)], 950) == 2130
    assert benchmark_lms.next_try([(950, False), (950, False), (480, True), (720, True), (1080, True)], 950) == 1620


def test_slow_files_do_not_count_and_slow_pages_do() -> None:
    slow_video = benchmark_lms.held(report(one_class("course_page"), one_class("video_segment", p95=3.0)))
    slow_page = benchmark_lms.held(report(one_class("course_page", p95=0.501), one_class("lesson_page")))
    assert slow_video.fits
    assert (slow_page.slowest, slow_page.fits) == ("course_page", False)


def test_a_class_with_too_few_requests_to_say_a_p95_does_not_count() -> None:
    found = benchmark_lms.held(report(one_class("course_page"), one_class("gradebook", completed=59, p95=2.0)))
    assert found.slowest == "course_page"


@pytest.mark.parametrize(("completed", "p95"), [(0, None), (59, 0.1)])
def test_a_hold_of_which_nothing_can_be_said_does_not_fit(completed: int, p95: float | None) -> None:
    few = {**one_class("course_page", completed=completed, p95=p95), "intended": completed}
    assert not benchmark_lms.held(report(few)).fits


@pytest.mark.parametrize(("completed", "failed"), [(880, 20), (800, 0)])
def test_failures_and_requests_that_were_never_served_do_not_fit(completed: int, failed: int) -> None:
    assert not benchmark_lms.held(report(one_class("course_page", completed=completed, failed=failed))).fits


def test_pages_in_time_fit_although_the_generator_was_held_up() -> None:
    assert benchmark_lms.held(report(one_class("course_page"), verdict="invalid")).fits


def test_rates_are_those_of_the_hold_and_files_are_not_the_applications() -> None:
    found = benchmark_lms.held(report(one_class("course_page"), one_class("static_asset")))
    assert (found.requests, found.by_application, found.cpu) == (40.0, 20.0, 0.6)


def test_a_service_costs_its_cores_by_all_requests() -> None:
    seen = report(one_class("course_page", completed=890, failed=10), one_class("static_asset"))
    [(unit, cores, milliseconds)] = benchmark_lms.unit_costs(seen)
    assert (unit, cores, round(milliseconds, 3)) == ("lophoc.service", 0.4, 10.0)


def test_a_class_costs_its_cpu_by_its_own_requests_the_dearest_first() -> None:
    rows = benchmark_lms.class_costs(
        {"course_page": 1.0, "login": 1.0, "idle": 0.0}, {"course_page": 200.0, "login": 40.0, "idle": 0.0}
    )
    assert rows == [("login", 40.0, 25.0), ("course_page", 200.0, 5.0)]


def test_every_load_that_was_tried_is_a_row_the_smallest_first() -> None:
    tries = [(benchmark_lms.held({**report(one_class("course_page")), "learners": n}), 2.0) for n in (1420, 950)]
    rows = benchmark_lms.tries_table(tries).splitlines()
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| 950", "| 1,420"]
    assert len({row.count("|") for row in rows}) == 1


def test_a_file_that_was_changed_meanwhile_is_named(tmp_path: Path) -> None:
    for name in ("lms_stack/facts/journeys.yaml", "loadtests/run.py", "loadtests/run.pyc", "docs/new.md"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    os.utime(tmp_path / "loadtests/run.py", (1000.0, 1000.0))
    assert changed_since(1000.0, tmp_path) == ["lms_stack/facts/journeys.yaml"]
