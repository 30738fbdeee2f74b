"""The prices by which caps judge calls that no hold covers."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from calling_credit.accounts.capped_entries import Prices
from calling_credit.calls import Call
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry
from calling_credit.rates.deck import RateRow
from calling_credit.rates.decks_for_calls import PricingDecks
from calling_credit.rates.pricing import RatedCall, late_row


def prices_of(charges: Iterable[tuple[Call, RatedCall]], decks: PricingDecks, now: datetime) -> Prices:
    """The rows that priced these calls, and the deck's rows of those that a price list priced."""
    return Prices({call.key: charge.row for call, charge in charges}, partial(_deck_row, decks, now))


def _deck_row(decks: PricingDecks, now: datetime, entry: Entry) -> RateRow | None:
    """The deck's row of a call; None without one, or while the deck cannot be read."""
    digits, origin, at = str(entry.explanation["to"])[1:], str(entry.explanation["origin"]), entry.happened_at
    try:
        deck = decks.deck_for(digits, origin, at, now)
    except Unavailable:
        return None
    return late_row(deck, digits, origin, at, format_instant(now))
