"""Independent set-up steps side by side."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from cli.setup.programs import Progress


def side_by_side[T](tasks: Mapping[str, Callable[[], T]], progress: Progress) -> dict[str, T]:
    """Do all `tasks` (by name) at once and give their results by name.

    A failure is told at once; the other tasks still come to their end, for what they make stays in the cache.
    Then the first failure is raised as it was.
    """
