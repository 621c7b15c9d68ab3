"""play: one run on a generator host, from the load plan to what it measured."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from lms_stack.errors import StepFailed
from lms_stack.measurement import LoadResult
from lms_stack.remote import Remote
from lms_stack.topology import Host
from loadtests.load_plan import LoadPlan

#: Where the loadgen role puts the generator, and where a run leaves its files.
HOME = "/opt/taphuan-loadgen"
RUN = "/run/taphuan-load"


def play(
    plan: LoadPlan,
    remote: Remote,
    host: Host,
    password: str,
    *,
    generator_cpu: float | None = None,
    on_progress: Callable[[str], None],
) -> LoadResult:
    """Play a load plan from one generator host. Ctrl-C here ends the load there.

    :param password: of the load test's accounts; it travels by stdin and is written nowhere.
    :param generator_cpu: hold the generator to this share of its core; the result must then come out as unhealthy.
    :raises StepFailed: the generator didn't run, or left no result.
    """
    remote.run(host.name, f"mkdir -p -m 0700 {RUN} && rm -f {RUN}/result.json")
    remote.put(host.name, plan.model_dump_json().encode(), f"{RUN}/plan.json")
    remote.run(
        host.name,
        _command(generator_cpu),
        stdin=password + "\n",
        timeout=_bound(plan),
        on_line=_teller(on_progress),
    )
    return _result(remote, host)


def _command(generator_cpu: float | None) -> str:
    """The generator, where asked for under cpulimit, which stops and continues it to hold its share."""
    held = f"cpulimit --foreground --limit {max(1, round(generator_cpu * 100))} -- " if generator_cpu else ""
    return (
        f'cd {HOME}/src && ulimit -n "$(ulimit -H -n)" && '
        f"exec {held}{HOME}/current/venv/bin/python -m loadtests.generator {RUN}/plan.json {RUN}/result.json"
    )


def _bound(plan: LoadPlan) -> float:
    """Seconds after which the run is ended from outside; the generator ends itself well before."""
    return plan.warm_up + plan.hold + plan.drain + plan.time_out + 120


def _teller(on_progress: Callable[[str], None]) -> Callable[[str], None]:
    began = time.monotonic()

    def tell(line: str) -> None:
        try:
            second = json.loads(line)
        except ValueError:
            return
        if isinstance(second, dict) and "phase" in second:
            on_progress(
                f"{second['phase']} {time.monotonic() - began:.0f} s: {second['requests']} requests/s, "
                f"{second['failures']} failed, {second['in_flight']} under way"
            )

    return tell


def _result(remote: Remote, host: Host) -> LoadResult:
    with TemporaryDirectory() as folder:
        local = Path(folder) / "result.json"
        remote.get(host.name, f"{RUN}/result.json", local)
        try:
            return LoadResult.model_validate_json(local.read_text("utf-8"))
        except ValueError as error:
            raise StepFailed(f"the generator on {host.name} left no usable result: {error}") from error
