"""The price list that a course file names: what servers and lines cost to buy or to hire. No price is built in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter

from lms_stack import units
from lms_stack.course_values import BitRate, Text
from lms_stack.course_words import explained, told
from lms_stack.side_file import read_side_file
from lms_stack.units import Frozen
from lms_stack.yaml_lines import Place

#: Where the form of a price list is described.
DOCS = "docs/sizing.md"

Money = Annotated[float, Field(strict=True, ge=0, le=1e15)]
Cores = Annotated[float, Field(strict=True, gt=0, le=1024)]
Size = Annotated[
    float,
    BeforeValidator(lambda text: units.parse(text, "size")),
    Field(gt=0),
    PlainSerializer(lambda value: f"{value:.0f} B", return_type=str),
]


class Written(Frozen):
    """Base of what is written in a price list."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class ServerPrice(Written):
    """A server as it is sold."""

    cores: Cores
    memory: Size
    price: Money
    """Once, with everything that comes with it."""
    power: Annotated[float, Field(strict=True, ge=0, le=10_000)]
    """What it takes, in watts."""


class FlavourPrice(Written):
    """A virtual machine as it is hired out."""

    cores: Cores
    memory: Size
    month: Money


class LinePrice(Written):
    """A line as it is sold."""

    rate: BitRate
    month: Money


class Buying(Written):
    """Servers of one's own."""

    servers: tuple[ServerPrice, ...] = Field(min_length=1)
    years_of_use: Annotated[float, Field(strict=True, gt=0, le=20)]
    """Over how many years a server is written off."""
    electricity: Money
    """For a kilowatt-hour."""
    lines: tuple[LinePrice, ...] = Field(min_length=1)


class Hiring(Written):
    """Virtual machines of a provider."""

    flavours: tuple[FlavourPrice, ...] = Field(min_length=1)
    lines: tuple[LinePrice, ...] = Field(min_length=1)


class Prices(Written):
    """A price list."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """Three letters, like VND."""
    source: Text
    """Whose prices they are, and of when."""
    buy: Buying | None = None
    hire: Hiring | None = None


_FORM: TypeAdapter[Prices] = TypeAdapter(Prices)


def read_prices(path: Path) -> Prices:
    """Read and check a price list.

    :raises CourseFileError: it is missing, isn't YAML, or has faults; all of them are listed.
    """
    return read_side_file(path, _FORM, _explained, _faults)


def _explained(detail: Any) -> str:
    """What is wrong, in words; the shared ones know the course file's keys only."""
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key; expected what {DOCS} shows"
        case "string_pattern_mismatch":
            return f"expected the three letters of a currency, like VND, not {told(detail['input'])}"
        case "greater_than" | "float_type":
            return f"expected a number above 0, without a unit, not {told(detail['input'])}"
    return explained(detail)


def _faults(prices: Prices) -> Iterator[tuple[Place, str]]:
    if not prices.buy and not prices.hire:
        yield (), "expected `buy`, `hire` or both: a price list without prices says nothing"
