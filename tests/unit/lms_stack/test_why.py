"""The chain of reasons of a number."""

from collections.abc import Iterator

import pytest

from lms_stack.course import Expectations
from lms_stack.demand import demand, demand_together
from lms_stack.facts import facts
from lms_stack.sizing import plan, with_outlook
from lms_stack.units import show
from lms_stack.why import Reasons, Why
from tests.unit.lms_stack.samples import course


def reasons(layout: str = "one_box") -> Reasons:
    taught = course(learners=20_000, layout=layout)
    return Reasons((taught,), with_outlook(taught, plan(taught, demand(taught)), draws=20), facts())


def test_what_the_file_of_one_of_several_courses_says_is_followed_by_its_course() -> None:
    sure = course(name="b", learners=300, expectations=Expectations.model_validate({"exam_attendance": "50 %"}))
    courses = (course(learners=600), sure)
    found = with_outlook(courses[0], plan(courses[0], demand_together(courses)), beside=courses[1:], draws=20)
    reasons = Reasons(courses, found, facts())
    chain = reasons.why("journeys.exam")
    assert chain is not None
    rests_on = {each.key: each for each in every(chain)}
    assert {"facts.exam_attendance", "facts.exam_attendance.b", "facts.exam_busiest_minute"} <= rests_on.keys()
    assert rests_on["facts.exam_attendance.b"].answer == "50 %"
    assert rests_on["course.learners"].answer == "900"
    assert rests_on["course.learners"].reason.startswith("600 of mau + 300 of b")
    assert {"courses.mau.cores", "courses.b.requests"} <= set(reasons.keys)


def every(why: Why) -> Iterator[Why]:
    yield why
    for each in why.because:
        yield from every(each)


@pytest.mark.parametrize("layout", ["one_box", "split"])
def test_every_number_of_the_plan_can_say_why(layout: str) -> None:
    found = reasons(layout)
    assert len(found.keys) > 60
    for key in found.keys:
        chain = found.why(key)
        assert chain is not None
        assert all(each.reason.strip() for each in every(chain))


@pytest.mark.parametrize(
    ("key", "rests_on"),
    [
        (
            "lms-1.cores",
            {"facts.target_utilisation", "facts.exam_attendance", "service_demands.source"},
        ),
        ("app.count", {"facts.one_box_cores", "lms-1.cores"}),
        ("bandwidth", {"facts.link_utilisation", "egress", "facts.protocol_overhead"}),
        ("requests.login", {"journeys.exam", "journeys.sign_in", "facts.evening_concurrency"}),
        ("loadgen.count", {"facts.loadgen_rate"}),
        ("outlook.weekly_growth", {"facts.visits_a_week"}),
        ("latency.login", {"service_demands.login", "lms-1.cores"}),
    ],
)
def test_a_chain_goes_down_to_what_was_written_measured_or_looked_up(key: str, rests_on: set[str]) -> None:
    chain = reasons().why(key)
    assert chain is not None
    assert rests_on <= {each.key for each in every(chain)}


def test_the_answer_is_the_number_that_the_plan_shows() -> None:
    found = reasons()
    chain = found.why("lms-1.cores")
    assert chain is not None
    assert chain.answer == show(found.plan.hosts[0].cores.value, "core")
    assert chain.reason == found.plan.hosts[0].cores.reason


def test_what_was_told_already_is_not_told_again() -> None:
    chain = reasons().why("lms-1.cores")
    assert chain is not None
    told = [each for each in every(chain) if each.reason != "see above"]
    assert len({each.key for each in told}) == len(told)


def test_a_source_stands_at_the_end_of_every_fact() -> None:
    chain = reasons().why("facts.target_utilisation")
    assert chain is not None
    assert "Source: M/M/1" in chain.reason
    assert chain.answer == "60 %"


def test_a_key_that_is_not_there_has_no_reason_but_neighbours() -> None:
    found = reasons()
    assert found.why("lms-1.core") is None
    assert found.nearest("lms-1.core")[0] == "lms-1.cores"
    assert "app.count" in found.nearest("apps.count")


def test_the_hosts_of_a_split_stack_are_counted_by_role() -> None:
    found = reasons("split")
    chain, database = found.why("app.count"), found.why("database.count")
    assert chain is not None
    assert database is not None
    assert "facts.app_host_cores" in {each.key for each in every(chain)}
    assert (database.answer, "grows in place" in database.reason) == ("1 host", True)


def test_the_speed_of_the_cores_that_a_plan_counts_on_says_where_it_is_from() -> None:
    chain = reasons().why("core_speed")
    assert chain is not None
    assert [each.key for each in chain.because] == ["facts.reference_core"]
