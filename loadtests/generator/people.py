"""Who the visitors are, and how long they think."""

import math
import random
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)

#: The journey of which an account can have one at a time: the site refuses what another attempt saves.
QUIZ = "quiz"


def thinker(mean: float, spread: float, chance: random.Random) -> Callable[[], float]:
    """Draws think times in seconds, log-normal with that mean and that standard deviation of the logarithm."""
    middle = math.log(mean) - spread**2 / 2
    return lambda: chance.lognormvariate(middle, spread)


def accounts(count: int, part: int, parts: int) -> list[int]:
    """The numbers of this generator's accounts: each has its own; where there are too few, all have all."""
    mine = [number for number in range(1, count + 1) if (number - 1) % parts == part]
    return mine or list(range(1, count + 1))


def fewest_first(people: Mapping[str, tuple[str, Sequence[int]]]) -> list[tuple[str, tuple[str, Sequence[int]]]]:
    """Roles with a pattern and numbers of accounts, in the order in which they sign in.

    Where a slow site takes too long for all, some of many learners are then missing, and not the few who teach.
    """
    return sorted(people.items(), key=lambda each: len(each[1][1]))


def least_at_work(
    there: Sequence[Person], at_work: Mapping[Person, Collection[str]], journey: str, chance: random.Random
) -> Person:
    """Who of those who are there begins a journey: by lot one of those who have the fewest under way.

    For a quiz it is somebody who takes none, while there is anybody.

    :param there: not empty.
    :param at_work: the journeys that each has under way; nobody who has none needs to be in it.
    """

    def load(person: Person) -> tuple[bool, int]:
        under_way = at_work.get(person, ())
        return journey == QUIZ and QUIZ in under_way, len(under_way)

    loads = [load(each) for each in there]
    least = min(loads)
    return chance.choice([each for each, found in zip(there, loads, strict=True) if found == least])
