"""The plan as a JSON document and as a page for a person: every number with its reason."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from cli.designs_view import designs_table
from lms_stack.evidence import Excuse
from lms_stack.outlook import CourseShare, Influence, Outlook, SlotChoice
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
    courses = plan.outlook.courses if plan.outlook else ()
    names = " with ".join(each.name for each in courses) or plan.deployment
    title = f"[bold]{names}[/bold]: {demand.learners:,} learners, planned on {plan.target}"
    sections = [
        *([_section("What each course adds to the others", map(_course, courses))] if courses else ()),
        _section("Planned peak", _demand(plan)),
        _section("Bandwidth", [_line("edge line", plan.bandwidth)]),
        *(_section(f"{host.name} ({', '.join(host.roles)})", _host(plan, host)) for host in plan.hosts),
        *([_section("Speed of a core", [_line("counted on", plan.core_speed)])] if plan.core_speed else ()),
        _section("Pools", [_line(pool.replace("_", " "), figure) for pool, figure in plan.pools]),
        *(outlook_sections(plan.outlook) if plan.outlook else ()),
    ]
    return Group(title, *sections)


def outlook_sections(outlook: Outlook) -> Iterator[RenderableType]:
    """What the draws say of the plan, the other designs, and what to find out first."""
    yield _section(f"Outlook ({outlook.draws:,} draws of the peak; intervals hold 80 % of them)", _likely(outlook))
    if outlook.excuses:
        yield _section("No design fits", [_excuse(each) for each in outlook.excuses])
    yield from designs_table(outlook.designs)
    if outlook.find_out_first:
        yield _section("Find out first", [_influence(each) for each in outlook.find_out_first])
    for exam in dict.fromkeys(choice.exam for choice in outlook.exam_slots):
        choices = [_slots(choice) for choice in outlook.exam_slots if choice.exam == exam]
        yield _section(f"Start slots of {escape(exam)}: who may start when", choices)


def _likely(outlook: Outlook) -> Iterator[Line]:
    for name, figure in (
        ("requests", outlook.requests),
        ("cores busy", outlook.cores),
        ("egress", outlook.egress),
        ("ingress", outlook.ingress),
        ("slowest pages, p95", outlook.page_p95),
    ):
        yield name, str(figure), _ends(figure)
    yield _line("  as promised", outlook.within_objective)
    yield from _slowest(outlook)
    yield "headroom", f"{outlook.headroom} times", f"{_ends(outlook.headroom)}; {outlook.headroom.reason}"
    yield _range("disk operations", outlook.disk_operations)
    yield _line("growth in a week", outlook.weekly_growth)
    yield _line("growth in the course", outlook.course_growth)


def _slowest(outlook: Outlook) -> Iterator[Line]:
    """The three classes that take longest."""
    for each in sorted(outlook.latencies, key=lambda latency: -latency.p95.value)[:3]:
        yield f"  {each.request_class}", str(each.p95), f"{_ends(each.p95)}; p50 {each.p50}, p99 {each.p99}"


def _range(name: str, figure: Figure) -> Line:
    return name, str(figure), f"{_ends(figure)}; {figure.reason}"


def _ends(figure: Figure) -> str:
    """`111 to 394 ms`: the interval without its middle, which stands beside it."""
    return str(figure.interval or figure).partition(", likely")[0]


def _excuse(excuse: Excuse) -> Line:
    return excuse.resource, excuse.reason, excuse.evidence


def _influence(influence: Influence) -> Line:
    return influence.name.replace("_", " "), str(influence.correlation), influence.correlation.reason


def _course(share: CourseShare) -> Line:
    adds = f"adds {share.requests} requests, {share.cores}, {share.egress} of egress"
    return share.name, f"{share.learners:,} learners", f"{adds}; {share.alone} by itself; {share.title}"


def _slots(choice: SlotChoice) -> Line:
    """One choice: what is planned for it, and what that saves."""
    apart = f"{choice.apart} apart, " if choice.slots > 1 else ""
    name = f"{choice.slots} slot{'s' if choice.slots > 1 else ''}"
    peak = f"{choice.starts} starts and {choice.requests} requests at the peak"
    return name, f"{choice.cores}", f"{apart}{peak}; {choice.saved.reason}"


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
