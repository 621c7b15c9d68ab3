"""Plans with outlooks, and loads of a few made-up draws, for tests of the sizing."""

from functools import cache

import numpy as np

from lms_stack.course import Course
from lms_stack.demand import demand
from lms_stack.facts import Facts, facts
from lms_stack.outlook import Outlook, Tier
from lms_stack.plan import Plan
from lms_stack.request_classes import RequestClass
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.sizing import plan, with_outlook
from lms_stack.sizing.draws import LoadDraws
from lms_stack.units import Figure
from tests.unit.lms_stack.samples import course

DRAWS = 300


@cache
def outlooked(learners: int = 600, layout: str = "auto", draws: int = DRAWS) -> Plan:
    """The plan of the sample course for so many learners, with its outlook."""
    taught = course(learners=learners, layout=layout)
    return with_outlook(taught, plan(taught, demand(taught)), draws=draws)


def outlook(learners: int = 600, layout: str = "auto", draws: int = DRAWS) -> Outlook:
    """Its outlook."""
    found = outlooked(learners, layout, draws).outlook
    assert found is not None
    return found


def changed(name: str, value: float, where: str = "prices") -> Facts:
    """The shipped facts with one single value changed."""
    known = facts()
    table = dict(getattr(known, where))
    table[name] = table[name].model_copy(update={"value": value})
    return known.model_copy(update={where: table})


def load(rate: float = 10.0, cost: float = 0.02, draws: int = 3, bits: float = 1e6) -> LoadDraws:
    """One class of requests that costs the same on every role; the draws are alike."""
    return LoadDraws(
        classes=(RequestClass.COURSE_PAGE,),
        requests=np.full((draws, 1), rate),
        costs=np.full((draws, 1, len(STACK_ROLES)), cost),
        egress=np.full(draws, bits),
        ingress=np.full(draws, bits / 10),
        inputs={},
    )


def tier(
    *roles: Role, hosts: int = 1, cores: float = 1, spare: int = 0, standby: bool = False, memory: float = 2**30
) -> Tier:
    """Some hosts."""

    def figure(value: float, unit: str) -> Figure:
        return Figure(value=value, unit=unit, reason="made up")

    return Tier(
        roles=roles,
        hosts=figure(hosts, "hosts"),
        cores=figure(cores, "core"),
        memory=figure(memory, "B"),
        disk=figure(2**33, "B"),
        spare=spare,
        standby=standby,
    )


def taught(**changes: object) -> Course:
    """The sample course with some of it changed."""
    return course(**changes)
