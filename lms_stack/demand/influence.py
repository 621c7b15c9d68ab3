"""Which inputs the peak follows most closely: what a planner should find out first."""

from collections.abc import Mapping

import numpy as np

from lms_stack.demand.draws import DemandDraws
from lms_stack.demand.inputs import Draws
from lms_stack.demand.model import DemandInput, Influence, Sensitivity

#: So many inputs are named, and none that is weaker: over 1,000 draws chance alone gives 0.06 one time in twenty.
_NAMED = 3
_WEAKEST = 0.1


def sensitivity(drawn: DemandDraws, inputs: Mapping[str, DemandInput]) -> Sensitivity:
    """The three inputs at most that matter most for all requests/s, and for egress."""
    return Sensitivity(
        requests=_strongest(drawn.inputs, drawn.requests.sum(axis=1), inputs),
        egress=_strongest(drawn.inputs, drawn.egress, inputs),
    )


def _strongest(values: Mapping[str, Draws], peak: Draws, inputs: Mapping[str, DemandInput]) -> tuple[Influence, ...]:
    found = [
        Influence(name=name, what=inputs[name].what, correlation=rank_correlation(drawn, peak))
        for name, drawn in values.items()
        if np.ptp(drawn) > 0
    ]
    strong = [each for each in found if abs(each.correlation) >= _WEAKEST]
    return tuple(sorted(strong, key=lambda each: -abs(each.correlation))[:_NAMED])


def rank_correlation(first: Draws, second: Draws) -> float:
    """Spearman's rank correlation of two samples without ties.

    As scipy.stats.spearmanr gives it (a test holds it to that), whose import would cost every command 1.5 s of CPU.
    """
    ranks = [np.argsort(np.argsort(each)) for each in (first, second)]
    return float(np.ravel(np.corrcoef(ranks))[1])
