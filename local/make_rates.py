"""Writes local/rates.csv, the example rate deck, from libphonenumber's metadata: `python -m local.make_rates`. Decides
which prefixes the deck has and how it classifies them. Does not publish or look up decks.

The prices are EXAMPLES, invented in local/example_prices.py; real prices come from the carrier.

How a prefix gets its row:

- Every calling code has a row for the numbers that have no longer prefix, priced as the country's mobile numbers.
  Longer prefixes follow where libphonenumber separates landline, mobile, toll-free or premium numbers, or countries.
- +1 has no such row: every assigned area code has its own, so a number in an unassigned one stays unrated.
- Area codes of the US and Canada are `included` if their numbers are geographic (landline or mobile) or toll-free, and
  `outbound_premium_call` otherwise: 900, and the personal (5xx) and non-geographic (600, 622, 633) codes, which are
  neither international nor part of a subscription. All other area codes are `outbound_international_call`.
- local/deck_exceptions.py lists what libphonenumber does not know: newer area codes, and numbers of other countries.
- In every geographic area code of the US and Canada, exchange 976 and 555-1212 have a price of their own.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import phonenumbers

from calling_credit.rates.deck_csv import COLUMNS
from local.countries import WORLD, country_of_region, name_of_region
from local.deck_exceptions import DIRECTORY, EXCEPTIONS, GENERAL
from local.example_prices import FREE, Price, price_of
from local.numbering_plans import Label, NumberingPlan
from local.prefix_lists import Depths, grow, most_numbers, prefixes_below

RATES_FILE = Path(__file__).with_name("rates.csv")
EFFECTIVE_FROM = "2020-01-01"
INCLUDED, INTERNATIONAL, PREMIUM = "included", "outbound_international_call", "outbound_premium_call"
HOME_REGIONS = ("US", "CA")
NORTH_AMERICA = 1

_DEPTHS = Depths(always=0, usual=4, careful=6)
_AREA_CODE_DEPTHS = Depths(always=3, usual=6, careful=6)
_GENERAL = GENERAL
_KINDS = {"fixed_line": "landline", "fixed_line_or_mobile": _GENERAL, "voicemail": "mobile"}
_KIND_NAMES = {
    "landline": "Landline",
    "mobile": "Mobile",
    "toll_free": "Toll Free",
    "premium_rate": "Premium",
    "shared_cost": "Shared Cost",
    "voip": "VoIP",
    "personal_number": "Personal Number",
    "pager": "Pager",
    "uan": "Corporate Number",
    DIRECTORY: "Directory Assistance",
}
_NETWORK_NAMES = {
    "800": "International Freephone",
    "808": "International Shared Cost",
    "870": "Inmarsat Satellite",
    "878": "Universal Personal Number",
    "881": "Global Mobile Satellite",
    "882": "International Networks 882",
    "883": "International Networks 883",
    "888": "Disaster Relief",
    "979": "International Premium Rate",
}

# Prices per minute for callers from one country: examples of the rule "exact origin before *".
_BY_ORIGIN = {
    ("441", "CA"): 190,
    ("442", "CA"): 190,
    ("447", "CA"): 540,
    ("52", "CA"): 260,
    ("61", "NZ"): 90,
    ("353", "GB"): 80,
}


class Row(NamedTuple):
    """A row of the deck: a destination, and the price of a call to it for callers from `origin`."""

    prefix: str
    destination: str
    country: str
    price: Price
    category: str
    origin: str = "*"

    def cells(self) -> tuple[str, ...]:
        """Return the row's cells in the order of COLUMNS."""
        price = self.price
        money = [f"{amount // 10_000}.{amount % 10_000:04d}" for amount in price[:2]]
        seconds = (str(price.minimum_seconds), str(price.increment_seconds))
        return (
            self.prefix,
            self.destination,
            self.country,
            self.origin,
            *money,
            *seconds,
            EFFECTIVE_FROM,
            self.category,
        )


def deck_rows() -> list[Row]:
    """Return the whole example deck, sorted by prefix and origin."""
    rows: dict[str, Row] = {}
    for calling_code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        listed = _area_codes() if calling_code == NORTH_AMERICA else _whole_plan(calling_code)
        rows.update((prefix, _row(prefix, label, str(calling_code))) for prefix, label in listed)
    rows.update((prefix, _row(prefix, label, _calling_code(prefix))) for prefix, label in EXCEPTIONS.items())
    for prefix, row in list(rows.items()):
        if row.category == INCLUDED and not row.destination.endswith(_KIND_NAMES["toll_free"]):
            rows.update((longer, _row(longer, label, "1")) for longer, label in _billed_exchanges(prefix, row.country))
    return sorted([*rows.values(), *_rows_by_origin(rows)], key=lambda row: (row.prefix, row.origin))


def deck_text() -> str:
    """Return the example deck as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row.cells() for row in deck_rows())
    return text.getvalue()


def _classify(label: Label) -> Label:
    """Return the deck's label of a number: the deck has fewer kinds than libphonenumber."""
    if label.region == WORLD and label.kind != "premium_rate":
        return Label(WORLD, _GENERAL)
    if label.region in HOME_REGIONS and label.kind in ("fixed_line", "mobile", "voicemail"):
        return Label(label.region, _GENERAL)
    return Label(label.region, _KINDS.get(label.kind, label.kind))


def _whole_plan(calling_code: int) -> Iterator[tuple[str, Label]]:
    """Yield a row for the calling code, and the longer prefixes with other labels."""
    plan = NumberingPlan(calling_code)
    tree = grow(plan, _classify, _DEPTHS)
    main = most_numbers(tree.totals) if plan.regions == (WORLD,) else Label(plan.regions[0], _GENERAL)
    yield str(calling_code), main
    yield from prefixes_below(tree, str(calling_code), main)


def _area_codes() -> Iterator[tuple[str, Label]]:
    """Yield a row for every assigned area code of +1, and the longer prefixes with other labels."""
    plan = NumberingPlan(NORTH_AMERICA, length=10)
    areas = [("1", grow(plan, _classify, _AREA_CODE_DEPTHS))]
    for _ in range(_AREA_CODE_DEPTHS.always):
        areas = [(f"{prefix}{digit}", child) for prefix, area in areas for digit, child in enumerate(area.below)]
    for prefix, area in areas:
        if area.totals:
            label = most_numbers(area.totals)
            yield prefix, label
            yield from prefixes_below(area, prefix, label)


def _billed_exchanges(prefix: str, country: str) -> Iterator[tuple[str, Label]]:
    """Yield the numbers of a geographic area code that are billed: mass announcements, and directory assistance."""
    yield f"{prefix}976", Label(country, "premium_rate")
    yield f"{prefix}5551212", Label(country, DIRECTORY)


def _calling_code(prefix: str) -> str:
    codes = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    return next(prefix[:length] for length in (1, 2, 3) if prefix[:length] in codes)


def _row(prefix: str, label: Label, calling_code: str) -> Row:
    region, kind = label
    if region == WORLD:
        category = PREMIUM if kind == "premium_rate" else INTERNATIONAL
        return Row(prefix, _NETWORK_NAMES[calling_code], WORLD, price_of(WORLD, kind, calling_code), category)
    category = _category(label)
    country = country_of_region(region)
    name = name_of_region(region)
    if category == INCLUDED and kind == "toll_free":
        name = "North America"
    destination = f"{name} - {_KIND_NAMES[kind]}" if kind != _GENERAL else name
    price = FREE if category == INCLUDED else price_of(country, kind, calling_code)
    return Row(prefix, destination, country, price, category)


def _category(label: Label) -> str:
    if label.region in HOME_REGIONS:
        return INCLUDED if label.kind in (_GENERAL, "toll_free") else PREMIUM
    return PREMIUM if label.kind == "premium_rate" else INTERNATIONAL


def _rows_by_origin(rows: dict[str, Row]) -> Iterator[Row]:
    for (prefix, origin), per_minute in _BY_ORIGIN.items():
        row = rows[prefix]
        yield row._replace(origin=origin, price=row.price._replace(per_minute=per_minute))


def main() -> None:
    text = deck_text()
    RATES_FILE.write_text(text, encoding="utf-8", newline="")
    print(f"{RATES_FILE}: {text.count(chr(10)) - 1} rows, {len(text):,} bytes. The prices are examples.")


if __name__ == "__main__":
    main()
