"""The designs beside each other: what each costs, what breaks first, and how much one would regret it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lms_stack.course import Course
from lms_stack.evidence import Excuse
from lms_stack.facts import Facts
from lms_stack.outlook import Costs, Design, Tier
from lms_stack.plan import Plan
from lms_stack.prices import Prices
from lms_stack.sizing import costs
from lms_stack.sizing.draws import Array, LoadDraws, figure
from lms_stack.sizing.layouts import ONE_BOX, SPLIT, Layout, Layouts, tiers_of
from lms_stack.sizing.network import Outcome, outcome
from lms_stack.units import Figure, Interval, show


@dataclass(frozen=True)
class _Priced:
    """A layout with its costs."""

    layout: Layout
    buying: Costs | None
    hiring: Costs | None
    unpriced: str

    @property
    def cost(self) -> float | None:
        """Over the course, the cheaper way; None where the price list doesn't say."""
        return costs.cheapest(self.buying, self.hiring)

    @property
    def cores(self) -> float:
        """All cores: what stands for the cost where there are no prices."""
        return sum(tier.cores.value * tier.count for tier in self.layout.tiers)


class Designs:
    """All designs of one course under the drawn load."""

    def __init__(self, course: Course, plan: Plan, load: LoadDraws, known: Facts, prices: Prices | None) -> None:
        self.course = course
        self.load = load
        self.known = known
        self.prices = prices
        self.layouts = Layouts(course, plan.demand, known)
        self.planned = Layout(ONE_BOX if len(tiers_of(plan)) == 1 else SPLIT, tiers_of(plan))

    def by_regret(self) -> tuple[Design, ...]:
        """Every design, those that fit first, each by its least regret."""
        candidates = [self._priced(layout) for layout in self._candidates()]
        outcomes = [outcome(each.layout.tiers, self.load, self.layouts.line) for each in candidates]
        totals = self._totals(candidates, outcomes)
        regrets = totals - totals.min(axis=0)
        rows = zip(candidates, outcomes, regrets, strict=True)
        designs = [self._design(each, found, regret) for each, found, regret in rows]
        return tuple(sorted(designs, key=lambda design: (not design.fits, design.regret.value)))

    def _candidates(self) -> tuple[Layout, ...]:
        """The planned one and the sizes beside it, then the others."""
        others = (layout for layout in self.layouts.all() if layout.name != self.planned.name)
        return (self.planned, *self.layouts.other_sizes(self.planned), *others)

    def _priced(self, layout: Layout) -> _Priced:
        if not self.prices:
            return _Priced(layout, None, None, "")
        missing: list[str] = []
        bought = self._asked("to buy", missing, costs.buying, layout, self.prices)
        hired = self._asked("to hire", missing, costs.hiring, layout, self.prices)
        return _Priced(layout, bought, hired, "; ".join(missing))

    def _asked(
        self, way: str, missing: list[str], price: Callable[..., Costs | None], layout: Layout, prices: Prices
    ) -> Costs | None:
        """The costs of one way; None where the price list lacks something, which is added to `missing`."""
        try:
            return price(layout.tiers, self.layouts.line, self.course, prices, self.known)
        except costs.Unpriced as error:
            missing.append(f"{way}: {error}")
            return None

    @property
    def unit(self) -> str:
        """What costs and regrets are told in: money where every design has a price, else cores."""
        return self.prices.currency if self.prices else "core"

    def _totals(self, candidates: Sequence[_Priced], outcomes: Sequence[Outcome]) -> Array:
        """(designs, draws): its cost, and what the learners count who would be shut out."""
        priced = all(each.cost is not None for each in candidates)
        own = np.array([each.cost if priced and each.cost is not None else each.cores for each in candidates])
        counts = self.known.prices["shut_out_factor"].number * own[0]
        lost = np.stack([self._shut_out(found) for found in outcomes])
        failing = np.array([self._failing(each.layout.tiers) for each in candidates])
        return np.asarray(own[:, None] + counts * (lost + failing[:, None]))

    def _shut_out(self, found: Outcome) -> Array:
        """(draws,): the share of the peak's learners for whom there is no room once the first resource is full."""
        full = self.known.thresholds["cpu_exhausted"].number
        return np.asarray(np.clip(1 - found.headroom * full, 0, 1))

    def _failing(self, tiers: Sequence[Tier]) -> float:
        """The share of the learners who are expected to meet a failed host that nothing stands in for.

        Of n hosts that share the load one serves 1/n of the learners, so a tier without a spare host counts once.
        """
        years = costs.months(self.course) / costs.MONTHS_A_YEAR
        alone = sum(not tier.spare for tier in tiers)
        fails = 1 - np.exp(-self.known.prices["server_failures"].number * years * alone)
        return float(fails) * self.known.prices["outage_learners"].number

    def _design(self, each: _Priced, found: Outcome, regret: Array) -> Design:
        name, share = next(iter(found.breaks_first.items()))
        lost = self._shut_out(found)
        return Design(
            name=each.layout.name,
            tiers=each.layout.tiers,
            chosen=each.layout is self.planned,
            obstacle=each.layout.obstacle,
            excuses=tuple(self.layouts.obstacles(each.layout)),
            breaks_first=name,
            headroom=figure(found.headroom, "ratio", f"{name} is full first in {show(share, 'share')} of the draws"),
            shut_out=Figure(
                value=float(np.mean(lost > 0)),
                unit="share",
                reason=f"draws in which learners are shut out, {show(float(lost.mean()), 'share')} of them on average",
            ),
            buying=each.buying,
            hiring=each.hiring,
            unpriced=each.unpriced,
            regret=self._regret(each, regret),
        )

    def _regret(self, each: _Priced, regret: Array) -> Figure:
        mean = float(regret.mean())
        low, high = float(np.quantile(regret, 0.1)), float(np.quantile(regret, 0.9))
        factor = self.known.prices["shut_out_factor"]
        reason = (
            f"mean over the draws of what it costs more than the best design of that draw; a learner shut out counts "
            f"{factor.number:g} times what carrying one with the planned hosts costs, and a failed host that nothing "
            f"stands in for shuts out {show(self.known.prices['outage_learners'].number, 'share')} of the learners"
        )
        interval = Interval(low=min(low, mean), mid=mean, high=max(high, mean), unit=self._unit_of(each))
        return Figure(value=mean, unit=self._unit_of(each), reason=reason, interval=interval)

    def _unit_of(self, each: _Priced) -> str:
        return self.unit if each.cost is not None else "core"


def excuses(designs: Sequence[Design]) -> tuple[Excuse, ...]:
    """What stands in the way of the design that is nearest to fitting; empty where one does."""
    return min((design.excuses for design in designs), key=len)
