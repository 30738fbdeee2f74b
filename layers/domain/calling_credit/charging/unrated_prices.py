"""The prices of unrated calls, by the decks that price them by now. Reads no table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calling_credit.calls import Call
from calling_credit.charging.batch import NO_TERMS
from calling_credit.correlation import correlation_of
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.masking import country_kept
from calling_credit.numbering import UNKNOWN_COUNTRY, is_e164
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import DecksForCalls, Lookup
from calling_credit.rates.price_terms import PriceTerms, are_known, terms_at
from calling_credit.rates.pricing import Free, RatedCall, late_row, price_by


@dataclass(frozen=True, slots=True)
class UnratedCall:
    """An unrated call and its price by the deck; None while no row covers it, or if the deck gives an `error`."""

    call: Call
    priced: RatedCall | Free | None
    error: Unavailable | None = None


def price_unrated_calls(
    calls: Sequence[Call], decks: DecksForCalls, now: datetime, terms: Mapping[str, Sequence[PriceTerms]] = NO_TERMS
) -> Iterator[UnratedCall]:
    """Yield the calls, priced by the decks that price them by now, as their accounts paid them when the calls began.
    `terms` are the price terms of the accounts that have some, latest first.

    Raises:
        Unavailable: no timeline of decks is known.
    """
    lookups = {call.key: _lookup(call, terms) for call in calls if _may_have_price(call, terms)}
    found = dict(zip(lookups, decks.decks_for(list(lookups.values()), now), strict=True))
    for call in calls:
        deck = found.get(call.key)
        if isinstance(deck, Deck):
            yield UnratedCall(call, _price(call, lookups[call.key], deck, now))
        else:
            yield UnratedCall(call, None, deck)


@decoder
def unrated_call_from_item(item: Mapping[str, Any]) -> Call:
    """The call of an `UNRATED#` item."""
    happened_at, call_key = keys.call_of(item["SK"])
    started_at = datetime.fromisoformat(happened_at)
    if started_at.tzinfo is None:
        raise ValueError("no offset")
    return Call(
        call_id=item.get("call_id", call_key),
        call_key=call_key,
        account_id=keys.account_of(item["PK"]),
        line_id=item["line_id"],
        user_id=item.get("user_id"),
        calling_number=item.get("from"),
        dialled_number=item["to"],
        sent_number=item["to"],
        started_at=started_at,
        happened_at=happened_at,
        answered_at="",
        ended_at=item["ended_at"],
        duration_seconds=item["duration_seconds"],
        facts_hash=item["facts_hash"],
        facts_version=item.get("facts_version", 1),
        origin=item.get("origin") or country_kept(item["from"]),  # Version 1.0.0 stored no origin.
        correlation_id=correlation_of(item),
    )


def _may_have_price(call: Call, terms: Mapping[str, Sequence[PriceTerms]]) -> bool:
    """Whether the number was not erased, nor the terms of the account dropped that priced so old a call."""
    return is_e164(call.dialled_number) and are_known(terms.get(call.account_id, ()), call.happened_at)


def _lookup(call: Call, terms: Mapping[str, Sequence[PriceTerms]]) -> Lookup:
    """The look-up of a call, from the origin that was stored with it."""
    in_force = terms_at(terms.get(call.account_id, ()), call.happened_at)
    return Lookup(call.dialled_number[1:], call.origin or UNKNOWN_COUNTRY, call.happened_at, in_force)


def _price(call: Call, lookup: Lookup, deck: Deck, now: datetime) -> RatedCall | Free | None:
    row = late_row(deck, lookup.digits, lookup.origin, lookup.at, format_instant(now))
    if row is None:
        return None
    is_home = deck.is_home(lookup.digits)
    return price_by(row, deck.version, lookup.origin, call.duration_seconds, is_home=is_home)
