"""The plan as a JSON document and as a page of text: every number with its reason."""

from collections.abc import Iterator
from typing import Any

from rich.markup import escape

from lms_stack.plan import HostPlan, Plan
from lms_stack.units import Figure, show


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan for `--json`: hosts, bandwidth, pools, demand and prediction; a `reason` beside every number."""
    return plan.model_dump(mode="json")


def plan_text(plan: Plan) -> str:
    """The plan for a person."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    demand = plan.demand
    yield f"[bold]{plan.deployment}[/bold]: {demand.learners:,} learners, planned on {plan.target}"
    yield ""
    yield "[bold]Planned peak[/bold]"
    yield from _figure("learners at once", demand.concurrent_learners)
    yield f"  {'requests':<20} [bold]{show(demand.request_rate, '1/s')}[/bold]"
    for name, figure in demand.requests.items():
        yield from _figure(f"  {name}", figure)
    yield from _figure("egress", demand.egress)
    yield from _figure("ingress", demand.ingress)
    yield from _figure("storage", demand.storage)
    yield ""
    yield "[bold]Bandwidth[/bold]"
    yield from _figure("edge line", plan.bandwidth)
    for host in plan.hosts:
        yield ""
        yield from _host(plan, host)
    yield ""
    yield "[bold]Pools[/bold]"
    for pool, figure in plan.pools:
        yield from _figure(pool.replace("_", " "), figure)


def _host(plan: Plan, host: HostPlan) -> Iterator[str]:
    yield f"[bold]{host.name}[/bold] ({', '.join(host.roles)})"
    yield from _figure("CPU", host.cores)
    yield from _figure("memory", host.memory)
    yield from _figure("disk", host.disk)
    if host.link:
        yield from _figure("link", host.link)
    for use in plan.predicted:
        if use.host == host.name:
            yield from _figure(f"predicted {use.resource}", use.share)


def _figure(name: str, figure: Figure) -> Iterator[str]:
    yield f"  {name:<20} [bold]{figure}[/bold]  [dim]{escape(figure.reason)}[/dim]"
