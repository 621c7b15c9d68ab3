"""Independent set-up steps side by side."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

from cli.setup.programs import Progress

T = TypeVar("T")


def side_by_side(tasks: Mapping[str, Callable[[], T]], progress: Progress) -> dict[str, T]:
    """Do all `tasks` (by name) at once and give their results by name.

    A failure is told at once, yet the other tasks come to their end, for what they make stays in the cache and the
    next run goes on from there. Then the first failure is raised as it was.
    """
    if not tasks:
        return {}
    started = time.monotonic()
    failures: list[BaseException] = []
    with ThreadPoolExecutor(max_workers=len(tasks), thread_name_prefix="set-up") as pool:
        names: dict[Future[T], str] = {pool.submit(task): name for name, task in tasks.items()}
        for future in as_completed(names):
            if error := future.exception():
                failures.append(error)
                rest = "" if all(other.done() for other in names) else "; the other steps come to their end first"
                progress(f"{names[future]}: failed{rest}")
            else:
                progress(f"{names[future]}: ready ({time.monotonic() - started:.0f} s)")
    if failures:
        raise failures[0]
    return {name: future.result() for future, name in names.items()}
