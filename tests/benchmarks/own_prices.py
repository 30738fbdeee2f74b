"""The rows of accounts with prices and minutes of their own: what their held calls cost over those of a plain account
beside the same price list, and the size of the largest hold and entry.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from calling_credit.accounts.bundles import Bundle
from calling_credit.dynamodb import keys
from calling_credit.rates.deck_csv import COLUMNS
from calling_credit.rates.price_terms import PriceTerms
from tests.benchmarks import mix
from tests.benchmarks.admission import HELD, SECONDS, Caller, ask, end_message, measure, open_account
from tests.benchmarks.capacity import WRITE_UNIT_BYTES, item_bytes, write_units
from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.posting import expect, index_keys
from tests.benchmarks.rows import Row, number

NAME = "g" * 40
"""The longest name of a price list, and of a bundle."""
SINCE = "2020-01-01T00:00:00.000Z"
STEPS = ";".join(f"{600 * step}:0.{123_999 - step}:{60 - step}" for step in range(1, 11))
"""As many rate steps as a row may have."""
LISTED: dict[str, Any] = {"price_terms": (PriceTerms(NAME, 1_250, SINCE),)}
MARKED: dict[str, Any] = {"price_terms": (PriceTerms(None, 1_250, SINCE),)}
CALL = "c" * 96
"""The longest id of a call that is kept as it is."""


@dataclass(frozen=True)
class Held:
    """A held call: the requests and write units of its authorization, and of all; the bytes of its hold and entry."""

    asked: int
    asked_units: int
    posted: int
    units: int
    hold_bytes: int
    entry_bytes: int
    entry: dict[str, Any]


def own_price_rows(lab: Laboratory) -> list[Row]:
    """Return the rows. The price list lies beside the deck for the plain account, too."""
    lab.publish_list(NAME, with_steps([]))
    plain = held_call(lab)
    listed, marked = held_call(lab, **LISTED), held_call(lab, **MARKED)
    expect(listed.entry["price_list"]["S"] == NAME, "the list prices the call")
    expect("base_rate_micros_per_minute" in marked.entry, "the deck with the markup prices the call")
    minutes = held_call(lab, bundles=bundles(1_000))
    expect(minutes.entry["covered_seconds"]["N"] == str(SECONDS), "included minutes cover the call")
    some = bundles(1 + SECONDS // 120)  # A minute is taken before; half of the call is covered.
    largest = [held_call(lab, CALL, bundles=some, **LISTED)]
    lab.publish(with_steps(deck_rows()))
    largest.append(held_call(lab, CALL, bundles=some, **MARKED))
    lab.publish()
    expect(all(0 < int(one.entry["covered_seconds"]["N"]) < SECONDS for one in largest), "a part is covered")
    own = [listed, marked]
    plain_account, own_account = (
        "an account without own prices, beside a price list",
        "an account with a list or markup",
    )
    included = "an account with included minutes"
    return [
        _row(f"DynamoDB requests to authorize a call of {plain_account}", 3, plain.asked, 2),
        _row(f"DynamoDB requests to post it, cold, {plain_account}", 4, plain.posted, 2),
        _row(f"write units of it, held and posted, {plain_account}", 14, plain.units, 10),
        _row(f"DynamoDB requests to authorize a call of {own_account}", 3, max(x.asked for x in own), plain.asked),
        _row(f"DynamoDB requests to post it, cold, {own_account}", 4, max(x.posted for x in own), plain.posted),
        _row(f"write units of it, held and posted, {own_account}", 14, max(x.units for x in own), plain.units),
        _row(f"DynamoDB requests to authorize a call of {included}", 4, minutes.asked, plain.asked),
        _row(f"write units to authorize it, {included}", 7, minutes.asked_units, plain.asked_units),
        _row(f"DynamoDB requests to post it, cold, {included}", 4, minutes.posted, plain.posted),
        _row(f"write units of it, held and posted, {included}", 18, minutes.units, plain.units),
        _longest("hold", max(one.hold_bytes for one in largest), plain.hold_bytes),
        _longest("entry", max(one.entry_bytes for one in largest), plain.entry_bytes),
    ]


def _row(what: str, budget: float, measured: float, floor: float) -> Row:
    return Row(what, "count", budget, measured, floor=number(floor))


def _longest(kind: str, size: int, plain: int) -> Row:
    units = ceil(size / WRITE_UNIT_BYTES)
    what = (
        f"write units of the {kind} with the longest price: list or markup, {STEPS.count(';') + 1} rate steps, bundle"
    )
    return Row(what, "count", 2, units, shown=f"{units} ({size:,} bytes)", floor=f"1 ({plain:,} bytes, plain)")


def bundles(minutes: int) -> tuple[Bundle, ...]:
    """Return a bundle that covers the call."""
    return (Bundle(NAME, minutes, prefixes=(dialed()[1:8],), since=SINCE),)


def dialed() -> str:
    """Return the number of each call."""
    return mix.numbers(mix.CATEGORY)[0]


def with_steps(rows: list[dict[str, str]]) -> bytes:
    """Return a deck of these rows and of one for the number: long, with a fee and as many rate steps as possible."""
    known = [row for row in deck_rows() if dialed()[1:].startswith(row["prefix"])]
    country = max(known, key=lambda row: len(row["prefix"]))["country"]
    price = ("0.123456", "0.123456", "60", "60")
    cells = (dialed()[1:], "x" * 90, country, "*", *price, "2020-01-01", mix.CATEGORY, STEPS)
    output, names = io.StringIO(), (*COLUMNS, "rate_steps")
    writer = csv.DictWriter(output, names, restval="")
    writer.writeheader()
    writer.writerows([*rows, dict(zip(names, cells, strict=True))])
    return output.getvalue().encode()


def deck_rows() -> list[dict[str, str]]:
    """Return the rows of the deck of the mix."""
    with mix.DECK_FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def held_call(
    lab: Laboratory,
    call_id: str = "held",
    caller: Caller = HELD,
    prepare: Callable[[Laboratory], None] | None = None,
    **settings: Any,
) -> Held:
    """Authorize and post a call of an account with these settings, after a short one that warms the functions up.
    `prepare` changes the account before both.
    """
    lab.reset()
    open_account(lab, caller, **settings)
    if prepare is not None:
        prepare(lab)
    with capture_output():
        ask(lab, "warm_up", 60, caller=caller)
    asking, asked_units = measure(lab, partial(ask, lab, call_id, caller=caller))
    before = lab.items()
    key = keys.account_pk(caller.account), keys.hold_sk(call_id)
    with lab.wire.record() as posting, capture_output():
        failures = lab.rate([end_message(call_id, dialed(), caller)])
    expect(not failures and lab.entries() == 2, "the held call is charged, beside the credit")
    after = lab.items()
    [entry] = [item for (_, sk), item in after.items() if sk.startswith("ENTRY#") and call_id in sk]
    units = asked_units + write_units(posting, after, index_keys(), before)
    hold_bytes = max(item_bytes(item[key]) for item in (before, after))
    expect(bool(before[key]), "the call is held")
    return Held(len(asking), asked_units, len(posting), units, hold_bytes, item_bytes(entry), dict(entry))
