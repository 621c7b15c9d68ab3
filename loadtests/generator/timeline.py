"""The stretches of a run in their order, and the arrivals of each."""

from types import SimpleNamespace
from typing import NamedTuple

from loadtests.generator.arrivals import Arrival, Rate, schedule

#: Between two phases: the planned peak goes on until the visitors of the phase before it have left.
BETWEEN = "between"
#: Phases by which the stack is judged as they are, and in which the generator must be well.
JUDGED = ("hold", "storm")
#: Phases whose visitors are waited for, and counted as failed where they don't come to an end.
AWAITED = (*JUDGED, "recovery")


class Stretch(NamedTuple):
    """A part of a run: its rates go from `first` to `last` times the planned ones, exam starts `exams` times that."""

    phase: str
    seconds: float
    first: float = 1.0
    last: float = 1.0
    exams: float = 1.0


def timeline(plan: SimpleNamespace) -> list[Stretch]:
    """Warm-up and hold, and what the plan has after them; visitors of a phase that is awaited get time to end."""
    later = [Stretch(**vars(each)) for each in plan.later]
    whole = [Stretch("warm-up", plan.warm_up), Stretch("hold", plan.hold), *later]
    found = []
    for number, stretch in enumerate(whole):
        found.append(stretch)
        following = whole[number + 1].phase if number + 1 < len(whole) else ""
        if stretch.phase in AWAITED and following != stretch.phase:
            found.append(Stretch(BETWEEN, plan.drain))
    return found


def arrivals(plan: SimpleNamespace, stretch: Stretch, number: int) -> list[Arrival]:
    """The arrivals of one stretch, for this generator's part of all of them.

    A Poisson process that is shared out at random is again one, of a part of the rate; so each generator draws its own.
    """
    rates = []
    for journey in plan.journeys:
        rate = journey.rate / plan.parts * (stretch.exams if journey.name == "exam" else 1.0)
        rates.append((journey.name, Rate(rate * stretch.first, rate * stretch.last, stretch.seconds)))
    return schedule([each for each in rates if each[1].first > 0 or each[1].last > 0], _seed(plan, number))


def _seed(plan: SimpleNamespace, number: int) -> str:
    return f"{plan.seed} {plan.part} {number}"
