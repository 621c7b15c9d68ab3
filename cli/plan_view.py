"""The plan as a JSON document and as a page for a person: every number with its reason."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from lms_stack.plan import HostPlan, Plan
from lms_stack.units import Figure, show

#: What stands in one line: a name, a number, and why.
Line = tuple[str, str, str]


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan for `--json`: hosts, bandwidth, pools, demand and prediction; a `reason` beside every number."""
    return plan.model_dump(mode="json")


def plan_page(plan: Plan) -> RenderableType:
    """The plan for a person."""
    demand = plan.demand
    title = f"[bold]{plan.deployment}[/bold]: {demand.learners:,} learners, planned on {plan.target}"
    sections = [
        _section("Planned peak", _demand(plan)),
        _section("Bandwidth", [_line("edge line", plan.bandwidth)]),
        *(_section(f"{host.name} ({', '.join(host.roles)})", _host(plan, host)) for host in plan.hosts),
        _section("Pools", [_line(pool.replace("_", " "), figure) for pool, figure in plan.pools]),
    ]
    return Group(title, *sections)


def _section(title: str, lines: Iterable[Line]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=22)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(style="dim", overflow="fold")
    for name, value, why in lines:
        table.add_row(f"  {name}", value, escape(why))
    return Group("", f"[bold]{title}[/bold]", table)


def _demand(plan: Plan) -> list[Line]:
    demand = plan.demand
    return [
        _line("learners at once", demand.concurrent_learners),
        ("requests", show(demand.request_rate, "1/s"), "the sum of:"),
        *(_line(f"  {name}", figure) for name, figure in demand.requests.items()),
        _line("egress", demand.egress),
        _line("ingress", demand.ingress),
        _line("storage", demand.storage),
    ]


def _host(plan: Plan, host: HostPlan) -> Iterator[Line]:
    yield _line("CPU", host.cores)
    yield _line("memory", host.memory)
    yield _line("disk", host.disk)
    if host.link:
        yield _line("link", host.link)
    for use in plan.predicted:
        if use.host == host.name:
            yield _line(f"predicted {use.resource}", use.share)


def _line(name: str, figure: Figure) -> Line:
    return name, str(figure), figure.reason
