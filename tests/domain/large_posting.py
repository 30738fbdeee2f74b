"""A large posting: calls of two months and three categories with holds, included minutes, daily sums, and budgets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from calling_credit.accounts.daily_sums import Dimension, mark_counted
from calling_credit.accounts.entry_counters import counters_of
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting import Posting, entry_item, post_entries
from calling_credit.ledger.posting_plan import CounterChange, entry_name, hold_name
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import RatedCall
from tests.domain.examples import NOW, call
from tests.harness.daily_sums import sums_by_day
from tests.harness.small_table import Key, SmallTable

PK = "ACCOUNT#acct_1"
CATEGORIES = ("outbound_international_call", "outbound_premium_call", "satellite_call")
MONTHS = ("2026-10-31", "2026-11-01")
BUNDLES = ("2026-10#ACCOUNT#the UK", "2026-11#LINE#line_1#the UK")
CALLS = range(97)
COUNTED = ("LU", "L", "")
"""The counters of budgets in which calls count."""
ROW = RateRow("44", "United Kingdom", "GB", "*", 100_000, 0, 60, 60, "2020-01-01T00:00:00.000Z", CATEGORIES[0])


def entry(number: int) -> Entry:
    """One of the calls: two months, three categories, every price different."""
    rated = RatedCall(replace(ROW, category=CATEGORIES[number % 3]), "deck-1", "US", 180, 300_000)
    made = charge_entry(call(call_id=f"c_{number:02d}"), rated, "America/New_York", NOW)
    facts = {**made.explanation, "line_id": f"line_{number % 4}", "user_id": f"user_{number % 5}"}
    if number % 4:  # Every fourth call is not covered.
        facts |= {"bundle": BUNDLES[number % 2], "covered_seconds": 7 + number}
    if COUNTED[number % 3]:
        facts |= {"counted": COUNTED[number % 3]}
    return replace(made, local_date=MONTHS[number % 2], amount_micros=-(1 + number) * 100, explanation=facts)


def hold(number: int) -> Hold:
    """The live hold of a call."""
    at = "2026-11-23T10:00:00.000Z"
    return Hold(
        account_id="acct_1",
        call_key=f"c_{number:02d}",
        call_id=f"c_{number:02d}",
        line_id="line_1",
        dialled_number="+442071838750",
        origin="US",
        status=HoldStatus.LIVE,
        amount_micros=(1 + number) * 1_000,
        max_seconds=600,
        deck_version="deck-1",
        row=ROW,
        authorized_at=at,
        asked_at=at,
        asked_seconds=600,
        covered_seconds=200 + number if number % 4 else 0,
        bundle=BUNDLES[number % 2] if number % 4 else "",
        counted=COUNTED[number % 3],
        counted_on=MONTHS[number % 2],
        user_id="user_1",
    )


ENTRIES = [entry(number) for number in CALLS]
HOLDS = {entry.key: hold(number) for number, entry in enumerate(ENTRIES)}
DAYS = {("ACCOUNT#acct_1", f"SPENT_DAY#{day}"): {Dimension.LINE: {f"other_{n}" for n in range(49)}} for day in MONTHS}
ENTRIES = list(mark_counted(ENTRIES, frozenset({"acct_1"}), DAYS))
OF_ENTRIES = counters_of(ENTRIES)
MONTHLY = {
    entry_name(entry): (CounterChange(PK, f"SPENT#{entry.local_date[:7]}", {"spent": entry.amount_micros, "calls": 1}),)
    for entry in ENTRIES
}
LEFT = {
    hold_name(hold.call_key): (CounterChange(PK, "LEFT", {"left_seconds": hold.max_seconds}),)
    for hold in HOLDS.values()
}
BOTH = {name: (*changes, *OF_ENTRIES.get(name, ())) for name, changes in MONTHLY.items()}
COUNTERS = BOTH | LEFT


def post(table: SmallTable) -> Posting:
    """Post every call."""
    client: Any = table
    at = "2026-11-23T12:00:00.000Z"
    settings: dict[str, Any] = {"holds": HOLDS, "counters": COUNTERS, "released_at": at}
    return post_entries(client, "table", ENTRIES, lambda: 60.0, **settings, sleep=lambda _: None)


def stored(one: Entry) -> dict[str, Any]:
    """The plain item of an entry."""
    return from_attributes(entry_item(one))


def budgets(counted: object, local_date: str, facts: Mapping[str, object]) -> list[Key]:
    """The counters of budgets that letters name."""
    owners = {"L": f"LINE#{facts['line_id']}", "U": f"USER#{facts['user_id']}"}
    return [(PK, f"SPENT#{local_date[:7]}#{owners[letter]}") for letter in str(counted or "")]


def expected(posted: list[Entry], holds: list[Hold]) -> Counter[tuple[Key, str]]:
    """The sums in the table after exactly these entries were posted and these holds released."""
    sums: Counter[tuple[Key, str]] = Counter()
    for one in posted:
        day = (PK, f"DAY#{one.local_date}#{one.category}")
        sums[day, "entry_count"] += 1
        sums[day, "billed_seconds"] += one.billed_seconds
        sums[day, "total_micros"] += one.amount_micros
        sums[(PK, f"SPENT#{one.local_date[:7]}"), "spent"] += one.amount_micros
        sums[(PK, f"SPENT#{one.local_date[:7]}"), "calls"] += 1
        if "covered_seconds" in one.explanation:
            minutes = (PK, f"MINUTES#{one.explanation['bundle']}")
            sums[minutes, "left_seconds"] -= int(one.explanation["covered_seconds"] or 0)
            sums[minutes, "used_seconds"] += int(one.explanation["covered_seconds"] or 0)
        of_budgets = budgets(one.explanation.get("counted"), one.local_date, one.explanation)
        sums.update({(counter, "spent_micros"): -one.amount_micros for counter in of_budgets})
        sums.update({(counter, "left_micros"): one.amount_micros for counter in of_budgets})
        for name in ("posted_micros", "headroom_micros", "available_micros", "traced_micros"):
            sums[(PK, "BALANCE"), name] += one.amount_micros
        sums[(PK, "BALANCE"), "charged_micros"] -= one.amount_micros
    for sort_key, of_day in sums_by_day(map(stored, posted)).items():
        sums.update({((PK, sort_key), name): value for name, value in of_day.items()})
    for one_hold in holds:
        sums[(PK, "BALANCE"), "available_micros"] += one_hold.amount_micros
        sums[(PK, "BALANCE"), "held_micros"] -= one_hold.amount_micros
        sums[(PK, "BALANCE"), "live_holds"] -= 1
        sums[(PK, "LEFT"), "left_seconds"] += one_hold.max_seconds
        sums[(PK, f"MINUTES#{one_hold.bundle}"), "left_seconds"] += one_hold.covered_seconds
        facts = {"line_id": one_hold.line_id, "user_id": one_hold.user_id}
        of_budgets = budgets(one_hold.counted, one_hold.counted_on, facts)
        sums.update({(counter, "held_micros"): -one_hold.amount_micros for counter in of_budgets})
        sums.update({(counter, "left_micros"): one_hold.amount_micros for counter in of_budgets})
    return sums
