"""The load as it is played, and what can be seen from here beside it: clocks, the machine, the stack's own metrics."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cli.clocks import clocks
from cli.deployments import Standing
from cli.machine import Machine
from cli.settings import Settings
from lms_stack.measurement import Clock, LoadResult, MachineLoad, Measurement, WhatIf
from lms_stack.plan import Role
from lms_stack.units import show
from monitoring.names import Metric

if TYPE_CHECKING:
    from loadtests.load_plan import LoadPlan
    from monitoring.prometheus import Prometheus
    from runbooks.drills import Drill
    from runbooks.ssh import SshRemote

#: What the generators call the time in which the planned peak is held.
HELD = "hold"


@dataclass(frozen=True)
class Seen:
    """What was seen while the load was played, from outside the generators."""

    load: LoadResult
    clocks: tuple[Clock, ...]
    machine: Machine


def played(
    settings: Settings,
    stack: Standing,
    plan: "LoadPlan",
    remote: "SshRemote",
    password: str,
    generator_cpu: float | None,
    drill: "Drill",
) -> Seen:
    """Play the plan from every generator host of the Topology, with what can be seen from here beside it.

    :param drill: the fault that is to begin while the peak is held, if it is one of these.
    """
    from cli.live import LiveView  # noqa: PLC0415
    from loadtests.run import Tick, play  # noqa: PLC0415
    from monitoring.prometheus import Prometheus  # noqa: PLC0415
    from runbooks.faults import When  # noqa: PLC0415

    told, machine = clocks(remote, stack.topology), Machine()
    view = LiveView(settings.progress.console, stack.topology, Prometheus(stack.topology.url("prometheus")))

    def second(tick: Tick) -> None:
        machine.look()
        view.second(tick)
        if tick.phase == HELD:
            drill.begin(When.IN_THE_HOLD)

    with settings.progress.step("load", f"Play {_what(plan)}", shown=False) as tell, view:
        generators = stack.topology.hosts_of(Role.LOADGEN)
        load = play(plan, remote, generators, password, generator_cpu=generator_cpu, on_progress=tell, on_second=second)
    if load.stopped:
        settings.progress.note("the load was ended by Ctrl-C; what was measured until then is kept")
    return Seen(load, told, machine)


def _what(plan: "LoadPlan") -> str:
    """What is played, for the title of the step."""
    names = {"storm": "an exam storm", "ramp": "a ramp to saturation", "recovery": "the recovery from it"}
    later = [names[phase] for phase in dict.fromkeys(each.phase for each in plan.later) if phase in names]
    return ", ".join(["the planned peak", *later])


def with_resources(settings: Settings, stack: Standing, seen: Seen, what_if: WhatIf) -> Measurement:
    """The load with what the stack's own metrics say of its hold, and of the end of its ramp.

    :raises StepFailed: Prometheus can't be reached.
    """
    from monitoring.prometheus import Prometheus  # noqa: PLC0415
    from monitoring.usage import cache_lost, core_speeds, resource_use, unit_use  # noqa: PLC0415

    load = seen.load
    with settings.progress.step("usage", "Ask Prometheus how busy the stack was"):
        prometheus = Prometheus(stack.topology.url("prometheus"))
        hold = (prometheus, stack.topology, load.hold_started, load.hold_ended)
        resources, missing = resource_use(*hold, link_bits=what_if.edge_link)
        units, lost, speeds = unit_use(*hold), cache_lost(*hold), core_speeds(*hold)
        machine = _machine(stack, seen, prometheus)
        load = _explained(stack, load, prometheus)
    return Measurement(
        load=load,
        resources=resources,
        units=units,
        what_if=what_if,
        missing_metrics=missing,
        clocks=seen.clocks,
        machine=machine,
        cache_lost=lost,
        core_speeds=speeds,
    )


def _explained(stack: Standing, load: LoadResult, prometheus: "Prometheus") -> LoadResult:
    """The knee of the ramp with what was fullest just before it ended."""
    from monitoring.usage import resource_use  # noqa: PLC0415

    ramp = next((phase for phase in load.phases if phase.name == "ramp"), None)
    if load.saturation is None or ramp is None:
        return load
    began = max(ramp.started, ramp.ended - timedelta(seconds=15))
    uses, _ = resource_use(prometheus, stack.topology, began, ramp.ended)
    fullest = ", ".join(f"{use.name} of {use.host} {show(use.share, 'share')}" for use in uses[:2])
    evidence = f"{load.saturation.evidence}; fullest at its end: {fullest or 'unknown'}"
    return load.model_copy(update={"saturation": load.saturation.model_copy(update={"evidence": evidence})})


#: node_exporter's counter of the CPU time that a hypervisor gave to others.
STEAL = 'node_cpu_seconds_total{mode="steal"}'


def _machine(stack: Standing, seen: Seen, prometheus: "Prometheus") -> MachineLoad | None:
    """The other load of the machine that carries the lab; of servers of one's own only what a hypervisor kept."""
    span = max(15, round((seen.load.hold_ended - seen.load.hold_started).total_seconds()))
    cores = prometheus.by_host(f"sum by (host) (rate({Metric.HOST_CPU_SECONDS}[{span}s]))", seen.load.hold_ended)
    if stack.plan.target != "lab":
        stolen = prometheus.by_host(f"avg by (host) (rate({STEAL}[{span}s]))", seen.load.hold_ended)
        used, size = sum(cores.values()), sum(host.cores for host in stack.topology.hosts)
        return MachineLoad(cores=size, busy=used, guests=used, steal=max(stolen.values())) if stolen else None
    known = {host.name for host in stack.topology.hosts} <= set(cores)
    guests = sum(cores.values()) if known else None
    return seen.machine.between(seen.load.hold_started, seen.load.hold_ended, guests)
