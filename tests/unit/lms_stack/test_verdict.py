"""A verdict is never better than its evidence."""

from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course import Objectives
from lms_stack.demand import Demand, demand
from lms_stack.facts import facts
from lms_stack.measurement import (
    ClassResult,
    Clock,
    CoreSpeed,
    GeneratorHealth,
    LinkCapacity,
    LoadResult,
    MachineLoad,
    Measurement,
    PhaseResult,
    Recovery,
    ResourceUse,
    StandStill,
    Trend,
)
from lms_stack.plan import Plan
from lms_stack.request_classes import RequestClass
from lms_stack.sizing import within
from lms_stack.verdict import Outcome, Verdict, verdict
from tests.unit.lms_stack.samples import COURSE, planned

WELL: dict[str, Any] = {
    "loop_lag_p99": 0.004,
    "run_queue_share": 0.02,
    "cpu_share": 0.3,
    "intended_arrivals": 300,
    "started_arrivals": 300,
    "cpu_warning": False,
}
BEGAN = datetime(2027, 4, 9, 12, 30, tzinfo=UTC)


def a_class(name: RequestClass, **changes: Any) -> ClassResult:
    """A class that was served well."""
    times = {"p50": 0.05, "p95": 0.2, "p99": 0.4, "longest": 0.6}
    counts = {"intended": 200.0, "completed": 200, "failed": 0}
    return ClassResult(request_class=name, **{**counts, **times, **changes})


def use(resource: Any, share: float, host: str = "lms-1") -> ResourceUse:
    """A resource of the stack."""
    return ResourceUse(resource=resource, host=host, name=resource, share=share, capacity="its size")


def judged(
    *classes: ClassResult,
    resources: tuple[ResourceUse, ...] | None = None,
    missing: tuple[str, ...] = (),
    held: float = 60.0,
    played: Demand | None = None,
    objectives: Objectives | None = None,
    plan: Plan | None = None,
    cache_lost: float | None = None,
    line: LinkCapacity | None = None,
    **health: Any,
) -> Verdict:
    """The verdict on a run that was well but for what is given."""
    load = LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=held),
        classes=classes or (a_class(RequestClass.COURSE_PAGE), a_class(RequestClass.VIDEO_SEGMENT, p95=2.0)),
        generator=GeneratorHealth(**{**WELL, **health}),
        link_capacity=line,
    )
    found = (use("cpu", 0.5), use("link", 0.4)) if resources is None else resources
    measured = Measurement(load=load, resources=found, missing_metrics=missing, cache_lost=cache_lost)
    return verdict(measured, objectives or Objectives(), played=played, plan=plan)


def test_a_peak_carried_with_room_to_spare_fits() -> None:
    assert judged() == Verdict(outcome=Outcome.FITS)


@pytest.mark.parametrize(
    "sign",
    [
        {"loop_lag_p99": 0.2},
        {"loop_lag_p99": nan},
        {"run_queue_share": 0.4},
        {"started_arrivals": 200},
        {"intended_arrivals": 0, "started_arrivals": 0},
        {"cpu_warning": True},
    ],
)
def test_a_sick_generator_makes_it_invalid_whatever_the_stack_did(sign: dict[str, Any]) -> None:
    assert judged(**sign).outcome is Outcome.INVALID
    failed = a_class(RequestClass.LOGIN, completed=100, failed=100)
    assert judged(failed, resources=(use("cpu", 1.0),), **sign).outcome is Outcome.INVALID


def test_an_empty_run_is_invalid() -> None:
    nothing = a_class(RequestClass.LOGIN, intended=0.0, completed=0, p50=None, p95=None, p99=None, longest=None)
    assert judged(nothing).outcome is Outcome.INVALID


def test_a_run_without_the_stacks_own_metrics_is_invalid() -> None:
    assert judged(resources=()).outcome is Outcome.INVALID
    assert judged(missing=("cpu of lms-1",)).outcome is Outcome.INVALID
    late = a_class(RequestClass.LOGIN, p95=9.0)
    assert judged(late, missing=("lophoc_workers of lms-1",)).outcome is Outcome.INVALID


def test_what_is_seen_to_be_full_does_not_fit_though_a_full_stack_told_not_all_its_metrics() -> None:
    full = (use("cpu", 1.0), use("link", 0.4))
    answer = judged(a_class(RequestClass.LOGIN, p95=9.0), resources=full, missing=("lophoc_workers of lms-1",))
    assert (answer.outcome, answer.bottleneck and answer.bottleneck.resource) == (Outcome.DOES_NOT_FIT, "cpu")
    assert answer.excuses[-1].evidence == "lophoc_workers of lms-1"
    assert judged(resources=full, missing=("x",), loop_lag_p99=0.2).outcome is Outcome.INVALID


def test_failed_requests_do_not_fit_and_name_the_application_where_nothing_is_full() -> None:
    answer = judged(a_class(RequestClass.LOGIN, completed=0, failed=200, failures={"content: expected page": 200}))
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "application"


def test_journeys_that_broke_off_do_not_fit_even_if_every_answer_that_came_was_right() -> None:
    broken_off = a_class(RequestClass.QUIZ_SUBMIT, completed=10)
    answer = judged(a_class(RequestClass.LOGIN), a_class(RequestClass.COURSE_PAGE), broken_off)
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert "could not be made" in answer.excuses[0].reason


def test_pages_later_than_the_objective_do_not_fit() -> None:
    assert judged(a_class(RequestClass.COURSE_PAGE, p95=1.5)).outcome is Outcome.DOES_NOT_FIT


def test_a_video_segment_may_take_as_long_as_it_plays() -> None:
    pages = a_class(RequestClass.COURSE_PAGE)
    assert judged(pages, a_class(RequestClass.VIDEO_SEGMENT, p95=9.0)).outcome is Outcome.FITS
    assert judged(pages, a_class(RequestClass.VIDEO_SEGMENT, p95=11.0)).outcome is Outcome.DOES_NOT_FIT


@pytest.mark.parametrize("resource", ["cpu", "link", "pool"])
def test_a_full_resource_does_not_fit_although_nobody_felt_it_yet(resource: str) -> None:
    answer = judged(resources=(use("cpu", 0.5), use("link", 0.4), use(resource, 0.97)))
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == resource


def test_of_two_full_resources_the_one_that_the_offered_load_needs_most_of_is_named() -> None:
    pages = a_class(RequestClass.COURSE_PAGE, intended=800.0, completed=300, failed=500)
    videos = a_class(RequestClass.VIDEO_SEGMENT, intended=800.0, completed=700, failed=100, p95=3.0)
    answer = judged(pages, videos, resources=(use("link", 0.99), use("cpu", 0.98)))
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "cpu"


def test_of_two_full_resources_the_line_is_named_where_the_segments_are_what_did_not_come() -> None:
    pages = a_class(RequestClass.COURSE_PAGE, intended=800.0, completed=780, failed=20)
    videos = a_class(RequestClass.VIDEO_SEGMENT, intended=800.0, completed=100, failed=700, p95=19.0)
    answer = judged(pages, videos, resources=(use("cpu", 0.99), use("link", 0.98)))
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "link"


def test_cores_are_named_and_not_the_pool_that_fills_up_before_them() -> None:
    pages = a_class(RequestClass.COURSE_PAGE, intended=800.0, completed=600, failed=200)
    answer = judged(pages, resources=(use("link", 0.2), use("pool", 1.19), use("cpu", 0.98)))
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "cpu"


@pytest.mark.parametrize(("had", "said"), [(0.5, 1), (64.0, 0)])
def test_a_machine_that_was_too_small_from_the_start_is_named_where_it_does_not_fit(had: float, said: int) -> None:
    built = within(planned(learners=3_000), had, facts())
    answer = judged(resources=(use("cpu", 0.99), use("link", 0.2)), plan=built)
    reasons = [excuse.reason for excuse in answer.excuses]
    assert reasons.count("this machine has fewer cores than the course needs") == said


@pytest.mark.parametrize(("of_the_speed", "said"), [(0.7, 1), (0.9, 0)])
def test_cores_that_were_slower_than_planned_are_named_where_it_does_not_fit(of_the_speed: float, said: int) -> None:
    plan = planned(learners=600)
    assert plan.core_speed
    speeds = (CoreSpeed(host="lms-1", pieces=of_the_speed * plan.core_speed.value),)
    late = a_class(RequestClass.COURSE_PAGE, p95=2.0)
    measured = a_measurement(late, core_speeds=speeds)
    found = [excuse for excuse in verdict(measured, Objectives(), plan=plan).excuses if "slower" in excuse.reason]
    assert [excuse.evidence for excuse in found] == said * ["lms-1: 70 % of the speed that the plan counts on"]


def test_a_line_over_which_nothing_came_is_the_one_that_needs_most() -> None:
    pages = a_class(RequestClass.COURSE_PAGE, intended=800.0, completed=400, failed=400)
    videos = a_class(RequestClass.VIDEO_SEGMENT, intended=100.0, completed=0, failed=100, p95=None)
    answer = judged(pages, videos, resources=(use("cpu", 0.99), use("link", 0.98)))
    assert answer.bottleneck is not None
    assert answer.bottleneck.resource == "link"


def test_a_failing_application_is_looked_for_on_the_busiest_host() -> None:
    broken = a_class(RequestClass.LOGIN, completed=0, failed=200)
    answer = judged(broken, resources=(use("cpu", 0.2, "edge-1"), use("cpu", 0.7, "app-1"), use("link", 0.1)))
    assert answer.bottleneck is not None
    assert answer.bottleneck.host == "app-1"


@pytest.mark.parametrize(("places", "outcome"), [(1.0, Outcome.INVALID), (8.0, Outcome.FITS), (80.0, Outcome.FITS)])
def test_a_stack_that_is_smaller_than_the_plan_proves_nothing_for_it(places: float, outcome: Outcome) -> None:
    pools = planned().pools
    assert pools.app_processes.value * pools.app_threads.value == 8
    workers = ResourceUse(
        resource="pool",
        host="lms-1",
        name="application workers",
        share=0.3,
        capacity=f"{places:g} workers",
        size=places,
    )
    answer = judged(resources=(use("cpu", 0.5), use("link", 0.4), workers), plan=planned())
    assert answer.outcome is outcome
    said = [excuse.evidence for excuse in answer.excuses]
    assert said == ([] if outcome is Outcome.FITS else ["lms-1 has 1 workers, 8 are planned"])


def test_a_small_pool_that_is_full_does_not_fit_whatever_was_planned() -> None:
    workers = ResourceUse(
        resource="pool", host="lms-1", name="application workers", share=1.0, capacity="1 workers", size=1
    )
    answer = judged(resources=(use("cpu", 0.5), use("link", 0.4), workers), plan=planned())
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.bottleneck
    assert answer.bottleneck.resource == "pool"


@pytest.mark.parametrize(("lost", "outcome"), [(0.1, Outcome.FITS), (0.9, Outcome.INVALID), (nan, Outcome.INVALID)])
def test_a_cache_that_was_emptied_meanwhile_makes_it_invalid(lost: float, outcome: Outcome) -> None:
    assert judged(cache_lost=lost).outcome is outcome


def test_a_bottleneck_in_a_pool_is_told_with_its_host_and_size() -> None:
    pool = ResourceUse(resource="pool", host="app-1", name="application workers", share=1.0, capacity="8 workers")
    answer = judged(resources=(use("cpu", 0.5), use("link", 0.4), pool))
    assert answer.bottleneck is not None
    assert answer.bottleneck.host == "app-1"
    assert "application workers: 100 % of 8 workers" in answer.bottleneck.evidence


# ---- evidence that must never become `fits`
OFTEN = a_class(RequestClass.COURSE_PAGE, intended=400.0, completed=400)


def rare(name: RequestClass = RequestClass.GRADEBOOK, **changes: Any) -> ClassResult:
    """A class of which too few came for a p95 of its own."""
    return a_class(name, **{"intended": 20.0, "completed": 20, **changes})


@pytest.mark.parametrize(
    "row",
    [
        a_class(RequestClass.LOGIN, intended=nan),
        a_class(RequestClass.LOGIN, intended=inf),
        a_class(RequestClass.LOGIN, intended=-5.0),
        a_class(RequestClass.LOGIN, completed=-200, failed=400),
        a_class(RequestClass.LOGIN, failed=-5),
        a_class(RequestClass.LOGIN, p95=nan),
        a_class(RequestClass.LOGIN, p95=None),
        a_class(RequestClass.LOGIN, p50=None),
        a_class(RequestClass.LOGIN, p95=-1.0),
        rare(p95=nan),
        rare(p95=None),
    ],
    ids=str,
)
def test_figures_that_no_run_can_give_make_it_invalid(row: ClassResult) -> None:
    assert judged(OFTEN, row).outcome is Outcome.INVALID


@pytest.mark.parametrize("share", [nan, inf, -0.1])
@pytest.mark.parametrize("resource", ["cpu", "link", "pool"])
def test_a_use_that_cannot_be_makes_it_invalid(resource: str, share: float) -> None:
    resources = (use("cpu", 0.5), use("link", 0.4), use(resource, share))
    assert judged(resources=resources).outcome is Outcome.INVALID


@pytest.mark.parametrize("read", ["cpu", "link"])
def test_cpu_and_line_must_both_have_been_read(read: str) -> None:
    answer = judged(resources=(use(read, 0.4), use("pool", 0.1)))
    assert answer.outcome is Outcome.INVALID


def test_a_class_that_is_told_twice_makes_it_invalid() -> None:
    assert judged(OFTEN, OFTEN).outcome is Outcome.INVALID


def test_no_class_at_all_is_invalid() -> None:
    load = LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=60),
        classes=(),
        generator=GeneratorHealth(**WELL),
    )
    measured = Measurement(load=load, resources=(use("cpu", 0.5), use("link", 0.4)))
    assert verdict(measured, Objectives()).outcome is Outcome.INVALID


@pytest.mark.parametrize("held", [0.0, -60.0, 29.0])
def test_a_peak_that_was_not_held_long_enough_is_invalid(held: float) -> None:
    assert judged(OFTEN, held=held).outcome is Outcome.INVALID


@pytest.mark.parametrize("name", ["loop_lag_p99", "run_queue_share"])
@pytest.mark.parametrize("value", [nan, inf, -1.0])
def test_a_sign_of_the_generator_that_cannot_be_is_a_bad_sign(name: str, value: float) -> None:
    sign: dict[str, Any] = {name: value}
    assert judged(OFTEN, **sign).outcome is Outcome.INVALID


def test_a_class_of_which_nothing_came_does_not_fit() -> None:
    never = a_class(RequestClass.QUIZ_SUBMIT, intended=30.0, completed=0, p50=None, p95=None, p99=None, longest=None)
    answer = judged(OFTEN, never)
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.excuses[0].resource == "quiz_submit"


def test_one_failure_in_each_of_many_rare_classes_does_not_fit() -> None:
    rows = [rare(name, completed=19, failed=1) for name in list(RequestClass)[:12]]
    answer = judged(*rows)
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.excuses[0].resource == "all classes"


def test_one_request_less_in_each_of_many_rare_classes_does_not_fit() -> None:
    rows = [rare(name, completed=19) for name in list(RequestClass)[:12]]
    answer = judged(*rows)
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert "could not be made" in answer.excuses[0].reason


def test_one_failure_is_luck() -> None:
    assert judged(OFTEN, rare(completed=19, failed=1)).outcome is Outcome.FITS


def test_where_every_request_failed_no_objective_makes_it_fit() -> None:
    lenient = Objectives.model_validate({"failed_requests": "100 %"})
    nothing = a_class(RequestClass.LOGIN, completed=0, failed=200)
    assert judged(OFTEN, nothing, objectives=lenient).outcome is Outcome.DOES_NOT_FIT
    assert judged(nothing, objectives=lenient).outcome is Outcome.DOES_NOT_FIT


@pytest.mark.parametrize(
    "late", [{"completed": 59, "intended": 59.0, "p95": 30.0}, {"p50": 30.0, "p95": 30.0}], ids=str
)
def test_rare_classes_that_were_late_together_do_not_fit(late: dict[str, Any]) -> None:
    answer = judged(OFTEN, rare(**late))
    assert answer.outcome is Outcome.DOES_NOT_FIT
    assert answer.excuses[0].resource == "rare classes"


def test_one_late_request_of_a_rare_class_is_luck() -> None:
    assert judged(OFTEN, rare(intended=10.0, completed=10, p95=30.0)).outcome is Outcome.FITS


# ---- what was to have been played
def as_planned(**changes: float) -> tuple[ClassResult, ...]:
    """Every class of the course's demand for a minute, all served; `changes` are factors on what was intended."""
    rows = []
    for name, rate in demand(COURSE).requests.items():
        count = round(rate.value * 60 * changes.get(name, 1.0))
        times = {"p50": 0.05, "p95": 0.2} if count else {"p50": None, "p95": None}
        rows.append(ClassResult(request_class=name, intended=float(count), completed=count, failed=0, **times))
    return tuple(rows)


def test_the_demand_that_was_played_as_planned_fits() -> None:
    assert judged(*as_planned(), played=demand(COURSE)) == Verdict(outcome=Outcome.FITS)
    assert judged(*as_planned(video_segment=0.7, quiz_submit=1.4), played=demand(COURSE)).outcome is Outcome.FITS


@pytest.mark.parametrize("factor", [0.0, 0.4])
def test_a_class_that_was_left_out_of_the_load_makes_it_invalid(factor: float) -> None:
    answer = judged(*as_planned(video_segment=factor), played=demand(COURSE))
    assert answer.outcome is Outcome.INVALID
    assert answer.excuses[0].resource == "video_segment"


def test_a_class_that_is_absent_makes_it_invalid() -> None:
    rows = tuple(row for row in as_planned() if row.request_class != "quiz_submit")
    assert judged(*rows, played=demand(COURSE)).outcome is Outcome.INVALID


def test_a_load_held_for_twice_as_long_must_have_twice_as_many() -> None:
    assert judged(*as_planned(), held=150.0, played=demand(COURSE)).outcome is Outcome.INVALID


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.05), st.booleans())
def test_what_fits_was_served_in_time_by_a_healthy_generator_with_room_to_spare(
    completed: int, failed: int, cpu: float, link: float, lag: float, warned: bool
) -> None:
    row = a_class(RequestClass.COURSE_PAGE, intended=300.0, completed=completed, failed=failed)
    answer = judged(row, resources=(use("cpu", cpu), use("link", link)), loop_lag_p99=lag, cpu_warning=warned)
    if answer.outcome is Outcome.FITS:
        assert completed >= 297
        assert failed <= 3
        assert max(cpu, link) < 0.9
        assert lag <= 0.01
        assert not warned
    else:
        assert answer.excuses


def a_measurement(*classes: ClassResult, load: dict[str, Any] | None = None, **changes: Any) -> Measurement:
    """A measurement that was well but for what is given, of its load or of itself."""
    result = LoadResult(
        started=BEGAN,
        hold_started=BEGAN,
        hold_ended=BEGAN + timedelta(seconds=60),
        classes=classes or (a_class(RequestClass.COURSE_PAGE),),
        generator=GeneratorHealth(**WELL),
        **(load or {}),
    )
    return Measurement(load=result, resources=(use("cpu", 0.5), use("link", 0.4)), **changes)


def reasons(measured: Measurement, outcome: Outcome) -> list[str]:
    """Why the verdict is what it must be."""
    found = verdict(measured, Objectives())
    assert found.outcome is outcome, found
    return [excuse.reason for excuse in found.excuses]


def test_a_load_that_was_stopped_by_hand_is_invalid() -> None:
    assert reasons(a_measurement(load={"stopped": True}), Outcome.INVALID) == ["the load test was stopped by hand"]


def test_one_sick_generator_of_several_is_named_and_makes_the_measurement_invalid() -> None:
    two = tuple(
        GeneratorHealth(**{**WELL, "host": f"loadgen-{n}", "loop_lag_p99": lag}) for n, lag in ((1, 0.001), (2, 0.5))
    )
    found = verdict(a_measurement(load={"generators": two}), Objectives())
    assert found.outcome is Outcome.INVALID
    assert [excuse.evidence.split(":")[0] for excuse in found.excuses] == ["loadgen-2"]


@pytest.mark.parametrize(("bits", "outcome"), [(0.9e9, Outcome.INVALID), (0.1e9, Outcome.FITS)])
def test_a_generator_whose_own_line_is_full_is_invalid(bits: float, outcome: Outcome) -> None:
    assert judged(link_bits=bits, link_speed=1e9).outcome is outcome


@pytest.mark.parametrize(
    ("ahead", "uncertainty", "outcome"),
    [(5.0, 0.01, Outcome.INVALID), (-5.0, 0.01, Outcome.INVALID), (0.2, 0.01, Outcome.FITS), (5.0, 4.5, Outcome.FITS)],
)
def test_clocks_that_surely_differ_are_invalid(ahead: float, uncertainty: float, outcome: Outcome) -> None:
    clock = Clock(host="lms-1", ahead=ahead, uncertainty=uncertainty)
    assert reasons(a_measurement(clocks=(clock,)), outcome) == ["clocks differ"] * (outcome is Outcome.INVALID)


BUSY = MachineLoad(cores=2, busy=1.98, guests=1.2, steal=0.0)
LATE = a_class(RequestClass.COURSE_PAGE, p95=3.0)


@pytest.mark.parametrize("machine", [BUSY, MachineLoad(cores=2, busy=1.0, guests=1.0, steal=0.2)])
def test_late_answers_on_a_machine_with_other_work_prove_nothing(machine: MachineLoad) -> None:
    assert reasons(a_measurement(LATE, machine=machine), Outcome.INVALID)[1:] == ["answers came late"]
    idle = MachineLoad(cores=2, busy=1.3, guests=1.2, steal=0.0)
    assert reasons(a_measurement(LATE, machine=idle), Outcome.DOES_NOT_FIT) == ["answers came late"]


def test_other_work_on_the_machine_excuses_neither_wrong_answers_nor_takes_back_a_fit() -> None:
    wrong = a_class(RequestClass.COURSE_PAGE, completed=100, failed=100, p95=3.0)
    assert "requests failed" in reasons(a_measurement(wrong, machine=BUSY), Outcome.DOES_NOT_FIT)
    assert reasons(a_measurement(machine=BUSY), Outcome.FITS) == []


SLOWER = Trend(first=0.07, last=0.21, growth=3, growth_low=1.9, chance=0.001)


@pytest.mark.parametrize(
    ("speeds", "outcome"),
    [
        ((30, 20), Outcome.INVALID),
        ((30, 28), Outcome.DOES_NOT_FIT),
        ((20, 30), Outcome.DOES_NOT_FIT),
        ((None, None), Outcome.DOES_NOT_FIT),
    ],
)
def test_answers_that_get_slower_because_the_cores_do_prove_nothing(
    speeds: tuple[float | None, float | None], outcome: Outcome
) -> None:
    cores = CoreSpeed(host="lms-1", pieces=25, first=speeds[0], last=speeds[1])
    measured = a_measurement(core_speeds=(cores,))
    slower = measured.model_copy(update={"load": measured.load.model_copy(update={"trend": SLOWER})})
    why = ["the cores got slower while the peak was held"] * (outcome is Outcome.INVALID)
    assert reasons(slower, outcome) == [*why, "answers get slower with time"]


def test_slower_cores_excuse_no_late_answers() -> None:
    cores = CoreSpeed(host="lms-1", pieces=25, first=30, last=20)
    assert reasons(a_measurement(LATE, core_speeds=(cores,)), Outcome.DOES_NOT_FIT) == ["answers came late"]


def a_phase(name: Any, *classes: ClassResult) -> PhaseResult:
    """A phase after the hold."""
    return PhaseResult(
        name=name,
        started=BEGAN,
        ended=BEGAN + timedelta(seconds=60),
        requests_per_second=10,
        p95=1.0,
        failed_share=0.0,
        classes=classes,
    )


def test_a_storm_that_fails_does_not_fit_and_a_ramp_may_break() -> None:
    assert reasons(a_measurement(load={"phases": (a_phase("storm", LATE),)}), Outcome.DOES_NOT_FIT) == [
        "in the exam storm answers came late"
    ]
    assert reasons(a_measurement(load={"phases": (a_phase("ramp", LATE),)}), Outcome.FITS) == []


def test_a_site_that_does_not_come_back_after_overload_does_not_fit() -> None:
    gone = Recovery(seconds=None, evidence="p95 20 s")
    said = reasons(a_measurement(load={"recovery": gone}), Outcome.DOES_NOT_FIT)
    assert said == ["the site did not come back by itself after an overload"]


def test_a_site_that_stood_still_in_the_hold_does_not_fit() -> None:
    still = StandStill(began=30.0, seconds=3.0, waited=3.1)
    assert reasons(a_measurement(load={"stand_still": still}), Outcome.DOES_NOT_FIT) == [
        "the site stood still for 3.0 s"
    ]


@pytest.mark.parametrize(
    ("seen", "ways"),
    [
        ({"egress": 199e6, "ingress": 201e6}, []),
        ({"egress": 180e6, "ingress": 180e6}, []),
        ({"egress": 179e6, "ingress": 200e6}, ["179 Mbit/s out of the edge, planned 200 Mbit/s"]),
        ({"egress": None, "ingress": 20e6}, ["20 Mbit/s into the edge, planned 200 Mbit/s"]),
        ({"egress": 20e6, "ingress": 20e6, "at_least": True}, []),
        ({}, []),
    ],
    ids=["as planned", "just enough", "too little out", "too little in", "the generator was the limit", "not measured"],
)
def test_a_line_that_surely_carries_less_than_planned_does_not_fit(seen: dict[str, Any], ways: list[str]) -> None:
    found = judged(line=LinkCapacity(planned=200e6, **seen))
    assert found.outcome is (Outcome.DOES_NOT_FIT if ways else Outcome.FITS)
    assert [each.evidence for each in found.excuses] == ways
    assert {each.reason for each in found.excuses} <= {"the line carries less than planned"}
