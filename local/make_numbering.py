"""Writes the tables of calling_credit.numbering from libphonenumber's metadata: `python -m local.make_numbering`.
Decides which prefixes identify a country. Does not depend on prices or decks.
"""

from pathlib import Path

import phonenumbers

from local.countries import COUNTRY_NAMES, country_of_region
from local.numbering_plans import Label, NumberingPlan
from local.prefix_lists import Depths, grow, most_numbers, prefixes_below

DATA_FILE = Path(__file__).parents[1] / "layers" / "domain" / "calling_credit" / "numbering_data.py"
NORTH_AMERICA = 1

_DEPTHS = Depths(always=0, usual=7, careful=7)
_AREA_CODE_DEPTHS = Depths(always=3, usual=4, careful=4)

# The ITU assigned +7 6 to Kazakhstan, like +7 7; libphonenumber has no number in it yet.
_RESERVED = {"76": "KZ"}


def countries_by_prefix() -> dict[str, str]:
    """Return the country of every prefix that identifies one by longest match, as decks write countries."""
    countries = dict(_RESERVED)
    for calling_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if calling_code == NORTH_AMERICA:
            countries.update(_area_codes())
            continue
        countries[str(calling_code)] = country_of_region(regions[0])
        if len(regions) > 1:
            tree = grow(NumberingPlan(calling_code), _country_only, _DEPTHS)
            main = _country_only(Label(regions[0], ""))
            countries.update((prefix, label.region) for prefix, label in prefixes_below(tree, str(calling_code), main))
    return dict(sorted(countries.items()))


def _area_codes() -> dict[str, str]:
    """Return the country of every assigned area code of +1, and of the longer prefixes that differ from it."""
    areas = [("1", grow(NumberingPlan(NORTH_AMERICA, length=10), _country_only, _AREA_CODE_DEPTHS))]
    for _ in range(_AREA_CODE_DEPTHS.always):
        areas = [(f"{prefix}{digit}", child) for prefix, area in areas for digit, child in enumerate(area.below)]
    countries: dict[str, str] = {}
    for prefix, area in areas:
        if area.totals:
            most = most_numbers(area.totals)
            countries[prefix] = most.region
            countries.update((longer, label.region) for longer, label in prefixes_below(area, prefix, most))
    return countries


def _country_only(label: Label) -> Label:
    return Label(country_of_region(label.region), "")


def data_text() -> str:
    """Return the Python source of the generated module."""
    prefixes: dict[str, list[str]] = {}
    for prefix, country in countries_by_prefix().items():
        prefixes.setdefault(country, []).append(prefix)
    lines = [
        '"""The tables of calling_credit.numbering: which prefixes identify a country, and the list of countries.',
        "",
        "Generated from libphonenumber's metadata by `python -m local.make_numbering`; do not edit by hand.",
        '"""',
        "",
        "from typing import Final",
        "",
        "PREFIXES_BY_COUNTRY: Final[dict[str, str]] = {",
    ]
    for country in sorted(prefixes):
        lines += _entry(country, prefixes[country])
    iso_countries = [f'    "{row} "' for row in _wrapped(sorted(COUNTRY_NAMES), 108)]
    lines += ["}", "", "ISO_COUNTRIES: Final = (", *iso_countries, ")", ""]
    return "\n".join(lines)


def _entry(country: str, prefixes: list[str]) -> list[str]:
    rows = _wrapped(prefixes, 100)
    if len(rows) == 1:
        return [f'    "{country}": "{rows[0]}",']
    ends = [" "] * (len(rows) - 1) + [""]
    return [f'    "{country}": (', *(f'        "{row}{end}"' for row, end in zip(rows, ends, strict=True)), "    ),"]


def _wrapped(words: list[str], width: int) -> list[str]:
    rows = [""]
    for word in words:
        if len(rows[-1]) + len(word) + 1 > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def main() -> None:
    DATA_FILE.write_text(data_text(), encoding="utf-8", newline="")
    print(f"{DATA_FILE}: the prefixes of {len(COUNTRY_NAMES)} countries and of the global networks.")


if __name__ == "__main__":
    main()
