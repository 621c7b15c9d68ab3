"""The Outlook of a plan: its hosts under 1,000 draws of the peak, the other designs, what to find out first."""

from collections.abc import Sequence

import numpy as np

from lms_stack.course import Course
from lms_stack.facts import Facts, facts
from lms_stack.outlook import Latency, Outlook
from lms_stack.plan import Plan
from lms_stack.prices import Prices
from lms_stack.request_classes import FILE_CLASSES
from lms_stack.sizing import growth
from lms_stack.sizing.designs import Designs, excuses
from lms_stack.sizing.draws import DRAWS, Array, LoadDraws, figure, load_draws
from lms_stack.sizing.influence import find_out_first
from lms_stack.sizing.layouts import tiers_of
from lms_stack.sizing.network import Outcome, outcome
from lms_stack.sizing.shares import course_shares
from lms_stack.sizing.slots import slot_choices
from lms_stack.together import as_one
from lms_stack.units import Figure, show

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def with_outlook(
    course: Course,
    plan: Plan,
    known: Facts | None = None,
    prices: Prices | None = None,
    *,
    beside: Sequence[Course] = (),
    draws: int = DRAWS,
    variants: bool = True,
) -> Plan:
    """The plan with its outlook.

    :param course: the course, or of several on one stack the one that says where it stands.
    :param known: the facts to use; those shipped with this version where it is None.
    :param prices: the price list; designs are told without their costs where it is None.
    :param beside: the other courses on the same stack, whose peak the plan has in it.
    :param variants: whether what else could be planned is told, each of which is a plan of its own: start slots of the
        exams, and the stack without each of several courses.
    """
    known = known or facts()
    courses = (course, *beside)
    load = load_draws(courses, known, live=plan.demand.live, draws=draws)
    outlook = _outlook(courses, plan, load, known, prices)
    if variants:
        found = {"exam_slots": slot_choices(courses, plan, known), "courses": course_shares(courses, plan, known)}
        outlook = outlook.model_copy(update=found)
    return plan.model_copy(update={"outlook": outlook})


def _outlook(courses: Sequence[Course], plan: Plan, load: LoadDraws, known: Facts, prices: Prices | None) -> Outlook:
    course = as_one(courses)
    line = course.target.edge_link or plan.bandwidth.value
    found = outcome(tiers_of(plan), load, line, pools=plan.pools)
    times = {name: _times(found, share, known) for name, share in SHARES.items()}
    designs = Designs(course, plan, load, known, prices).by_regret()
    pages = _slowest_page(load, times["p95"])
    first, share = next(iter(found.breaks_first.items()))
    week = growth.weekly(course, known)
    drawn = f"median of {len(load.egress):,} draws of the peak"
    return Outlook(
        draws=len(load.egress),
        requests=figure(load.requests.sum(axis=1), "1/s", drawn),
        cores=figure(load.busy.sum(axis=1), "core", f"{drawn}: cores kept busy by all roles of the stack together"),
        egress=figure(load.egress, "bit/s", drawn),
        ingress=figure(load.ingress, "bit/s", drawn),
        latencies=_latencies(load, times),
        page_p95=figure(pages, "s", f"{drawn}: the p95 of the slowest class of pages, without the learner's own line"),
        within_objective=_within(pages, course),
        breaks_first=first,
        headroom=figure(found.headroom, "ratio", f"{first} is full first in {show(share, 'share')} of the draws"),
        disk_operations=growth.disk_operations(load, known),
        weekly_growth=week,
        course_growth=growth.over_course(courses, week),
        find_out_first=find_out_first(load, {each.name: each.what for each in plan.demand.inputs}),
        designs=designs,
        excuses=excuses(designs),
    )


def _times(found: Outcome, share: float, known: Facts) -> Array:
    """(draws, classes) seconds; where a station can't keep up, as long as the edge waits."""
    return np.asarray(np.minimum(found.solution.percentile(share), known.sizing["longest_wait"].number))


def _latencies(load: LoadDraws, times: dict[str, Array]) -> tuple[Latency, ...]:
    return tuple(
        Latency(
            request_class=name,
            **{
                key: figure(values[:, index], "s", f"{key} of {name} in the queueing network of the planned hosts")
                for key, values in times.items()
            },
        )
        for index, name in enumerate(load.classes)
    )


def _slowest_page(load: LoadDraws, times: Array) -> Array:
    pages = [index for index, name in enumerate(load.classes) if name not in FILE_CLASSES]
    return np.asarray(times[:, pages].max(axis=1))


def _within(pages: Array, course: Course) -> Figure:
    limit = course.objectives.page_p95
    return Figure(
        value=float(np.mean(pages <= limit)),
        unit="share",
        reason=f"draws in which every class of pages has its p95 within {show(limit, 's')} (objectives.page_p95)",
    )
