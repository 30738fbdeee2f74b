"""Computes the price of a file of calls independently: it imports nothing from the application.

`python tests/stack/independent_sum.py CALLS.jsonl RATES.csv` prints account, calls charged and spending. The price
of a call is fee + billed seconds * rate / 60 by the longest prefix (exact origin before *), half up to four
decimals; a call that occurs several times in the file counts once.
"""

import csv
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

Rates = dict[tuple[str, str], dict[str, str]]


def read_rates(path: Path) -> Rates:
    """Return the rows of a deck by (prefix, origin); future rows are not supported."""
    rates: Rates = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["prefix"], row["origin"])
            assert key not in rates, f"two rows for {key}: this reader supports no dates"
            rates[key] = row
    return rates


def price(call: dict[str, Any], rates: Rates) -> Decimal:
    """Return the price of one call in dollars; zero for a free call.

    Raises:
        LookupError: no row covers the destination.
    """
    if call["direction"] == "inbound" or call["duration_seconds"] == 0 or not call["to"].startswith("+"):
        return Decimal(0)
    digits = call["to"][1:]
    origin = _country(call["from"][1:], rates)
    for length in range(len(digits), 0, -1):
        row = rates.get((digits[:length], origin)) or rates.get((digits[:length], "*"))
        if row is not None:
            break
    else:
        raise LookupError(call["to"])
    minimum, increment = int(row["minimum_seconds"]), int(row["increment_seconds"])
    beyond = max(0, call["duration_seconds"] - minimum)
    billed = minimum + math.ceil(Fraction(beyond, increment)) * increment
    exact = Fraction(row["connection_fee"]) + Fraction(row["rate_per_minute"]) * billed / 60
    return Decimal(math.floor(exact * 10_000 + Fraction(1, 2))) / 10_000


def _country(digits: str, rates: Rates) -> str:
    """Return the country of the calling number, by the deck's longest prefix."""
    for length in range(len(digits), 0, -1):
        if (digits[:length], "*") in rates:
            return rates[digits[:length], "*"]["country"]
    return "ZZ"


def spending(calls: Iterable[dict[str, Any]], rates: Rates) -> dict[str, tuple[int, Decimal]]:
    """Return the charged calls and the dollars spent by account, each call counted once."""
    distinct = {(call["account_id"], call["started_at"], call["call_id"]): call for call in calls}
    totals: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for call in distinct.values():
        cost = price(call, rates)
        if cost:
            count, total = totals[call["account_id"]]
            totals[call["account_id"]] = (count + 1, total + cost)
    return dict(totals)


if __name__ == "__main__":
    calls_path, rates_path = map(Path, sys.argv[1:3])
    lines = calls_path.read_text(encoding="utf-8").splitlines()
    for account, (count, total) in sorted(spending(map(json.loads, lines), read_rates(rates_path)).items()):
        print(f"{account}\t{count}\t{total}")
