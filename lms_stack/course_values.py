"""The kinds of value that a course file is written with: quantities with units, days, names, addresses."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from lms_stack import units

#: Viet Nam keeps one time zone without daylight saving.
VIET_NAM = timezone(timedelta(hours=7))


def _read(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda text: units.parse(text, kind))


def _schema(kind: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "description": f"a {kind} with its unit", "examples": [units.KINDS[kind][1]]}
    )


def _between(low: float, high: float, expected: str) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(_DAY.pattern + r"[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?")
_YEARS = range(2000, 2200)


def _day(value: object) -> object:
    """A day as it is written: pydantic itself takes any number for seconds since 1970."""
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if not day or day.year not in _YEARS:
        raise ValueError("expected a day that exists, like 2027-03-01")
    return day


def _moment(value: object) -> object:
    """A time as it is written, as for days."""
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and _MOMENT.fullmatch(value) else None
    except ValueError:
        moment = None
    if not moment or moment.year not in _YEARS:
        raise ValueError("expected a time that exists, like 2027-04-09T19:30")
    return moment


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise ValueError("expected an IPv4 address, like 203.0.113.10") from error


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=VIET_NAM)


def _digits(value: float) -> str:
    """All digits of a number, without the exponent that a quantity may not have."""
    return f"{Decimal(repr(value)):f}"


def _seconds(value: float) -> str:
    return f"{_digits(value)} s"


def _bits(value: float) -> str:
    return f"{_digits(value)} bit/s"


def _percent(value: float) -> str:
    return f"{_digits(value * 100)} %"


Duration = Annotated[
    float,
    _read("duration"),
    _between(1, 31 * 86400, "between 1 s and 31 d"),
    PlainSerializer(_seconds, return_type=str),
    _schema("duration"),
]
BitRate = Annotated[
    float,
    _read("bit rate"),
    _between(1e4, 1e12, "between 10 kbit/s and 1000 Gbit/s"),
    PlainSerializer(_bits, return_type=str),
    _schema("bit rate"),
]
Share = Annotated[
    float,
    _read("share"),
    _between(0, 1, "between 0 % and 100 %"),
    PlainSerializer(_percent, return_type=str),
    _schema("share"),
]
#: A share that somebody expects: a peak of nobody can't be planned.
ExpectedShare = Annotated[
    float,
    _read("share"),
    _between(0.001, 1, "between 0.1 % and 100 %"),
    PlainSerializer(_percent, return_type=str),
    _schema("share"),
]
Wait = Annotated[
    float,
    _read("duration"),
    _between(0.01, 60, "between 10 ms and 60 s"),
    PlainSerializer(_seconds, return_type=str),
    _schema("duration"),
]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_local)]
Text = Annotated[str, Field(min_length=1, max_length=300)]
FileName = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(strict=True, ge=1)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Address = Annotated[
    str,
    AfterValidator(_address),
    Field(description="an IPv4 address: firewall rules are made of it", examples=["203.0.113.10"]),
]
Slug = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$", description="2 to 32 of a-z, 0-9 and -, beginning with a letter"),
]
HostKey = Annotated[
    str,
    Field(
        pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]+",
        description="the machine's public key, as in its /etc/ssh/ssh_host_ed25519_key.pub",
    ),
]
