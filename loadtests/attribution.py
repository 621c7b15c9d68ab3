"""Which resource breaks first: the utilisation law over all that was measured, with the query behind each figure."""

from collections.abc import Callable, Mapping

from lms_stack.demand import Demand
from lms_stack.facts import facts
from lms_stack.measurement import Measurement, ResourceUse
from lms_stack.units import Frozen, show


class Breaking(Frozen):
    """One resource in the order in which they break.

    `per_request` is what one request of the mix takes of it (its demand). `full_at` is the requests/s at which all of
    it is in use, and `learners` how many enrolled would make them; None for what doesn't grow with the requests/s.
    """

    resource: str
    host: str
    name: str
    share: float
    capacity: str
    per_request: str
    full_at: float | None
    learners: float | None
    exhausted: bool
    query: str


def breaking_order(measured: Measurement, played: Demand) -> tuple[Breaking, ...]:
    """Every resource of the hold, the one that is full at the lowest load first.

    The utilisation law (Denning and Buzen, The Operational Analysis of Queueing Network Models, ACM Computing Surveys
    1978): U = X D, so what a request takes is D = U / X of the resource's capacity, and it is full at X = 1 / D. The
    mix of requests is that of the hold. Places of a pool are held the longer the slower all else gets, so pools fill
    at that load or before.

    :param played: the demand that was played, for its learners and requests/s.
    """
    rate = served_rate(measured)
    rows = (_row(use, rate, played) for use in measured.resources)
    return tuple(sorted(rows, key=lambda row: (row.full_at is None, row.full_at or 0.0)))


def served_rate(measured: Measurement) -> float:
    """Requests/s that came to an end in the hold, right or wrong; 0 for a hold of no length."""
    load = measured.load
    seconds = (load.hold_ended - load.hold_started).total_seconds()
    return sum(each.completed + each.failed for each in load.classes) / seconds if seconds > 0 else 0.0


def _row(use: ResourceUse, rate: float, played: Demand) -> Breaking:
    grows = use.name != "disk space" and use.share > 0 and rate > 0
    full_at = rate / use.share if grows else None
    return Breaking(
        resource=use.resource,
        host=use.host,
        name=use.name,
        share=use.share,
        capacity=use.capacity,
        per_request=_per_request(use, rate) if grows else "–",
        full_at=full_at,
        learners=played.learners * full_at / played.request_rate if full_at and played.request_rate else None,
        exhausted=not use.share < facts().thresholds[f"{use.resource}_exhausted"].number,
        query=use.query,
    )


def _per_request(use: ResourceUse, rate: float) -> str:
    if use.size is None:
        return "–"
    return _TAKEN[use.resource](use.share * use.size / rate)


def _seconds(of: str) -> Callable[[float], str]:
    return lambda taken: f"{show(taken, 's')} {of}".strip()


#: How what one request takes of a resource is told.
_TAKEN: Mapping[str, Callable[[float], str]] = {
    "cpu": _seconds("CPU"),
    "link": lambda taken: f"{taken / 8e3:,.3g} kB",
    "pool": _seconds("of a place"),
    "disk": _seconds(""),
    "lock": _seconds(""),
}
