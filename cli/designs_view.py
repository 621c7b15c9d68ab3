"""The designs of a plan beside each other, ordered by regret."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from lms_stack.outlook import Costs, Design, Tier

#: What stands after the name of a design that `up` builds, of the chosen one, and of one that has to be built by hand.
_CHOSEN, _BY_HAND = " (chosen)", " (by hand)"

_COLUMNS = (
    "regret: what it costs more than the best design of a draw, on average; headroom: times this peak until something "
    "is full; shut out: draws in which some learners are"
)


def designs_table(designs: Sequence[Design]) -> Iterator[RenderableType]:
    """A table, and under it what its columns mean and what is not plain."""
    if not designs:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("  design", overflow="fold")
    table.add_column("hosts", overflow="fold")
    for column in ("regret", "headroom", "shut out"):
        table.add_column(column, justify="right")
    for design in designs:
        table.add_row(*_row(design), style="bold" if design.chosen else "")
    yield Group("", "[bold]Designs, by least regret[/bold]", table)
    yield _notes(designs)


def _row(design: Design) -> tuple[str, ...]:
    kind = _CHOSEN if design.chosen else _BY_HAND if design.obstacle else ""
    return (
        f"  {design.name}{kind}",
        "\n".join(_tier(tier) for tier in design.tiers),
        str(design.regret) if design.fits else "doesn't fit",
        f"× {design.headroom}",
        str(design.shut_out),
    )


def _tier(tier: Tier) -> str:
    roles = "all roles" if len(tier.roles) > 3 else " + ".join(tier.roles)
    spare = f", {tier.spare} spare" if tier.spare else ""
    return f"{tier.count} × {tier.cores}, {tier.memory}: {roles}{spare}"


def _notes(designs: Sequence[Design]) -> RenderableType:
    """Each note once, with the designs it is about."""
    about: dict[str, list[str]] = defaultdict(list)
    for design in designs:
        for line in _about(design):
            about[line].append(design.name)
    table = Table.grid(padding=(0, 0, 0, 2))
    table.add_column(style="dim", overflow="fold")
    table.add_row(_COLUMNS)
    table.add_row(f"in the regret {escape(designs[0].regret.reason.partition('; ')[2])}")
    for line, names in about.items():
        table.add_row(escape(f"{line}: {'; '.join(names)}" if len(names) < len(designs) else f"{line}: all"))
    return table


def _about(design: Design) -> Iterator[str]:
    """What is full first, what stands in the way, and what it costs."""
    yield f"full first, {design.breaks_first}"
    for excuse in design.excuses:
        yield f"doesn't fit, {excuse.reason} ({excuse.evidence})"
    if design.obstacle:
        yield f"by hand, {design.obstacle}"
    for way, costs in (("bought", design.buying), ("hired", design.hiring)):
        if costs:
            yield f"{way}, {_costs(costs)}"
    if design.unpriced:
        yield f"no price, {design.unpriced}"


def _costs(costs: Costs) -> str:
    once = f"{costs.at_once} at once; " if costs.at_once.value else ""
    return f"{once}{costs.course} over the course, {costs.three_years} over three years"
