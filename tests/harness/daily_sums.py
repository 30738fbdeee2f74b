"""The daily sums that an account's entries make, written from the contract alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

SHORT = {"outbound_international_call": "I", "outbound_premium_call": "P"}
NAMES = {"u": ("user_id", 1), "l": ("line_id", 2), "c": ("country", 4)}


def added_by(entry: Mapping[str, Any]) -> Counter[str]:
    """The change that one entry makes, by attribute; nothing if it is not counted."""
    sums: Counter[str] = Counter()
    if "sums" not in entry:
        return sums
    number = -1 if entry["kind"] == "call_taken_back" else 1
    for letter, (name, bit) in NAMES.items():
        value = entry.get(name, "") if entry["sums"] & bit else "*"
        begin = f"{SHORT.get(entry['category'], entry['category'])}#{letter}#{value}"
        sums.update(
            {f"{begin}#n": number, f"{begin}#s": entry["billed_seconds"], f"{begin}#m": -entry["amount_micros"]}
        )
    return sums


def sums_by_day(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The sums of each day, by sort key, without zeros."""
    days: dict[str, Counter[str]] = {}
    for entry in entries:
        if "sums" in entry:
            days.setdefault(f"SPENT_DAY#{entry['local_date']}", Counter()).update(added_by(entry))
    return {day: without_zeros(sums) for day, sums in days.items()}


def stored_sums(item: Mapping[str, Any]) -> dict[str, int]:
    """The sums of a stored item, without zeros."""
    return without_zeros({name: value for name, value in item.items() if name not in ("PK", "SK", "schema")})


def without_zeros(sums: Mapping[str, int]) -> dict[str, int]:
    """The sums that are not 0."""
    return {name: value for name, value in sums.items() if value}
