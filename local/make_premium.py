"""Writes the table of premium numbers of ops/rate_sheets from libphonenumber's metadata:
`python -m local.make_premium`. Decides which prefixes have premium numbers. Does not depend on prices or decks.
"""

from pathlib import Path

import phonenumbers

from local.make_numbering import NORTH_AMERICA, wrapped
from local.numbering_plans import Label, NumberingPlan
from local.prefix_lists import Depths, grow, prefixes_below

PREMIUM_FILE = Path(__file__).parents[1] / "ops" / "rate_sheets" / "premium_prefixes.py"
PREMIUM, USUAL = "premium_rate", ""
NOT_PREMIUM = Label("", USUAL)
_DEPTHS = Depths(always=0, usual=5, careful=5)


def premium_by_prefix() -> dict[str, bool]:
    """Return, by prefix, whether its numbers are premium; the longest prefix decides, and all others are not."""
    found: dict[str, bool] = {}
    for calling_code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        plan = NumberingPlan(calling_code, length=10 if calling_code == NORTH_AMERICA else None)
        tree = grow(plan, _premium_only, _DEPTHS)
        if set(tree.totals) == {Label("", PREMIUM)}:
            found[str(calling_code)] = True
        listed = prefixes_below(tree, str(calling_code), NOT_PREMIUM)
        found.update((prefix, label.kind == PREMIUM) for prefix, label in listed)
    return dict(sorted(found.items()))


def _premium_only(label: Label) -> Label:
    return Label("", PREMIUM if label.kind == PREMIUM else USUAL)


def premium_text() -> str:
    """Return the Python source of the generated table."""
    found = premium_by_prefix()
    lines = [
        '"""The prefixes of premium numbers, and below them those of usual numbers; the longest decides.',
        "",
        "Generated from libphonenumber's metadata by `python -m local.make_premium`; do not edit by hand.",
        '"""',
        "",
        "from typing import Final",
        "",
    ]
    for name, is_premium in (("PREMIUM_PREFIXES", True), ("USUAL_PREFIXES", False)):
        rows = wrapped([prefix for prefix, premium in found.items() if premium is is_premium], 108)
        lines += [f"{name}: Final = (", *(f'    "{row} "' for row in rows), ")"]
    return "\n".join([*lines, ""])


def main() -> None:
    PREMIUM_FILE.write_text(premium_text(), encoding="utf-8", newline="")
    print(f"{PREMIUM_FILE}: the premium numbers of every country.")


if __name__ == "__main__":
    main()
