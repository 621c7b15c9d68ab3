"""Which uncertain inputs move the answer most: what to find out first, before paying for servers."""

from collections.abc import Mapping

import numpy as np

from lms_stack.outlook import Influence
from lms_stack.sizing.draws import Array, LoadDraws
from lms_stack.units import Figure

#: So many inputs are told, and none that is weaker: over 1,000 draws chance alone gives 0.06 one time in twenty.
MOST = 3
WEAKEST = 0.1


def find_out_first(load: LoadDraws, what: Mapping[str, str]) -> tuple[Influence, ...]:
    """The inputs that the cores or the line hang on most, by Spearman's rank correlation over the draws.

    Ranks, because the answer grows with an input but not in a straight line. An input that is known has no part in it.

    :param what: what each input is, by its name.
    """
    answers = {"cores": load.busy.sum(axis=1), "egress": load.egress}
    found = [
        _influence(name, what.get(name, "times what was measured"), values, answers)
        for name, values in load.inputs.items()
        if np.ptp(values) > 0
    ]
    strong = [each for each in found if abs(each.correlation.value) >= WEAKEST]
    return tuple(sorted(strong, key=lambda each: -abs(each.correlation.value))[:MOST])


def _influence(name: str, what: str, values: Array, answers: dict[str, Array]) -> Influence:
    by_answer = {answer: rank_correlation(values, drawn) for answer, drawn in answers.items()}
    strongest = "cores" if abs(by_answer["cores"]) >= abs(by_answer["egress"]) else "egress"
    told = ", ".join(f"with {answer} {value:+.2f}" for answer, value in by_answer.items())
    low, mid, high = np.quantile(values, (0.1, 0.5, 0.9))
    reason = f"{what}: {low:.3g} to {high:.3g}, likely {mid:.3g}; rank correlation {told}"
    return Influence(
        name=name,
        of="cores" if strongest == "cores" else "egress",
        correlation=Figure(value=by_answer[strongest], unit="ratio", reason=reason),
    )


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's rank correlation of two samples without ties.

    As scipy.stats.spearmanr gives it (a test holds it to that), whose import would cost every command 1.5 s of CPU.
    """
    ranks = [np.argsort(np.argsort(each)) for each in (first, second)]
    return float(np.ravel(np.corrcoef(ranks))[1])
