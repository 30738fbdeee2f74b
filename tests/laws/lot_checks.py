"""Law 16: per lot, used + expired is at most its amount, and what expired is the sum of its entries; the running sum of
charges is that of the entries of calls; a promotion code gives at most its total, once per account.

This module reads items in DynamoDB's form, and replays the use of lots on its own: a unit at a time would be too slow,
so it lets every charge go down a list of the rest.
"""

from collections.abc import Sequence
from typing import Any

from tests.laws.checks import Book, Image
from tests.laws.items import Key
from tests.laws.lot_returns import returns_are_those_of_entries

NEVER = "~"


def left_of_lots(lots: list[Image], charged: int, returns: Sequence[Image] = ()) -> dict[str, int]:
    """What calls and expiries have left of each lot, by its id, at a running sum of charges. A charge that was taken
    back is missing in the sums of all steps after it.
    """
    left: dict[str, int] = {}
    full: dict[str, int] = {}
    order: list[tuple[str, str, str]] = []
    bought = before = 0
    events: list[tuple[str, int, str, int, Image]] = []
    for lot in lots:
        events.append((granted_at(lot), 0, lot["lot_id"], lot["charged_at_grant"], lot))
        events += [(part["at"], 1, lot["lot_id"], part["charged_micros"], part) for part in lot.get("parts", ())]
        events += [(part["at"], 1, lot["lot_id"], part["charged_micros"], part) for part in lot.get("removed", ())]
        if "ended_at" in lot:
            events.append((lot["ended_at"], 2, lot["lot_id"], lot["charged_at_end"], lot))
    events = [(at, step, lot_id, now - older(returns, at), image) for at, step, lot_id, now, image in events]
    events.sort(key=lambda event: event[:3])
    last: list[tuple[str, int, str, int, Image]] = [("", 3, "", charged, {})]
    for number, (_, step_of, lot_id, now, image) in enumerate(events + last):
        change, before = (now - before if number else 0), now
        for _, _, one in order if change > 0 else ():
            step = min(change, left[one])
            left[one], change = left[one] - step, change - step
        if change < 0:
            step = min(-change, bought)
            bought, change = bought - step, change + step
            for _, _, one in reversed(order):
                step = min(-change, full[one] - left[one])
                left[one], change = left[one] + step, change + step
        else:
            bought += change
        if step_of == 0:
            full[lot_id] = left[lot_id] = image["amount_micros"]
            order = sorted([*order, (image.get("ends_at", NEVER), granted_at(image), lot_id)])
        elif step_of == 1:
            full[lot_id], left[lot_id] = (one[lot_id] - image["amount_micros"] for one in (full, left))
        elif step_of == 2:
            order = [one for one in order if one[2] != lot_id]
    return left


def older(returns: Sequence[Image], at: str) -> int:
    """What was taken back after a step of charges that were posted before it."""
    later = [part for one in returns if granted_at(one) > at for part in one["returned_charges"]]
    return sum(part["amount_micros"] for part in later if part["step_at"] <= at)


def granted_at(lot: Image) -> str:
    """The time of the grant of a lot."""
    return str(lot["SK"].split("#")[1])


def law_16_charges_are_those_of_calls(book: Book, accounts: set[str]) -> None:
    """Check the running sum of charges of each account."""
    for pk in accounts:
        balance = book.image((pk, "BALANCE"))
        assert balance.get("charged_micros", 0) == book.charged[pk], f"law 16: charges of {pk}"
        assert balance.get("traced_micros", 0) == balance["posted_micros"], f"law 16: traced changes of {pk}"


def law_16_lots_give_what_they_hold(book: Book, accounts: set[str]) -> None:
    """Check the running sum, and all lots, of each account."""
    for pk in accounts:
        images = [book.image(key) for key in book.images if key[0] == pk]
        of_kind: dict[str, list[Image]] = {}
        for image in images:
            of_kind.setdefault(image["SK"].split("#")[0], []).append(image)
        if "BALANCE" in of_kind:
            lots, entries, returns = (of_kind.get(kind, []) for kind in ("LOT", "ENTRY", "LOT_RETURN"))
            check_account(pk, of_kind["BALANCE"][0], lots, entries, returns)
            returns_are_those_of_entries(pk, lots, entries, returns)


def check_account(
    pk: str, balance: Image, lots: list[Image], entries: list[Image], returns: Sequence[Image] = ()
) -> None:
    """Check one account."""
    calls = [entry["amount_micros"] for entry in entries if entry["kind"] in ("call_charged", "call_taken_back")]
    assert balance.get("charged_micros", 0) == -sum(calls), f"law 16: charges of {pk}"
    assert balance.get("lots", 0) == len(lots), f"law 16: lots of {pk}"
    assert balance.get("traced_micros", 0) == balance["posted_micros"], f"law 16: traced changes of {pk}"
    left = left_of_lots(lots, balance.get("charged_micros", 0), returns)
    for lot in lots:
        taken = [entry["amount_micros"] for entry in entries if expires(entry, lot)]
        assert lot.get("expired_micros", 0) == -sum(taken), f"law 16: {pk} {lot['lot_id']}"
        assert lot.get("expired_parts", 0) == len(taken), f"law 16: {pk} {lot['lot_id']}"
        assert [-part["amount_micros"] for part in lot.get("parts", ())] == taken, f"law 16: {pk} {lot['lot_id']}"
        back = [entry["amount_micros"] for entry in entries if takes_back(entry, lot)]
        by = [part for part in lot.get("removed", ()) if part["adjustment_id"]]
        assert sorted(-part["amount_micros"] for part in by) == sorted(back), f"law 16: {pk} {lot['lot_id']}"
        removed = sum(part["amount_micros"] for part in lot.get("removed", ()))
        used = lot["amount_micros"] - lot.get("expired_micros", 0) - removed - left[lot["lot_id"]]
        assert used >= 0, f"law 16: {pk} {lot['lot_id']}"
        assert 0 <= left[lot["lot_id"]] <= lot["amount_micros"], f"law 16: {pk} {lot['lot_id']}"
        given = [entry["amount_micros"] for entry in entries if entry["SK"].endswith(f"#{lot['lot_id']}")]
        assert given == [lot["amount_micros"]], f"law 16: {pk} {lot['lot_id']}"


def expires(entry: Image, lot: Image) -> bool:
    """Whether an entry takes back what a lot has left."""
    return bool(entry["kind"] == "credit_expired" and entry["lot_id"] == lot["lot_id"])


def takes_back(entry: Image, lot: Image) -> bool:
    """Whether an adjustment takes back from a lot."""
    return bool(entry["kind"] == "balance_adjusted" and entry.get("lot_id") == lot["lot_id"])


def codes_give_their_total(images: dict[Key, Any]) -> None:
    """Check that each code gave its amount to each account that redeemed it, and has the rest of its total."""
    for (pk, sk), code in images.items():
        if sk != "PROMOTION":
            continue
        name = pk.removeprefix("PROMOTION#")
        given = [image["amount_micros"] for key, image in images.items() if key[1] == f"REDEEMED#{name}"]
        assert code["left_micros"] + sum(given) == code["total_micros"], f"law 16: {name}"
        assert (code["left_micros"] >= 0, code["redeemed"]) == (True, len(given)), f"law 16: {name}"
