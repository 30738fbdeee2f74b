"""Writes the tables of calling_credit.numbering and of the deck guard from libphonenumber's metadata:
`python -m local.make_numbering`. Decides which prefixes identify a country, and which numbers of a country are ordinary
ones. Does not depend on prices or decks.
"""

from pathlib import Path

import phonenumbers

from local.countries import COUNTRY_NAMES, WORLD, country_of_region
from local.deck_exceptions import NEWER_AREA_CODES, OTHER_COUNTRIES
from local.numbering_plans import Label, NumberingPlan
from local.prefix_lists import Branch, Depths, grow, most_numbers, prefixes_below

PACKAGE = Path(__file__).parents[1] / "layers" / "domain" / "calling_credit"
DATA_FILE = PACKAGE / "numbering_data.py"
ORDINARY_FILE = PACKAGE / "ordinary_numbers_data.py"
NORTH_AMERICA = 1
ORDINARY_KINDS = {"fixed_line", "mobile", "fixed_line_or_mobile", "voicemail", "toll_free"}
ORDINARY, OTHER = "ordinary", "other"
SHARED_TOLL_FREE = "NANP"
"""The key of the toll-free area codes of +1, which all its countries share."""

_DEPTHS = Depths(always=0, usual=7, careful=7)
_AREA_CODE_DEPTHS = Depths(always=3, usual=4, careful=4)
_ORDINARY_DEPTHS = Depths(always=0, usual=4, careful=6)


def countries_by_prefix() -> dict[str, str]:
    """Return the country of every prefix that identifies one by longest match, as decks write countries."""
    countries = dict(OTHER_COUNTRIES)
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
    tree = grow(NumberingPlan(NORTH_AMERICA, length=10), _country_only, _AREA_CODE_DEPTHS)
    countries: dict[str, str] = {}
    for prefix, area in _branches_below("1", tree, _AREA_CODE_DEPTHS.always):
        most = most_numbers(area.totals)
        countries[prefix] = most.region
        countries.update((longer, label.region) for longer, label in prefixes_below(area, prefix, most))
    return countries


def _country_only(label: Label) -> Label:
    return Label(country_of_region(label.region), "")


def ordinary_numbers() -> dict[str, str]:
    """Return, by prefix, the country whose landline, mobile, and toll-free numbers begin so; OTHER for other numbers.

    The longest prefix decides. Of +1 it lists whole area codes.
    """
    countries: dict[str, str] = {}
    for calling_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if calling_code == NORTH_AMERICA or regions == (WORLD,):
            continue
        tree = grow(NumberingPlan(calling_code), _ordinary_or_other, _ORDINARY_DEPTHS)
        main = Label(country_of_region(regions[0]), OTHER)
        for prefix, label in ((str(calling_code), main), *prefixes_below(tree, str(calling_code), main)):
            countries[prefix] = label.region if label.kind == ORDINARY else OTHER
    tree = grow(NumberingPlan(NORTH_AMERICA, length=10), _area_code_label, Depths(always=3, usual=3, careful=3))
    for prefix, area in _branches_below("1", tree, 3):
        label = most_numbers(area.totals)
        countries[prefix] = label.region if label.kind == ORDINARY else OTHER
    return dict(sorted(countries.items()))


def _branches_below(prefix: str, tree: Branch, digits: int) -> list[tuple[str, Branch]]:
    """Return the branches with assigned numbers, so many digits below a prefix."""
    branches = [(prefix, tree)]
    for _ in range(digits):
        branches = [
            (f"{above}{digit}", child) for above, branch in branches for digit, child in enumerate(branch.below)
        ]
    return [(above, branch) for above, branch in branches if branch.totals]


def _ordinary_or_other(label: Label) -> Label:
    return Label(country_of_region(label.region), ORDINARY if label.kind in ORDINARY_KINDS else OTHER)


def _area_code_label(label: Label) -> Label:
    return Label(SHARED_TOLL_FREE, ORDINARY) if label.kind == "toll_free" else _ordinary_or_other(label)


def ordinary_text() -> str:
    """Return the Python source of the generated table of ordinary numbers."""
    prefixes: dict[str, list[str]] = {}
    for prefix, country in ordinary_numbers().items():
        prefixes.setdefault(country, []).append(prefix)
    lines = [
        '"""The prefixes of the landline, mobile, and toll-free numbers of each country; the longest prefix decides.',
        "",
        f"`{SHARED_TOLL_FREE}` lists the toll-free area codes of +1, `{OTHER}` premium and other numbers.",
        "Generated from libphonenumber's metadata by `python -m local.make_numbering`; do not edit by hand.",
        '"""',
        "",
        "from typing import Final",
        "",
        "ORDINARY_PREFIXES: Final[dict[str, str]] = {",
    ]
    for country in sorted(prefixes):
        lines += _entry(country, prefixes[country])
    lines += ["}", "", "NEWER_AREA_CODES: Final[dict[str, str]] = {"]
    lines += [f'    "{prefix}": "{country}",' for prefix, country in NEWER_AREA_CODES.items()]
    note = "Assigned area codes of +1 that the metadata does not have yet; a deck may include them."
    return "\n".join([*lines, "}", f'"""{note}"""', ""])


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
    iso_countries = [f'    "{row} "' for row in wrapped(sorted(COUNTRY_NAMES), 108)]
    lines += ["}", "", "ISO_COUNTRIES: Final = (", *iso_countries, ")", ""]
    return "\n".join(lines)


def _entry(country: str, prefixes: list[str]) -> list[str]:
    rows = wrapped(prefixes, 100)
    if len(rows) == 1:
        return [f'    "{country}": "{rows[0]}",']
    ends = [" "] * (len(rows) - 1) + [""]
    return [f'    "{country}": (', *(f'        "{row}{end}"' for row, end in zip(rows, ends, strict=True)), "    ),"]


def wrapped(words: list[str], width: int) -> list[str]:
    """Return lines of at most `width` characters."""
    rows = [""]
    for word in words:
        if len(rows[-1]) + len(word) + 1 > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def main() -> None:
    DATA_FILE.write_text(data_text(), encoding="utf-8", newline="")
    print(f"{DATA_FILE}: the prefixes of {len(COUNTRY_NAMES)} countries and of the global networks.")
    ORDINARY_FILE.write_text(ordinary_text(), encoding="utf-8", newline="")
    print(f"{ORDINARY_FILE}: the ordinary numbers of every country.")


if __name__ == "__main__":
    main()
