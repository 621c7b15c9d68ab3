"""The designs of a course: which fit, what they cost, and in which order they stand."""

from pathlib import Path

import pytest

from lms_stack.demand import demand
from lms_stack.facts import facts
from lms_stack.outlook import Design, Tier
from lms_stack.prices import Prices, read_prices
from lms_stack.roles import STACK_ROLES, Role
from lms_stack.sizing import costs, plan, with_outlook
from lms_stack.sizing.layouts import LARGE_HA, ONE_BOX, SMALL_HA, SPLIT, Layouts
from lms_stack.sizing.network import LINE
from tests.unit.lms_stack.sizing.loads import changed, outlook, outlooked, taught, tier

SIZES = [1, 600, 5_000, 100_000, 5_000_000]
PRICES = """
currency: VND
source: made up for a test
buy:
  servers:
    - {cores: 4, memory: 8 GiB, price: 48_000_000, power: 100}
    - {cores: 16, memory: 64 GiB, price: 120_000_000, power: 250}
  years_of_use: 4
  electricity: 2000
  lines: [{rate: 100 Mbit/s, month: 3_000_000}, {rate: 1 Gbit/s, month: 12_000_000}]
hire:
  flavours:
    - {cores: 1, memory: 2 GiB, month: 300_000}
    - {cores: 2, memory: 4 GiB, month: 500_000}
  lines: [{rate: 100 Mbit/s, month: 2_000_000}]
"""


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Prices:
    """A made-up price list."""
    file: Path = tmp_path_factory.mktemp("prices") / "prices.yaml"
    file.write_text(PRICES, "utf-8")
    return read_prices(file)


@pytest.mark.parametrize("learners", SIZES)
def test_designs_that_fit_come_first_and_each_with_more_regret_than_the_one_before(learners: int) -> None:
    designs = outlook(learners).designs
    fitting = [each.fits for each in designs]
    assert fitting == sorted(fitting, reverse=True)
    for group in (True, False):
        regrets = [each.regret.value for each in designs if each.fits is group]
        assert regrets == sorted(regrets)
        assert all(regret >= 0 for regret in regrets)


@pytest.mark.parametrize("learners", SIZES)
def test_the_chosen_design_is_what_is_planned_and_up_can_build_it(learners: int) -> None:
    found = outlooked(learners)
    assert found.outlook is not None
    (chosen,) = [each for each in found.outlook.designs if each.chosen]
    hosts = found.stack_hosts
    assert sum(tier.count for tier in chosen.tiers) == len(hosts)
    assert chosen.obstacle == ""
    assert chosen.name == (ONE_BOX if len(hosts) == 1 else SPLIT)


@pytest.mark.parametrize("learners", SIZES)
def test_where_up_can_not_build_a_design_it_says_so(learners: int) -> None:
    for each in outlook(learners).designs:
        several = any(tier.count > 1 and Role.APP not in tier.roles for tier in each.tiers)
        shared = any(tier.count > 1 and Role.EDGE in tier.roles for tier in each.tiers)
        assert bool(each.obstacle) is (several or shared)


@pytest.mark.parametrize("learners", SIZES)
def test_the_hosts_of_a_careful_design_carry_the_peak_when_as_many_as_it_says_are_lost(learners: int) -> None:
    course = taught(learners=learners)
    layouts = Layouts(course, demand(course), facts())
    known = facts()
    for layout, lost in ((SMALL_HA, 1), (LARGE_HA, 2)):
        (found,) = [each for each in layouts.all() if each.name == layout]
        for each in found.tiers:
            left = each.working if each.standby else each.count - lost
            assert each.spare == lost
            need = sum(layouts.needs[role].high for role in each.roles) / known.service_demands.spread
            assert left * each.cores.value * known.sizing["target_utilisation"].number >= need * (1 - 1e-9)


def named(designs: tuple[Design, ...], name: str) -> Design:
    return next(each for each in designs if each.name == name)


def test_a_box_larger_than_any_that_is_had_does_not_fit_and_says_why() -> None:
    box = named(outlook(500_000).designs, ONE_BOX)
    assert any("larger than any host" in each.reason and "64 cores" in each.evidence for each in box.excuses)


def test_where_nothing_fits_the_excuse_says_what_stands_in_the_way() -> None:
    found = outlook(5_000_000)
    assert not any(each.fits for each in found.designs)
    assert "link" in {each.resource for each in found.excuses}
    assert outlook(600).excuses == ()


def test_several_edges_take_a_line_that_one_can_not() -> None:
    designs = outlook(100_000).designs
    assert any("edge can take" in each.reason for each in named(designs, SPLIT).excuses)
    assert named(designs, SMALL_HA).fits


def order(value: float, fact: str = "shut_out_factor") -> list[str]:
    """The names of the designs by least regret where a fact has another value."""
    course = taught(learners=5_000)
    known = changed(fact, value)
    found = with_outlook(course, plan(course, demand(course)), known, draws=200).outlook
    assert found is not None
    return [each.name for each in found.designs]


def test_where_learners_count_nothing_the_smallest_is_least_regretted_and_where_they_count_much_it_is_not() -> None:
    smallest = f"{ONE_BOX}, a size smaller"
    assert order(0)[0] == smallest
    careful = order(100_000)
    assert careful.index(SMALL_HA) < careful.index(smallest)


def test_where_servers_fail_often_spare_hosts_are_worth_their_cost() -> None:
    assert order(0, "server_failures")[0].startswith(ONE_BOX)
    assert order(50, "server_failures")[0] == SMALL_HA


def two_boxes() -> tuple[Tier, ...]:
    return (tier(*STACK_ROLES, hosts=2, cores=2, memory=3 * 2**30),)


def test_bought_servers_are_written_off_and_take_electricity_and_a_line(prices: Prices) -> None:
    course, known = taught(), facts()
    found = costs.buying(two_boxes(), 150e6, course, prices, known)
    assert found is not None
    power = 2 * 0.1 * 730.5 * known.prices["power_usage"].number * 2000
    month = 96e6 / 48 + power + 6e6
    assert found.at_once.value == pytest.approx(96e6)
    assert found.three_years.value == pytest.approx(36 * month)
    assert found.course.value == pytest.approx(costs.months(course) * month)


def test_hired_machines_cost_by_the_month(prices: Prices) -> None:
    found = costs.hiring(two_boxes(), 150e6, taught(), prices, facts())
    assert found is not None
    assert found.three_years.value == pytest.approx(36 * (2 * 500_000 + 2 * 2_000_000))
    assert found.at_once.value == 0


def test_what_is_larger_than_anything_in_the_price_list_has_no_price_and_says_so(prices: Prices) -> None:
    course = taught(learners=100_000)
    found = with_outlook(course, plan(course, demand(course)), prices=prices, draws=20).outlook
    assert found is not None
    design = named(found.designs, SPLIT)
    assert design.hiring is None
    assert "to hire: nothing in the price list has" in design.unpriced


def test_with_a_price_list_regret_is_told_in_its_currency(prices: Prices) -> None:
    course = taught(learners=600)
    found = with_outlook(course, plan(course, demand(course)), prices=prices, draws=20).outlook
    assert found is not None
    assert {each.regret.unit for each in found.designs} == {"VND"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("currency: VND", "currency: dong", "currency: expected the three letters of a currency, like VND, not 'dong'"),
        ("power: 100", "power: 100 W", "servers[1].power: expected a number above 0, without a unit, not '100 W'"),
        ("memory: 8 GiB", "memory: 8", "servers[1].memory: expected a size with its unit"),
        ("years_of_use: 4", "years_of_use: 0", "years_of_use: expected a number above 0"),
        ("years_of_use: 4", "years: 4", "years: unknown key"),
        ("  electricity: 2000\n", "", "electricity: is missing"),
        ("rate: 1 Gbit/s", "rate: fast", "lines[2].rate: expected a bit rate with its unit"),
    ],
)
def test_a_bad_price_list_tells_line_field_and_what_was_expected(tmp_path: Path, old: str, new: str, said: str) -> None:
    from lms_stack.errors import CourseFileError

    file = tmp_path / "prices.yaml"
    assert old in PRICES
    file.write_text(PRICES.replace(old, new, 1), "utf-8")
    with pytest.raises(CourseFileError) as caught:
        read_prices(file)
    assert said in caught.value.message


def test_a_price_list_without_prices_is_refused(tmp_path: Path) -> None:
    from lms_stack.errors import CourseFileError

    file = tmp_path / "prices.yaml"
    file.write_text("currency: VND\nsource: nobody\n", "utf-8")
    with pytest.raises(CourseFileError, match="expected `buy`, `hire` or both"):
        read_prices(file)


def test_smaller_hosts_shut_out_learners_in_more_of_the_draws() -> None:
    designs = outlook(5_000).designs
    smaller, chosen, larger = (
        named(designs, f"{ONE_BOX}{size}").shut_out.value for size in (", a size smaller", "", ", a size larger")
    )
    assert 0 < smaller < 0.5
    assert smaller > chosen >= larger


def test_a_line_that_is_much_too_narrow_shuts_learners_out_in_every_draw() -> None:
    target = taught().target.model_copy(update={"edge_link": 1e6})
    narrow = taught(learners=5_000, target=target)
    found = with_outlook(narrow, plan(narrow, demand(narrow)), draws=50).outlook
    assert found is not None
    assert {each.shut_out.value for each in found.designs} == {1.0}
    assert {each.breaks_first for each in found.designs} == {LINE}
