"""A call that is rerated any number of times costs the price of the last deck that covers it; its entries agree in sum,
category, seconds, and count.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.charging.rerating import rerated_entries
from calling_credit.dynamodb import keys
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.charged_calls import charged_calls, current_entries
from calling_credit.ledger.entries import Entry, EntryKind, day_changes
from calling_credit.rates.deck import Deck
from calling_credit.rates.pricing import RatedCall, rate_call
from tests.domain.examples import NOW, call, deck

CATEGORIES = ("outbound_international_call", "outbound_premium_call", "included")


def item(entry: Entry) -> dict[str, Any]:
    """The stored item of an entry."""
    return {
        "PK": keys.account_pk(entry.account_id),
        "SK": keys.entry_sk(entry.happened_at, entry.cause_id),
        "kind": entry.kind,
        "category": entry.category,
        "amount_micros": entry.amount_micros,
        "billed_seconds": entry.billed_seconds,
        "local_date": entry.local_date,
        **entry.explanation,
    }


def priced(cents: int, increment: int, category: str, prefix: str = "44") -> Deck:
    """A deck with one price."""
    rate = "0" if category == "included" else f"0.{cents:02d}"
    return deck(
        {
            "prefix": prefix,
            "rate_per_minute": rate,
            "minimum_seconds": "0",
            "increment_seconds": str(increment),
            "category": category,
        }
    )


decks = st.builds(
    priced,
    st.integers(0, 3),
    st.sampled_from((1, 60)),
    st.sampled_from(CATEGORIES),
    st.sampled_from(("44", "44", "44", "81")),
)


@given(st.lists(decks, max_size=6))
def test_a_rerated_call_costs_the_price_of_the_last_covering_deck(run: list[Deck]) -> None:
    first = rate_call(call(), priced(5, 60, CATEGORIES[0]), "US")
    assert isinstance(first, RatedCall)
    entries = [charge_entry(call(), first, "America/New_York", NOW)]
    cost, billed, category = first.price_micros, first.billed_seconds, CATEGORIES[0]
    for number, book in enumerate(run):
        [charged] = charged_calls(map(item, entries))
        assert charged.charged_micros == cost
        again = charged.priced_by(book, NOW)
        rated = rate_call(call(), book, "US")
        if again is None:
            continue
        assert isinstance(rated, RatedCall), "a price of 0 is charged too"
        if (rated.price_micros, rated.row.category) != (cost, category):
            cost, billed, category = rated.price_micros, rated.billed_seconds, rated.row.category
        entries += rerated_entries(charged, again, f"run_{number}", NOW)
        [charged] = charged_calls(map(item, entries))
        assert rerated_entries(charged, again, "the same again", NOW) == []
    assert -sum(entry.amount_micros for entry in entries) == cost
    assert [entry.key for entry in entries] == sorted({entry.key for entry in entries})
    assert {entry.kind for entry in entries} <= {EntryKind.CALL_CHARGED, EntryKind.CALL_TAKEN_BACK}
    stands = list(current_entries(map(item, reversed(entries))))
    assert [-one["amount_micros"] for one in stands] == [cost]
    days = {name: day for (_, name), day in day_changes(entries).items()}
    used = {name: (day.count - 2 * day.taken_back, day.billed_seconds, -day.total_micros) for name, day in days.items()}
    assert {name: sums for name, sums in used.items() if any(sums)} == {category: (1, billed, cost)}
