"""A large posting with holds and counters: whichever action of whichever transaction fails, the table gets each change
once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.ledger.hold_items import hold_item
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting import Posting
from calling_credit.ledger.posting_parts import Part, PostingOutcome, parts
from calling_credit.ledger.posting_plan import ActionName, CounterChange, Plan, entry_name
from tests.domain.large_posting import (
    CATEGORIES,
    COUNTERS,
    ENTRIES,
    HOLDS,
    MONTHS,
    PK,
    expected,
    post,
)
from tests.harness.small_table import Key, SmallTable, key_of


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
    assert {key[1].split("#")[2] for _, _, key in POSITIONS if key[1].count("#") == 3 and "SPENT#" in key[1]} == {
        "LINE",
        "USER",
    }
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
