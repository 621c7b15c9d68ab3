"""A pool of places around two stations, solved as a Markov chain: no formula of the model is used."""

import numpy as np
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

#: (requests before or beyond the pool, how many of those beyond are at the second station).
State = tuple[int, int]


def time_in_pool(
    rate: float, places: int, cores: tuple[float, float], demands: tuple[float, float], most: int = 120
) -> float:
    """Mean seconds from asking for a place to leaving the second station; each request goes to the one, then the other.

    :param most: requests at once, beyond which arrivals are turned away: so many that it hardly ever happens.
    """
    states = [(n, second) for n in range(most + 1) for second in range(min(n, places) + 1)]
    index = {state: number for number, state in enumerate(states)}
    flows = lil_matrix((len(states), len(states)))
    for (n, second), here in index.items():
        first = min(n, places) - second
        steps: list[tuple[State, float]] = [
            ((n + 1, second), rate),
            ((n, second + 1), min(first, cores[0]) / demands[0]),
            ((n - 1, second - 1), min(second, cores[1]) / demands[1]),
        ]
        for there, speed in steps:
            if there in index and speed > 0:
                flows[index[there], here] += speed
                flows[here, here] -= speed
    flows[0, :] = 1
    right = np.zeros(len(states))
    right[0] = 1
    chances = spsolve(flows.tocsc(), right)
    return float(sum(chance * n for chance, (n, _) in zip(chances, states, strict=True))) / rate
