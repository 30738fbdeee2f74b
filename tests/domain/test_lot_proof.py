"""The proof of granted credit: each damage of a lot, of its entries, or of the running sum is named."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.audit.book import Book
from calling_credit.audit.lot_proof import prove_lots
from calling_credit.audit.proof import DifferenceCode
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.ledger.credit_terms import CreditKind
from calling_credit.lots.lot import Lot, lot_from_item, lot_item

AT, ENDS, LATER = "2026-11-01T00:00:00.000Z", "2026-11-11T00:00:00.000Z", "2026-11-11T06:00:00.000Z"
CALLS, EXPIRED = "outbound_international_call", "credit_expired"
BALANCE = {
    "PK": "ACCOUNT#acct_1",
    "SK": "BALANCE",
    "posted_micros": 0,
    "held_micros": 0,
    "available_micros": 0,
    "headroom_micros": 0,
    "live_holds": 0,
    "charged_micros": 40,
    "charged_since": AT,
    "lots": 1,
}
PART = {"at": LATER, "amount_micros": 60, "charged_micros": 40}


def lot_of(**damage: Any) -> dict[str, Any]:
    """The plain item of a lot of 100, of which calls used 40 and 60 expired; with a damage."""
    new = from_attributes(lot_item(Lot("acct_1", "lot_1", CreditKind.GRANTED, AT, 100, 0, ENDS)))
    new |= {"expired_micros": 60, "expired_parts": 1, "ended_at": LATER, "charged_at_end": 40, "parts": [PART]}
    return new | damage


def entry(cause: str, category: str, amount: int, **more: Any) -> dict[str, Any]:
    """The plain item of an entry."""
    said = {"category": category, "kind": category, "amount_micros": amount, "local_date": AT[:10]}
    return {"PK": "ACCOUNT#acct_1", "SK": f"ENTRY#{AT}#{cause}", "billed_seconds": 0} | said | more


def day(category: str, amount: int) -> dict[str, Any]:
    """The plain item of a day."""
    said = {"entry_count": 1, "billed_seconds": 0, "total_micros": amount}
    return {"PK": "ACCOUNT#acct_1", "SK": f"DAY#{AT[:10]}#{category}"} | said


GIVEN = entry("lot_1", "adjustment", 100)
GONE = entry("lot_1#1", EXPIRED, -60, lot_id="lot_1")
BACK = entry("adj_2", "adjustment", -5, lot_id="lot_1")
TAKEN = {"at": LATER, "amount_micros": 5, "charged_micros": 40, "adjustment_id": "adj_2"}
REMOVED: dict[str, Any] = {
    "expired_micros": 55,
    "parts": [PART | {"amount_micros": 55}],
    "removed": [TAKEN],
    "removed_parts": 1,
}
DAYS = [day(CALLS, -40), day("adjustment", 100), day(EXPIRED, -60)]


def found(*items: dict[str, Any]) -> list[tuple[DifferenceCode, str]]:
    """The differences of a book of items: the code, and the object."""
    book = Book("acct_1")
    for item in items:
        book.add(item)
    return [(one.code, one.object_id) for one in prove_lots(book)]


def test_a_lot_that_is_as_its_entries_say_has_no_difference() -> None:
    assert found(BALANCE, lot_of(), GIVEN, GONE, *DAYS) == []


def test_a_lot_of_which_a_part_was_taken_back_has_no_difference() -> None:
    gone = GONE | {"amount_micros": -55}
    assert found(BALANCE, lot_of(**REMOVED), GIVEN, gone, BACK, *DAYS) == []


LOT, CHARGED = (DifferenceCode.LOT, "lot_1"), (DifferenceCode.CHARGED, "balance of acct_1")


@pytest.mark.parametrize(
    ("damage", "differences"),
    [
        ({"amount_micros": 101}, [LOT]),
        ({"amount_micros": 99}, [LOT, LOT]),
        ({"expired_micros": 61}, [LOT, LOT, LOT]),
        ({"expired_parts": 2}, [LOT]),
        ({"parts": [PART, PART]}, [LOT]),
        ({"parts": []}, [LOT]),
        ({"parts": [PART | {"charged_micros": 41}], "charged_at_end": 41}, [LOT]),
        ({"charged_at_grant": -1}, [LOT]),
        ({"lot_id": "lot_2"}, [(DifferenceCode.LOT, "lot_2")] * 2 + [LOT]),
    ],
)
def test_each_damage_of_a_lot_is_named(damage: dict[str, Any], differences: list[tuple[DifferenceCode, str]]) -> None:
    assert found(BALANCE, lot_of(**damage), GIVEN, GONE, *DAYS) == differences


@pytest.mark.parametrize(
    ("items", "differences"),
    [
        ([lot_of(), GONE], [LOT]),
        ([lot_of(), GIVEN], [LOT]),
        ([lot_of(), GIVEN, GONE, entry("lot_1#2", EXPIRED, -1, lot_id="lot_1")], [LOT]),
        ([lot_of(), GIVEN, GONE, BACK], [LOT]),
        ([lot_of(**REMOVED), GIVEN, GONE | {"amount_micros": -55}], [LOT]),
        ([lot_of(), GIVEN, GONE, BACK | {"lot_id": "lot_2"}], [(DifferenceCode.LOT, "lot_2")]),
        ([GIVEN, GONE], [(DifferenceCode.LOT, "lots of acct_1"), LOT]),
        ([lot_of(), GIVEN, GONE, lot_of(SK=f"LOT#{LATER}#lot_1")], [(DifferenceCode.LOT, "lots of acct_1")]),
    ],
)
def test_each_missing_item_is_named(items: list[dict[str, Any]], differences: list[tuple[DifferenceCode, str]]) -> None:
    assert found(BALANCE, *items, *DAYS) == differences


def test_a_running_sum_that_is_not_of_its_calls_is_named() -> None:
    assert found(BALANCE | {"charged_micros": 41}, lot_of(), GIVEN, GONE, *DAYS) == [CHARGED]
    assert found(BALANCE, lot_of(), GIVEN, GONE, *DAYS, day("outbound_premium_call", -1)) == [CHARGED]


def test_an_account_older_than_the_running_sum_has_its_lots_proven() -> None:
    older = {name: value for name, value in BALANCE.items() if name != "charged_since"} | {"charged_micros": 7}
    assert found(older, lot_of(), GIVEN, GONE, *DAYS) == []
    over = lot_of(parts=[PART | {"charged_micros": 50}], charged_at_end=50)
    assert found(older, over, GIVEN, GONE, *DAYS) == [LOT]


@pytest.mark.parametrize(
    "damage",
    [
        {"expired_micros": 101},
        {"expired_micros": -1},
        {"kind": "bought"},
        {"parts": [{"at": LATER}]},
        {"parts": [PART | {"at": "later"}]},
        {"ended_at": "later"},
        {"removed": [PART]},
        {"removed": [PART | {"adjustment_id": "adj_1"}]},
    ],
)
def test_a_lot_that_cannot_be_read_is_said_to_be_unreadable(damage: dict[str, Any]) -> None:
    with pytest.raises(UnreadableItem):
        lot_from_item(lot_of(**damage))


def test_a_lot_is_read_as_it_was_written() -> None:
    written = Lot("acct_1", "lot_1", CreditKind.PROMOTIONAL, AT, 100, 5, ENDS, untraced_at_grant=9)
    read = lot_from_item(from_attributes(lot_item(written)))
    assert replace(read, due_at=None) == written
    assert to_attributes({"due_at": read.due_at}) == {"due_at": {"S": "2026-11-04T00:00:00.000Z"}}
