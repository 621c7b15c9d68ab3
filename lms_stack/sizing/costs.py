"""What a design costs to buy and to hire, from the price list that the course file names."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TypeVar

from lms_stack.course import Course
from lms_stack.facts import Facts
from lms_stack.outlook import Costs, Tier
from lms_stack.prices import FlavourPrice, LinePrice, Prices, ServerPrice
from lms_stack.units import Figure, show

MONTHS_A_YEAR = 12
HOURS_A_MONTH = 730.5
THREE_YEARS = 36.0

Machine = TypeVar("Machine", ServerPrice, FlavourPrice)


class Unpriced(Exception):
    """The price list has nothing that is large enough; the message says for what."""


def months(course: Course) -> float:
    """How long the servers stand: from the opening until content need no longer be readable (Article 10.8)."""
    return _months(course.dates.opens, course.dates.access_until)


def _months(first: date, last: date) -> float:
    return ((last - first).days + 1) / 365.25 * MONTHS_A_YEAR


def buying(tiers: Sequence[Tier], line: float, course: Course, prices: Prices, known: Facts) -> Costs | None:
    """Servers of one's own, written off month by month, their electricity, and the line; None without such prices.

    :param line: bit/s each way.
    :raises Unpriced: no server or line of the list is large enough.
    """
    if not prices.buy:
        return None
    servers = [_cheapest(tier, prices.buy.servers, lambda each: each.price) for tier in _each_host(tiers)]
    price = sum(each.price for each in servers)
    usage = known.prices["power_usage"].number
    power = sum(each.power for each in servers) / 1000 * HOURS_A_MONTH * usage * prices.buy.electricity
    rent = _line(line, prices.buy.lines)
    off = price / (prices.buy.years_of_use * MONTHS_A_YEAR)
    why = (
        f"{_money(price, prices)} for {_listed(servers)}, written off over {prices.buy.years_of_use:g} years = "
        f"{_money(off, prices)} a month; electricity {_money(power, prices)} a month (PUE {usage:g}); "
        f"line {_money(rent, prices)} a month; {prices.source}"
    )
    return _costs(price, off + power + rent, course, prices, why)


def hiring(tiers: Sequence[Tier], line: float, course: Course, prices: Prices, _known: Facts) -> Costs | None:
    """Virtual machines and a line by the month; None without such prices.

    :raises Unpriced: no flavour or line of the list is large enough.
    """
    if not prices.hire:
        return None
    flavours = [_cheapest(tier, prices.hire.flavours, lambda each: each.month) for tier in _each_host(tiers)]
    machines = sum(each.month for each in flavours)
    rent = _line(line, prices.hire.lines)
    why = (
        f"{_money(machines, prices)} a month for {_listed(flavours)}; line {_money(rent, prices)} a month; "
        f"{prices.source}"
    )
    return _costs(0.0, machines + rent, course, prices, why)


def _costs(at_once: float, monthly: float, course: Course, prices: Prices, why: str) -> Costs:
    long = months(course)

    def figure(value: float, reason: str) -> Figure:
        return Figure(value=value, unit=prices.currency, reason=reason)

    return Costs(
        at_once=figure(at_once, why if at_once else "nothing is bought"),
        course=figure(monthly * long, f"{why}; × {long:.1f} months, from opening to the end of access"),
        three_years=figure(monthly * THREE_YEARS, f"{why}; × {THREE_YEARS:g} months"),
    )


def _each_host(tiers: Sequence[Tier]) -> Iterator[Tier]:
    for tier in tiers:
        yield from [tier] * tier.count


def _cheapest(tier: Tier, offered: Sequence[Machine], price: Callable[[Machine], float]) -> Machine:
    fitting = [each for each in offered if each.cores >= tier.cores.value and each.memory >= tier.memory.value]
    if not fitting:
        raise Unpriced(f"nothing in the price list has {tier.cores} and {tier.memory} ({' + '.join(tier.roles)})")
    return min(fitting, key=price)


def _line(rate: float, offered: Sequence[LinePrice]) -> float:
    """The cheapest way to that rate by lines of one kind, a month."""
    return min(each.month * -(-rate // each.rate) for each in offered)


def _listed(machines: Sequence[ServerPrice] | Sequence[FlavourPrice]) -> str:
    kinds: dict[str, int] = {}
    for each in machines:
        name = f"{show(each.cores, 'core')} with {show(each.memory, 'B')}"
        kinds[name] = kinds.get(name, 0) + 1
    return ", ".join(f"{count} × {name}" for name, count in kinds.items())


def _money(value: float, prices: Prices) -> str:
    return show(value, prices.currency)


def cheapest(bought: Costs | None, hired: Costs | None) -> float | None:
    """The lower cost over the course; None without prices."""
    found = [costs.course.value for costs in (bought, hired) if costs]
    return min(found) if found else None
