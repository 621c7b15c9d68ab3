"""Service demands by class and tier out of what short loads cost: non-negative least squares, pulled to a known table.

The utilisation law says that a tier's CPU time is the sum over classes of requests × demand, and what it takes at rest.
The loads give one equation each, weighted by its error (Menascé, Almeida and Dowdy, Performance by Design, 2004,
chapter 3, name the law; Rolia and Vetland, Parameter estimation for performance models of distributed application
systems, CASCON 1995, the regression).
A journey makes its requests one after another, so classes that only come together can't be told apart by it: the pull
to the table decides between these, and the resolution says how much of an answer is measurement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from lms_stack.observation import Observation, Window
from lms_stack.plan import Role
from lms_stack.request_classes import RequestClass

Array = NDArray[np.float64]

#: Relative error of a load's CPU time beside its sampling (scrapes that come late), and its floor in cores.
ROW_ERROR, ROW_FLOOR = 0.03, 0.001
#: How far a class may be from the table before the loads are asked: a factor of 1.5 each way, as a relative deviation.
TABLE_ERROR = 0.5
#: From this resolution on (share of an answer that is measurement) a class counts as told apart from the others.
TOLD_APART = 0.7


@dataclass(frozen=True)
class Tier:
    """One tier's demands: seconds of one core a request, and cores busy at rest; a row of `draws` for each resample."""

    classes: tuple[RequestClass, ...]
    demands: Array
    at_rest: float
    draws: Array
    """(resamples, classes + 1): the last column is at rest."""
    resolution: Array
    """(classes,): 0 all table, 1 all measurement."""

    def told_apart(self) -> tuple[RequestClass, ...]:
        """The classes whose demand the loads themselves say."""
        return tuple(name for name, share in zip(self.classes, self.resolution, strict=True) if share >= TOLD_APART)


def tier(
    observations: Sequence[Observation],
    role: Role,
    table: Mapping[RequestClass, float],
    *,
    draws: int = 200,
    seed: int = 1,
) -> Tier:
    """Estimate a tier's demands from all loads.

    :param table: what is known beforehand, seconds a request; classes of 0 never reach the tier. Only its shape
        counts: it is scaled to what the loads cost together, so that another CPU makes no difference.
    :param draws: resamples of each load's windows, for the intervals.
    """
    classes = tuple(name for name, cost in table.items() if cost > 0)
    known = np.array([table[name] for name in classes])
    chance = np.random.default_rng(seed)
    totals = _totals(observations, role, classes, None)
    estimate, resolution = _fitted(totals, _scaled(totals, known))
    resampled = np.empty((draws, len(classes) + 1))
    for number in range(draws):
        again = _totals(observations, role, classes, chance)
        pulled = _scaled(again, known * np.exp(chance.normal(0, np.log1p(TABLE_ERROR), len(classes))))
        resampled[number] = _fitted(again, pulled)[0]
    return Tier(classes, estimate[:-1], float(estimate[-1]), resampled, resolution)


@dataclass(frozen=True)
class _Totals:
    """Of each load: requests by class, seconds, and CPU seconds of the tier."""

    requests: Array
    seconds: Array
    cpu: Array


def _totals(
    observations: Sequence[Observation],
    role: Role,
    classes: Sequence[RequestClass],
    chance: np.random.Generator | None,
) -> _Totals:
    """Sums over each load's windows; over as many drawn with replacement where there is a chance."""
    requests, seconds, cpu = [], [], []
    for each in observations:
        windows = _drawn(each.windows, chance)
        requests.append([sum(window.requests.get(name, 0.0) for window in windows) for name in classes])
        seconds.append(sum(window.seconds for window in windows))
        cpu.append(sum(window.cpu.get(role, 0.0) for window in windows))
    return _Totals(np.array(requests, float).reshape(len(seconds), len(classes)), np.array(seconds), np.array(cpu))


def _drawn(windows: Sequence[Window], chance: np.random.Generator | None) -> list[Window]:
    if chance is None:
        return list(windows)
    return [windows[number] for number in chance.integers(0, len(windows), len(windows))]


def _scaled(totals: _Totals, known: Array) -> Array:
    """The table times the one factor at which it costs what the loads cost together."""
    rest = float(np.min(totals.cpu / totals.seconds, initial=np.inf))
    asked = float((totals.requests @ known).sum())
    spent = float((totals.cpu - rest * totals.seconds).sum())
    return known * (spent / asked) if asked > 0 and spent > 0 else known


def _fitted(totals: _Totals, known: Array) -> tuple[Array, Array]:
    """Demands and cores at rest, and the resolution of each demand."""
    error = np.hypot(ROW_ERROR * totals.cpu, ROW_FLOOR * totals.seconds)
    rows = np.column_stack([totals.requests, totals.seconds]) / error[:, None]
    pull = np.append(1 / (TABLE_ERROR * known), 0.0)
    system = np.vstack([rows, np.diag(pull)])
    wanted = np.concatenate([totals.cpu / error, pull * np.append(known, 0.0)])
    # Columns in units of what is known: the solver's tolerance is an absolute one.
    unit = np.append(known, max(float(known.mean()), 1e-6))
    estimate, _ = nnls(system * unit, wanted)
    information = (rows * unit).T @ (rows * unit)
    resolution = np.linalg.solve(information + np.diag((pull * unit) ** 2) + 1e-12 * np.eye(len(unit)), information)
    return estimate * unit, np.clip(np.diag(resolution)[:-1], 0.0, 1.0)


def application(
    observations: Sequence[Observation], table: Mapping[RequestClass, float], *, draws: int = 200, seed: int = 2
) -> Tier:
    """The application's demands: what its threads took for each class, by its own count, and what its server adds.

    What its server adds is one figure for all classes, regressed on what the service took beyond its threads. A class
    that no load asked for keeps the table's figure, scaled as the others were.
    """
    classes = tuple(name for name, cost in table.items() if cost > 0)
    known = np.array([table[name] for name in classes])
    chance = np.random.default_rng(seed)
    estimate, seen = _application(observations, classes, known, None)
    resampled = np.array([_application(observations, classes, known, chance)[0] for _ in range(draws)])
    return Tier(classes, estimate[:-1], float(estimate[-1]), resampled, np.asarray(seen, float))


def _application(
    observations: Sequence[Observation],
    classes: Sequence[RequestClass],
    known: Array,
    chance: np.random.Generator | None,
) -> tuple[Array, NDArray[np.bool_]]:
    """Demands with what the server adds, and cores at rest; and which classes were seen."""
    windows = [_drawn(each.windows, chance) for each in observations]
    requests, own = (summed(windows, classes, of) for of in ("requests", "app_seconds"))
    cpu = np.array([sum(window.cpu.get(Role.APP, 0.0) for window in each) for each in windows])
    seconds = np.array([sum(window.seconds for window in each) for each in windows])
    beyond = np.maximum(0.0, cpu - own.sum(axis=1))
    error = np.hypot(ROW_ERROR * cpu, ROW_FLOOR * seconds)
    (added, rest), _ = nnls(np.column_stack([requests.sum(axis=1), seconds]) / error[:, None], beyond / error)
    count, spent = requests.sum(axis=0), own.sum(axis=0)
    seen = count >= SEEN
    each = np.divide(spent, count, out=known.copy(), where=count > 0)
    factor = each[seen].sum() / known[seen].sum() if seen.any() else 1.0
    return np.append(np.where(seen, each, known * factor) + added, rest), seen


#: Fewest requests of a class from which the application's own count of it is taken.
SEEN = 20


def summed(windows: Sequence[Sequence[Window]], classes: Sequence[RequestClass], of: str) -> Array:
    """(loads, classes): sums over each load's windows of one of its counts."""
    return np.array([[sum(getattr(one, of).get(name, 0.0) for one in each) for name in classes] for each in windows])


def by_queries(observations: Sequence[Observation], table: Mapping[RequestClass, float]) -> dict[RequestClass, float]:
    """A table of the database in the shape of a request's queries; the table's own figure where none was seen."""
    classes = tuple(name for name, cost in table.items() if cost > 0)
    windows = [each.windows for each in observations]
    requests, queries = (summed(windows, classes, of).sum(axis=0) for of in ("requests", "queries"))
    known = np.array([table[name] for name in classes])
    seen = (requests >= SEEN) & (queries > 0)
    if not seen.any():
        return dict(table)
    each = np.divide(queries, requests, out=np.zeros_like(known), where=requests > 0)
    shaped = np.where(seen, each * known[seen].sum() / each[seen].sum(), known)
    return {**table, **dict(zip(classes, map(float, shaped), strict=True))}
