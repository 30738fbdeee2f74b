"""Law 15, computed from the stored items alone.

A settled payment and each reversal has exactly one document; net and tax of a receipt are what Stripe charged; the
numbers of each series and year are 1, 2, 3, …; a document never changes; and what the notes of a payment take back is
what is reversed of it, which is at most its credit.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Item = Mapping[str, Any]
SERIES = ("RECEIPT", "CREDIT_NOTE")


def law_15_each_payment_has_its_documents(
    items: Iterable[Item], charged: Mapping[str, int], *, is_at_rest: bool
) -> dict[str, Item]:
    """Check the documents of one account, and return them by sort key.

    Args:
        charged: what Stripe has charged for each top-up, in micro-dollars.
        is_at_rest: whether everything was heard and swept, so that no document may be due.
    """
    stored = {str(item["SK"]): item for item in items}
    documents = {key: item for key, item in stored.items() if key.split("#")[0] in SERIES}
    top_ups = [item for key, item in stored.items() if key.startswith("TOPUP#")]
    check_numbers(stored, documents)
    for top_up in top_ups:
        mine = {key: item for key, item in documents.items() if item["topup_id"] == top_up["topup_id"]}
        check_documents(top_up, mine, charged)
        is_due = "receipt_due" in top_up or "notes_due" in top_up
        pointer = stored[f"PAYMENT#{top_up['created_at']}#{top_up['topup_id']}"]
        assert is_due == ("sweep_pk" in pointer), f"law 15: {top_up['topup_id']} is due {is_due}, but listed otherwise"
        assert not (is_at_rest and is_due), f"law 15: a document of {top_up['topup_id']} was never issued"
    return documents


def check_numbers(stored: Mapping[str, Item], documents: Mapping[str, Item]) -> None:
    """Check that numbers have neither a gap nor a duplicate, and that each counter is the last number."""
    issued: dict[str, list[int]] = {}
    for key in documents:
        series, year, number = key.split("#")
        issued.setdefault(f"{series}S#{year}", []).append(int(number))
    counters = {
        key: item["issued"] for key, item in stored.items() if key.split("#")[0] in ("RECEIPTS", "CREDIT_NOTES")
    }
    for counter, numbers in issued.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), f"law 15: {counter} has the numbers {numbers}"
    assert counters == {counter: len(numbers) for counter, numbers in issued.items()}, "law 15: a counter is wrong"


def check_documents(top_up: Item, mine: Mapping[str, Item], charged: Mapping[str, int]) -> None:
    """Check the documents of one payment."""
    name = top_up["topup_id"]
    receipts = [item for key, item in mine.items() if key.startswith("RECEIPT#")]
    notes = [item for key, item in mine.items() if key.startswith("CREDIT_NOTE#")]
    is_settled = top_up["status"] == "succeeded"
    owed = is_settled and "receipt_due" not in top_up
    assert len(receipts) == owed, f"law 15: {name} has {len(receipts)} receipts"
    assert (top_up.get("receipt") is not None) == owed, f"law 15: {name} names no receipt"
    for receipt in receipts:
        total = receipt["net_micros"] + receipt["tax_micros"]
        assert total == receipt["gross_micros"] == charged[name], f"law 15: the receipt of {name} is not what was paid"
        assert receipt["net_micros"] == top_up["amount_micros"], f"law 15: the receipt of {name} is not its credit"
    due = json.loads(top_up.get("notes_due", "[]"))
    found = {note["reversal_id"] for note in (*notes, *due)}
    assert found == {f"{name}.rev.{number}" for number in range(1, top_up.get("reversals", 0) + 1)}, (
        f"law 15: the reversals of {name} have the notes {found}"
    )
    assert len(found) == len(notes) + len(due), f"law 15: a reversal of {name} has two notes"
    net = sum(note["net_micros"] for note in (*notes, *due))
    reversed_micros = top_up.get("reversed_micros", 0)
    assert net == reversed_micros, f"law 15: the notes of {name} take back {net}, but {reversed_micros} are reversed"
    assert 0 <= reversed_micros <= top_up["amount_micros"], f"law 15: more than its credit is reversed of {name}"
    gone = net + sum(note["tax_micros"] for note in (*notes, *due))
    assert gone == top_up.get("reversed_gross_micros", reversed_micros), (
        f"law 15: the notes of {name} are not its price"
    )


def charged_by(intents: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What the payment intents of Stripe say was charged for each top-up."""
    return {
        str(intent["metadata"].get("topup_id")): intent["amount_received"] * 10_000
        for intent in intents
        if intent["status"] == "succeeded"
    }
