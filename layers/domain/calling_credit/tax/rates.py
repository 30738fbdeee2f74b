"""The table of tax rates: parsing, and the rate of a place at a time. Reads no storage.

The table is CSV with the columns `country,region,rate_percent,effective_from`. A row holds from its `effective_from`
until the next row of the same place; region `*` stands for the regions of a country that have no row of their own.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from calling_credit.instants import format_instant, parse_instant
from calling_credit.numbering import COUNTRIES, GLOBAL_NETWORKS
from calling_credit.tax.regions import REGION_FORM, REGIONS

COLUMNS: Final = ("country", "region", "rate_percent", "effective_from")
ANY_REGION: Final = "*"
MILLIONTHS_PER_PERCENT: Final = 10_000
"""Rates are whole millionths of the credit, so a percentage has at most four decimals."""
MAX_BYTES: Final = 1_000_000
MAX_FAULTS: Final = 20
"""The number of faults that one refusal names."""
_PERCENT: Final = re.compile(r"(0|[1-9][0-9]?|100)(?:\.([0-9]{1,4}))?", re.ASCII)

Place = tuple[str, str]
"""A country, and a region or `*`."""


class TaxTableError(Exception):
    """A table is not usable as a whole; `faults` are sentences for the operator."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class TaxTable:
    """The rates of each place, latest first: the instant from which each holds, and the rate in millionths."""

    rates: Mapping[Place, tuple[tuple[str, int], ...]]

    def rate(self, country: str, region: str | None, now: datetime) -> int | None:
        """The rate of a place in millionths; None if no row holds now."""
        at = format_instant(now)
        for place in ((country, region or ANY_REGION), (country, ANY_REGION)):
            for since, rate in self.rates.get(place, ()):
                if since <= at:
                    return rate
        return None


def parse_rate(text: str) -> int | None:
    """A percentage such as `8.875` in millionths; None unless it is a plain decimal from 0 to 100 with at most four
    decimals.
    """
    match = _PERCENT.fullmatch(text)
    if match is None:
        return None
    rate = int(match[1]) * MILLIONTHS_PER_PERCENT + int((match[2] or "").ljust(4, "0"))
    return rate if rate <= 100 * MILLIONTHS_PER_PERCENT else None


def format_rate(rate: int) -> str:
    """A rate in millionths as a percentage without needless zeros: `8.875`, `15`."""
    whole, fraction = divmod(rate, MILLIONTHS_PER_PERCENT)
    decimals = f"{fraction:04d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else f"{whole}"


def parse_tax_table(data: bytes) -> TaxTable:
    """Parse a table.

    Raises:
        TaxTableError: anything in it is wrong; nothing of it is used then.
    """
    if len(data) > MAX_BYTES:
        raise TaxTableError([f"The file is larger than {MAX_BYTES:,} bytes."])
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TaxTableError([f"The file is no CSV in UTF-8: {error}."]) from None
    if not lines or tuple(lines[0]) != COLUMNS:
        raise TaxTableError([f"The first line must be: {','.join(COLUMNS)}"])
    rates: dict[Place, dict[str, int]] = {}
    faults: list[str] = []
    for number, cells in enumerate(lines[1:], start=2):
        if cells:
            faults += [f"Line {number}: {fault}" for fault in _take_row(cells, rates)]
    if not rates and not faults:
        faults = ["The table has no rates."]
    if faults:
        raise TaxTableError(faults[:MAX_FAULTS])
    return TaxTable({place: tuple(sorted(of_place.items(), reverse=True)) for place, of_place in rates.items()})


def needless_rows(table: TaxTable) -> list[str]:
    """A sentence for each place in a table where no address can be, because its country has no such region."""
    places = sorted(
        place for place in table.rates if place[1] != ANY_REGION and place[1] not in REGIONS.get(place[0], place)
    )
    return [f"{country},{region} is no place: {country} has no region {region}." for country, region in places]


def _take_row(cells: list[str], rates: dict[Place, dict[str, int]]) -> list[str]:
    """Add one row to the rates. Return its faults."""
    if len(cells) != len(COLUMNS):
        return [f"it has {len(cells)} cells instead of {len(COLUMNS)}."]
    country, region, percent, since_text = cells
    rate, since = parse_rate(percent), _since(since_text)
    checks = (
        (country in COUNTRIES and country != GLOBAL_NETWORKS, f"{country!r} is no ISO 3166 country such as US."),
        (region == ANY_REGION or REGION_FORM.fullmatch(region), f"{region!r} is neither * nor a region such as NY."),
        (rate is not None, f"{percent!r} is no percentage from 0 to 100 with at most four decimals."),
        (since is not None, f"{since_text!r} is neither a date such as 2026-01-01 nor an instant with an offset."),
    )
    faults = [words for is_right, words in checks if not is_right]
    if faults or rate is None or since is None:
        return faults
    of_place = rates.setdefault((country, region), {})
    if since in of_place:
        return [f"{country},{region} has two rates from {since_text}."]
    of_place[since] = rate
    return []


def _since(text: str) -> str | None:
    """When a row begins: a date begins at midnight UTC."""
    moment = parse_instant(text) or parse_instant(f"{text}T00:00:00Z")
    return None if moment is None else format_instant(moment)
