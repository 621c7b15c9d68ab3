"""From what short loads showed to a table of service demands: each tier's estimate, with intervals."""

from collections.abc import Mapping, Sequence

import numpy as np

from lms_stack.calibration import LEAST_SPREAD, MS, rounded
from lms_stack.facts import ServiceDemands, facts
from lms_stack.observation import Observation
from lms_stack.plan import STACK_ROLES, Role
from lms_stack.regression import Array, Tier, application, by_queries, tier
from lms_stack.request_classes import RequestClass
from lms_stack.units import Interval


def estimated(
    observations: Sequence[Observation], known: ServiceDemands | None = None
) -> tuple[dict[Role, Tier], dict[RequestClass, dict[Role, Interval]]]:
    """Each tier's estimate, and the demands as intervals in milliseconds.

    :param known: the table that decides where loads can't; the shipped one where it is None.
    """
    table = known or facts().service_demands
    tiers = {role: _tier(observations, role, table) for role in STACK_ROLES}
    demands: dict[RequestClass, dict[Role, Interval]] = {name: {} for name in table.demands}
    for role, found in tiers.items():
        low, high = np.quantile(found.draws[:, :-1], (0.1, 0.9), axis=0) * MS
        for number, name in enumerate(found.classes):
            mid = float(found.demands[number]) * MS
            ends = (min(mid, float(low[number])), max(mid, float(high[number])))
            demands[name][role] = Interval(low=rounded(ends[0]), mid=rounded(mid), high=rounded(ends[1]), unit="ms")
    return tiers, demands


def _tier(observations: Sequence[Observation], role: Role, table: ServiceDemands) -> Tier:
    shipped = {name: each.of(role) for name, each in table.demands.items()}
    if role is Role.APP:
        return application(observations, shipped)
    return tier(observations, role, by_queries(observations, shipped) if role is Role.DATABASE else shipped)


def spread_of(tiers: Mapping[Role, Tier], requests: Mapping[RequestClass, float]) -> float:
    """How far all CPU time of a mix may be from the estimate: the 80 % interval of its resamples as a factor."""
    total = sum(_of_mix(found, requests) for found in tiers.values())
    low, mid, high = np.quantile(total, (0.1, 0.5, 0.9))
    return max(LEAST_SPREAD, float(max(high / mid, mid / low)))


def _of_mix(found: Tier, requests: Mapping[RequestClass, float]) -> Array:
    return np.asarray(found.draws[:, :-1] @ np.array([requests.get(name, 0.0) for name in found.classes]))


def bytes_of(observations: Sequence[Observation]) -> dict[RequestClass, float]:
    """Bytes that one answer of each class had, on average over the loads; segments are as long as their film says."""
    found: dict[RequestClass, list[float]] = {}
    for each in observations:
        for name, size in each.bytes.items():
            found.setdefault(name, []).append(size)
    found.pop(RequestClass.VIDEO_SEGMENT, None)
    return {name: float(round(sum(sizes) / len(sizes))) for name, sizes in sorted(found.items())}
