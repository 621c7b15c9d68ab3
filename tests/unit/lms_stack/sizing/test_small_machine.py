"""A plan on a machine that has fewer cores than the course needs: built as large as it can be, and told."""

import pytest

from lms_stack.facts import facts
from lms_stack.plan import Plan
from lms_stack.sizing import within
from tests.unit.lms_stack.samples import planned

HAD = 1.0


def cpu(plan: Plan) -> float:
    """The CPU use that the plan expects of its first host."""
    return next(use.share.value for use in plan.predicted if use.resource == "cpu")


def test_a_plan_that_a_machine_has_the_cores_for_stays_as_it_is() -> None:
    plan = planned(learners=500)
    assert within(plan, 64, facts()) == plan


def test_a_host_is_no_larger_than_the_machine_and_keeps_what_it_wanted() -> None:
    plan = planned(learners=3_000, layout="one_box")
    wanted = plan.hosts[0].cores.value
    assert wanted > HAD
    built = within(plan, HAD, facts())
    assert built.hosts[0].cores.value == HAD
    assert built.hosts[0].wanted
    assert built.hosts[0].wanted.value == wanted
    assert cpu(built) == pytest.approx(cpu(plan) * wanted / HAD)
    assert built.hosts[1:] == plan.hosts[1:]


def test_as_many_learners_as_are_said_to_fit_are_planned_for_that_many_cores() -> None:
    built = within(planned(learners=3_000, layout="one_box"), HAD, facts())
    assert built.hosts[0].wanted
    carried = int(built.hosts[0].wanted.reason.partition("about ")[2].split(" learners")[0].replace(",", ""))
    assert planned(learners=round(carried * 0.9), layout="one_box").hosts[0].cores.value <= HAD
    assert planned(learners=round(carried * 1.15), layout="one_box").hosts[0].cores.value > HAD
