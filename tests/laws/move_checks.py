"""The laws of moves of credit, rechecked on the items that an operation changed."""

from collections import defaultdict
from typing import Any

from tests.laws.checks import Book, Image
from tests.laws.items import Key

Changes = dict[Key, tuple[Image | None, Image]]


def transfers_sum_to_zero(changes: Changes) -> None:
    """Check that the entries of a transfer sum to zero. One transaction writes both."""
    sums: dict[str, list[int]] = defaultdict(list)
    for (_, sk), (before, after) in changes.items():
        if before is None and sk.startswith("ENTRY#") and after["category"] == "transfer":
            sums[sk.rsplit("#", 1)[1]].append(after["amount_micros"])
    for transfer, amounts in sums.items():
        assert (len(amounts), sum(amounts)) == (2, 0), f"law of transfers: {transfer}"


def goodwill_is_within_the_charge(book: Book, changes: Changes) -> None:
    """Check that the goodwill of each touched call is at most its standing charge, and the sum of its entries."""
    for pk, sk in changes:
        goodwill = call_of_goodwill(book, pk, sk)
        if goodwill is None:
            continue
        call, item = goodwill
        keys = sorted(key for key in book.images if key[0] == pk and f"{key[1]}#".startswith(f"ENTRY#{call}#"))
        last = book.image(keys[-1])
        charged = 0 if last["kind"] == "call_taken_back" else -last["amount_micros"]
        assert 0 <= item["standing_micros"] <= charged, f"law of goodwill: {call} of {pk}"
        own = f"ENTRY#{item['given_at']}#{item['goodwill_id']}"
        given = [book.image(key) for key in book.images if key[0] == pk and key[1].split(".back.")[0] == own]
        assert item["standing_micros"] == sum(entry["amount_micros"] for entry in given), "law of goodwill: entries"


def call_of_goodwill(book: Book, pk: str, sk: str) -> tuple[str, Any] | None:
    """The call of a changed goodwill or entry, and its goodwill."""
    kind, _, call = sk.partition("#")
    if kind not in ("GOODWILL", "ENTRY"):
        return None
    call = "#".join(call.split("#")[:2])
    item = book.image((pk, f"GOODWILL#{call}"))
    return (call, item) if item else None


def moves_name_who_acted(changes: Changes) -> None:
    """Check that each new move names its actor, and has its recorded change in the same transaction."""
    recorded = {sk.rsplit("#", 1)[1] for _, sk in changes if sk.startswith("ACTIVITY#")}
    for (_, sk), (before, after) in changes.items():
        if before is None and sk.startswith("MOVE#"):
            assert after["by"].partition(":")[2], "no operator write without by"
            assert sk.removeprefix("MOVE#") in recorded, "no move without its change"
