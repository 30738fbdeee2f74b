"""A map: how the columns of one carrier's sheets become prices. A small TOML file, checked key by key."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from calling_credit.numbering import COUNTRIES
from ops.rate_sheets.amounts import COMMA, POINT
from ops.rate_sheets.changes import Change
from ops.rate_sheets.codes import COMMAS, DASHES, LIST, RANGE, calling_codes
from ops.rate_sheets.dates import ORDERS
from ops.rate_sheets.increments import Increments, parse_increments
from ops.rate_sheets.map_values import (
    MapError,
    decimal_value,
    flag_value,
    one_of_value,
    table_value,
    text_value,
    texts_value,
)
from ops.rate_sheets.notes import CellError

MIN_MARKUP: Final = Decimal(-50)
MAX_MARKUP: Final = Decimal(1000)
USD: Final = "USD"
CENTS: Final = "cents"
DOLLARS: Final = "dollars"
UNITS: Final = (DOLLARS, CENTS)


class Role(StrEnum):
    """The meaning of a column."""

    CODE = "code"
    COUNTRY_CODE = "country_code"
    AREA_CODE = "area_code"
    COUNTRY = "country"
    DESTINATION = "destination"
    RATE = "rate"
    OLD_RATE = "old_rate"
    SURCHARGE = "surcharge"
    CONNECTION_FEE = "connection_fee"
    INCREMENTS = "increments"
    MINIMUM = "minimum_seconds"
    INCREMENT = "increment_seconds"
    EFFECTIVE = "effective_from"
    END = "end_date"
    CHANGE = "change"
    CURRENCY = "currency"
    ORIGIN = "origin"
    ADDED = "added_codes"
    REMOVED = "removed_codes"


@dataclass(frozen=True, slots=True)
class PriceRules:
    """How a carrier's rate becomes a price: markup in percent, a step to round up to, and the lowest rate."""

    markup_percent: Decimal = Decimal(0)
    floor: Decimal = Decimal(0)
    round_up_to: Decimal = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class RateMap:
    """The content of a map. `columns` has the headers of each role; `effective_from` is for rows without a date.

    `rate_unit` and `fee_unit` are `dollars`, `cents`, or empty; `rate_seconds` is how long a rate is for, None if the
    map does not say so. `calling_code` goes before every code of the sheet.
    """

    columns: Mapping[Role, tuple[str, ...]]
    sheet: str = ""
    decimal: str = POINT
    date_order: str = ""
    dash: str = RANGE
    comma: str = LIST
    rate_unit: str = ""
    fee_unit: str = ""
    rate_seconds: int | None = None
    calling_code: str = ""
    skips_unreadable: bool = False
    ignores_prose: bool = False
    effective_from: date | None = None
    fill_down: frozenset[Role] = frozenset()
    default_increments: Increments | None = None
    increment_rules: Mapping[str, Increments] = field(default_factory=dict)
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    prices: PriceRules = PriceRules()


_KEYS: Final = frozenset(
    {"carrier", "sheet", "currency", "decimal", "date_order", "dash", "comma", "rate_unit", "fee_unit", "rate_seconds"}
    | {"calling_code", "unreadable", "ignore_prose", "effective_from", "fill_down", "columns", "increments"}
    | {"origins", "changes", "price"}
)


_MANY: Final = (Role.CODE, Role.RATE, Role.SURCHARGE, Role.DESTINATION)


def parse_map(text: str) -> RateMap:
    """Return the map of a TOML text.

    Raises:
        MapError: naming the key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"The map is no TOML: {error}.") from None
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise MapError(f"{unknown[0]} is no key of a map; the keys are {', '.join(sorted(_KEYS))}.")
    if data.get("currency") != USD:
        raise MapError(
            'currency must be "USD": prices of other currencies cannot be imported. Ask the carrier for US dollars.'
        )
    increments = table_value(data, "increments", ("default", "rules"))
    return RateMap(
        columns=_columns(data),
        sheet=text_value(data, "sheet"),
        decimal=one_of_value(data, "decimal", (POINT, COMMA)),
        date_order=one_of_value(data, "date_order", ("", *ORDERS)),
        dash=one_of_value(data, "dash", (RANGE, *DASHES)),
        comma=one_of_value(data, "comma", (LIST, *COMMAS)),
        rate_unit=one_of_value(data, "rate_unit", UNITS) if "rate_unit" in data else "",
        fee_unit=one_of_value(data, "fee_unit", UNITS) if "fee_unit" in data else "",
        rate_seconds=_seconds(data),
        calling_code=_calling_code(data),
        skips_unreadable=one_of_value(data, "unreadable", ("refuse", "skip")) == "skip",
        ignores_prose=flag_value(data, "ignore_prose"),
        effective_from=_day(data),
        fill_down=frozenset(_role(name, "fill_down") for name in texts_value(data.get("fill_down", []), "fill_down")),
        default_increments=_increments(increments["default"], "increments.default")
        if "default" in increments
        else None,
        increment_rules={
            name: _increments(value, f"increments.rules.{name}")
            for name, value in table_value(increments, "rules", None).items()
        },
        origins={
            name.casefold(): _countries(value, name) for name, value in table_value(data, "origins", None).items()
        },
        changes={name.casefold(): _change(value, name) for name, value in table_value(data, "changes", None).items()},
        prices=_prices(table_value(data, "price", ("markup_percent", "floor", "round_up_to"))),
    )


def price_rules(base: PriceRules, markup: str | None, floor: str | None) -> PriceRules:
    """Return the rules of a map with MARKUP and FLOOR of the command, if it names them. Raises MapError."""
    values = {"markup_percent": base.markup_percent, "floor": base.floor, "round_up_to": base.round_up_to}
    for key, name, text in (("markup_percent", "MARKUP", markup), ("floor", "FLOOR", floor)):
        if text is not None:
            values[key] = decimal_value(text.removesuffix("%").strip(), name)
    return _checked_prices(PriceRules(**values))


def _columns(data: dict[str, Any]) -> dict[Role, tuple[str, ...]]:
    columns: dict[Role, tuple[str, ...]] = {}
    for name, value in table_value(data, "columns", None).items():
        role, key = _role(name, "columns"), f"columns.{name}"
        headers = texts_value([value] if isinstance(value, str) else value, key)
        if len(headers) > 1 and role not in _MANY:
            raise MapError(f"{key} must be one header; only code, rate, surcharge, and destination may have several.")
        if not headers or not all(map(str.strip, headers)):
            raise MapError(f"{key} must name a header of the sheet.")
        columns[role] = headers
    has_codes = Role.CODE in columns or Role.COUNTRY_CODE in columns or {Role.ADDED, Role.REMOVED} & set(columns)
    if not has_codes:
        raise MapError('columns.code must name the column of the codes, such as code = "Dial Code".')
    if Role.CODE in columns and Role.AREA_CODE in columns:
        raise MapError("columns has code and area_code; an area_code goes with a country_code, a code stands alone.")
    if Role.AREA_CODE in columns and Role.COUNTRY_CODE not in columns:
        raise MapError("columns.area_code needs columns.country_code, which goes before it.")
    if Role.INCREMENTS in columns and {Role.MINIMUM, Role.INCREMENT} & set(columns):
        raise MapError("columns has increments beside minimum_seconds or increment_seconds; keep one of both.")
    return columns


def _role(name: str, key: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise MapError(f"{key} has {name}, which is no kind of column; the kinds are {', '.join(Role)}.") from None


def _day(data: dict[str, Any]) -> date | None:
    value = data.get("effective_from")
    if value is None or type(value) is date:
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise MapError('effective_from must be a date such as "2026-12-01"; it is for rows without a date.') from None


def _seconds(data: dict[str, Any]) -> int | None:
    value = data.get("rate_seconds")
    if value is None or (type(value) is int and 1 <= value <= 600_000):
        return value
    raise MapError("rate_seconds must be the seconds that a rate is for: 60 if rates are per minute, 1 if per second.")


def _calling_code(data: dict[str, Any]) -> str:
    code = text_value(data, "calling_code")
    if "calling_code" in data and code not in calling_codes():
        raise MapError('calling_code must be that of the country of all codes, such as "1" or "44"; else remove it.')
    return code


def _increments(value: object, key: str) -> Increments:
    try:
        return parse_increments(value if isinstance(value, str) else "")
    except CellError as error:
        raise MapError(f"{key}: {error}") from None


def _countries(value: object, name: str) -> tuple[str, ...]:
    countries = texts_value([value] if isinstance(value, str) else value, f"origins.{name}")
    wrong = [country for country in countries if country != "*" and country not in COUNTRIES]
    if wrong or not countries:
        raise MapError(f'origins.{name} must list country codes such as "DE", or "*" for all others.')
    return countries


def _change(value: object, name: str) -> Change:
    try:
        return Change(value if isinstance(value, str) else "")
    except ValueError:
        raise MapError(f"changes.{name} must be one of {', '.join(Change)}.") from None


def _prices(data: dict[str, Any]) -> PriceRules:
    values = {key: decimal_value(value, f"price.{key}") for key, value in data.items()}
    return _checked_prices(PriceRules(**values))


def _checked_prices(rules: PriceRules) -> PriceRules:
    if not MIN_MARKUP <= rules.markup_percent <= MAX_MARKUP:
        raise MapError(f"The markup must be from {MIN_MARKUP} to {MAX_MARKUP} percent.")
    if not 0 <= rules.floor <= 1000 or not Decimal("0.000001") <= rules.round_up_to <= 1:
        raise MapError("The floor must be from 0 to 1,000 dollars, and round_up_to from 0.000001 to 1.")
    return rules
