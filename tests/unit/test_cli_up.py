"""What up refuses before anything is changed."""

from pathlib import Path

import pytest

from cli.up import keep_data
from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.errors import UsageError
from lms_stack.plan import Plan
from lms_stack.sizing import plan

COURSE = read_course(Path(__file__).parent / "good_course.yaml")


def planned(**changes: object) -> Plan:
    """The plan of the course with some of it changed."""
    course = COURSE.model_copy(update=changes)
    return plan(course, demand(course))


def test_a_plan_that_drops_the_host_with_the_database_is_refused() -> None:
    with pytest.raises(UsageError, match="lms-1, which holds the database"):
        keep_data(planned(layout="one_box"), planned(layout="split"))


def test_a_larger_course_on_the_same_hosts_is_taken() -> None:
    keep_data(planned(), planned(learners=600))


def test_a_first_plan_is_taken() -> None:
    keep_data(None, planned())


def test_a_deployment_does_not_move_from_one_target_to_another() -> None:
    lab = planned()
    servers = lab.model_copy(update={"target": "servers"})
    for before, after in ((lab, servers), (servers, lab)):
        with pytest.raises(UsageError, match=f"stands on the target `{before.target}`"):
            keep_data(before, after)
