"""A large posting with holds and counters: whichever action of whichever transaction fails, the table gets each change
once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from calling_credit.accounts.daily_sums import Dimension, mark_counted
from calling_credit.accounts.entry_counters import counters_of
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.hold_items import hold_item
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting import Posting, entry_item, post_entries
from calling_credit.ledger.posting_parts import Part, PostingOutcome, parts
from calling_credit.ledger.posting_plan import ActionName, CounterChange, Plan, entry_name, hold_name
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import RatedCall
from tests.domain.examples import NOW, call
from tests.harness.daily_sums import sums_by_day
from tests.harness.small_table import Key, SmallTable, key_of

PK = "ACCOUNT#acct_1"
CATEGORIES = ("outbound_international_call", "outbound_premium_call", "satellite_call")
MONTHS = ("2026-10-31", "2026-11-01")
BUNDLES = ("2026-10#ACCOUNT#the UK", "2026-11#LINE#line_1#the UK")
CALLS = range(97)
ROW = RateRow("44", "United Kingdom", "GB", "*", 100_000, 0, 60, 60, "2020-01-01T00:00:00.000Z", CATEGORIES[0])


def entry(number: int) -> Entry:
    """One of the calls: two months, three categories, every price different."""
    rated = RatedCall(replace(ROW, category=CATEGORIES[number % 3]), "deck-1", "US", 180, 300_000)
    made = charge_entry(call(call_id=f"c_{number:02d}"), rated, "America/New_York", NOW)
    facts = {**made.explanation, "line_id": f"line_{number % 4}", "user_id": f"user_{number % 5}"}
    if number % 4:  # Every fourth call is not covered.
        facts |= {"bundle": BUNDLES[number % 2], "covered_seconds": 7 + number}
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
        for name in ("posted_micros", "headroom_micros", "available_micros"):
            sums[(PK, "BALANCE"), name] += one.amount_micros
    for sort_key, of_day in sums_by_day(map(stored, posted)).items():
        sums.update({((PK, sort_key), name): value for name, value in of_day.items()})
    for one_hold in holds:
        sums[(PK, "BALANCE"), "available_micros"] += one_hold.amount_micros
        sums[(PK, "BALANCE"), "held_micros"] -= one_hold.amount_micros
        sums[(PK, "BALANCE"), "live_holds"] -= 1
        sums[(PK, "LEFT"), "left_seconds"] += one_hold.max_seconds
        sums[(PK, f"MINUTES#{one_hold.bundle}"), "left_seconds"] += one_hold.covered_seconds
    return sums


def check(table: SmallTable, posting: Posting, other: dict[Any, PostingOutcome], holds: list[Hold]) -> None:
    """Check the outcomes and every sum; `other` are the entries that are not posted, `holds` the released ones."""
    posted = [one for one in ENTRIES if one.key not in other]
    outcomes = {one.key: PostingOutcome.POSTED for one in posted} | other
    assert posting.outcomes == outcomes
    assert sorted(table.entries) == sorted(f"ENTRY#{one.happened_at}#{one.cause_id}" for one in posted)
    assert table.released == {f"HOLD#{one.call_key}": one.amount_micros for one in holds}
    sums = expected(posted, holds)
    sums[(PK, "BALANCE"), "calls_seen"] = table.transactions_with_entries
    assert +table.sums == +sums
    assert -table.sums == -sums


def positions() -> Iterator[tuple[int, int, Key]]:
    """Every position of every transaction, with the key of its item."""
    table = SmallTable()
    check(table, post(table), {}, list(HOLDS.values()))
    for at, actions in enumerate(table.sent):
        for position, action in enumerate(actions):
            yield at, position, key_of(action)


POSITIONS = list(positions())


def failing(kind: str) -> list[Any]:
    """The positions of items of a kind."""
    found = [(at, position, key) for at, position, key in POSITIONS if key[1].startswith(kind)]
    assert found
    return found


def condition_failed(item: dict[str, Any] | None = None) -> dict[str, Any]:
    """The reason of a failed condition, with the item that made it fail."""
    return {"Code": "ConditionalCheckFailed"} | ({"Item": item} if item else {})


def test_the_posting_covers_every_kind_of_item_in_several_transactions() -> None:
    kinds = Counter(key[1].split("#")[0] for _, _, key in POSITIONS)
    assert (kinds["ENTRY"], kinds["HOLD"]) == (97, 97)
    assert set(kinds) == {"ENTRY", "HOLD", "DAY", "SPENT", "SPENT_DAY", "LEFT", "MINUTES", "BALANCE"}
    assert len({at for at, _, _ in POSITIONS}) == 3


def test_a_transient_failure_at_any_position_changes_nothing() -> None:
    for at, position, _ in POSITIONS:
        table = SmallTable(at, position, {"Code": "TransactionConflict"})
        check(table, post(table), {}, list(HOLDS.values()))


@pytest.mark.parametrize("outcome", [PostingOutcome.REPLAYED, PostingOutcome.CONFLICT])
def test_an_existing_entry_at_any_position_counts_nowhere_again(outcome: PostingOutcome) -> None:
    by_sk = {f"ENTRY#{one.happened_at}#{one.cause_id}": one for one in ENTRIES}
    for at, position, (_, sk) in failing("ENTRY"):
        one = by_sk[sk]
        facts = one.facts_hash if outcome == PostingOutcome.REPLAYED else "other facts"
        table = SmallTable(at, position, condition_failed({"facts_hash": {"S": facts}, "facts_version": {"N": "2"}}))
        holds = [hold for key, hold in HOLDS.items() if key != one.key or outcome == PostingOutcome.REPLAYED]
        check(table, post(table), {one.key: outcome}, holds)


def test_a_changed_hold_at_any_position_is_released_in_its_new_state() -> None:
    for at, position, (_, sk) in failing("HOLD"):
        [before] = [one for one in HOLDS.values() if f"HOLD#{one.call_key}" == sk]
        others = [one for one in HOLDS.values() if one is not before]
        covered = before.covered_seconds and before.covered_seconds + 60
        extended = replace(before, amount_micros=before.amount_micros + 7_000_000, covered_seconds=covered)
        table = SmallTable(at, position, condition_failed(hold_item(extended)))
        check(table, post(table), {}, [*others, extended])
        ended = deepcopy(hold_item(before)) | {"status": to_attribute(HoldStatus.EXPIRED)}
        table = SmallTable(at, position, condition_failed(ended))
        check(table, post(table), {}, others)


def test_a_missing_balance_refuses_the_calls_of_its_transaction_only() -> None:
    batches = list(parts(Part(list(ENTRIES), dict(HOLDS), COUNTERS)))
    for at, position, _ in failing("BALANCE"):
        table = SmallTable(at, position, condition_failed())
        posting = post(table)
        refused = dict.fromkeys(batches[at].keys, PostingOutcome.UNKNOWN_ACCOUNT)
        check(table, posting, refused, [hold for key, hold in HOLDS.items() if key not in refused])


def test_a_plan_refuses_two_actions_on_one_item() -> None:
    plan = Plan()
    plan.add(("balance",), {})
    with pytest.raises(ValueError, match="balance"):
        plan.add(("balance",), {})


@pytest.mark.parametrize(
    ("counters", "sizes"),
    [
        (lambda number: (), [97]),
        (lambda number: (f"MONTH#{number % 2}",), [96, 1]),
        (lambda number: (f"MONTH#{number % 2}", f"COUNTRY#{number % 3}", f"USER#{number % 5}"), [88, 9]),
        (lambda number: (f"CALL#{number}",), [49, 48]),
    ],
)
def test_a_part_counts_its_distinct_items(counters: Callable[[int], tuple[str, ...]], sizes: list[int]) -> None:
    one_day = [replace(one, local_date=MONTHS[0], category=CATEGORIES[0]) for one in ENTRIES]
    changes = {
        entry_name(one): tuple(CounterChange(PK, sk, {"calls": 1}) for sk in counters(number))
        for number, one in enumerate(one_day)
    }
    assert [len(part.entries) for part in parts(Part(one_day, counters=changes))] == sizes


def test_changes_of_one_counter_are_one_action_and_zero_is_none() -> None:
    plan = Plan()
    names: list[ActionName] = [("entry", "1"), ("entry", "2"), ("entry", "3")]
    spend = {
        name: (CounterChange(PK, "SPENT", {"spent": amount}),) for name, amount in zip(names, (5, -5, 9), strict=True)
    }
    for name in names[:2]:
        plan.add(name, {})
    plan.add_counters("table", spend)
    assert list(plan.actions) == names[:2]
    plan.add(names[2], {})
    plan.add_counters("table", spend)
    action = plan.actions["counter", PK, "SPENT"]
    assert action["Update"]["ExpressionAttributeValues"] == {":c0": {"N": "9"}, ":schema": {"N": "1"}}
    assert action["Update"]["ExpressionAttributeNames"] == {"#c0": "spent", "#schema": "schema"}
