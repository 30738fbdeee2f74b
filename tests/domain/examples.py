"""Example data for tests of rules and handlers: one call event, one rate deck, one moment."""

import json
from datetime import UTC, datetime
from typing import Any

from calling_credit.call_events import parse_call
from calling_credit.calls import Call, FreeEvent
from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import COLUMNS, parse_deck
from calling_credit.rates.price_terms import PriceTerms
from calling_credit.rejection_codes import Rejection

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

EVENT: dict[str, Any] = {
    "version": "1",
    "call_id": "c_1",
    "account_id": "acct_1",
    "line_id": "line_1",
    "user_id": "user_1",
    "direction": "outbound",
    "from": "+14155550100",
    "to": "+442071838750",
    "started_at": "2026-11-23T10:00:00.000Z",
    "answered_at": "2026-11-23T10:00:04.000Z",
    "ended_at": "2026-11-23T10:02:09.000Z",
    "duration_seconds": 125,
    "disposition": "answered",
}

ROW = {
    "prefix": "44",
    "destination": "United Kingdom",
    "country": "GB",
    "origin": "*",
    "rate_per_minute": "0.0200",
    "connection_fee": "0.0000",
    "minimum_seconds": "60",
    "increment_seconds": "60",
    "effective_from": "2020-01-01",
    "category": "outbound_international_call",
}


def event_body(**changes: Any) -> str:
    """The example call event as a message body with the given fields changed (`from_` is `from`)."""
    return json.dumps(EVENT | {name.rstrip("_"): value for name, value in changes.items()})


def call(**changes: Any) -> Call:
    """The example call with the given fields changed."""
    result = parse_call(event_body(**changes), NOW)
    assert isinstance(result, Call), result
    return result


def free_event(**changes: Any) -> FreeEvent:
    """The example event with changes that make it cost nothing."""
    result = parse_call(event_body(**changes), NOW)
    assert isinstance(result, FreeEvent), result
    return result


def seconds_call(seconds: int, to: str = "+442071838750", **changes: Any) -> Call:
    """A call of this duration, answered when it started."""
    started = f"2026-11-{22 - seconds // 86_400:02d}T10:00:00.000Z"
    ended = datetime.fromtimestamp(datetime.fromisoformat(started).timestamp() + seconds, UTC)
    times = {"started_at": started, "answered_at": started, "ended_at": ended.isoformat()}
    return call(to=to, duration_seconds=seconds, **times, **changes)


def deck_csv(*rows: dict[str, str]) -> bytes:
    """The CSV of a deck: each row is the example row with the given cells changed. It has a column of rate steps if a
    row has some.
    """
    columns = (*COLUMNS, "rate_steps") if any("rate_steps" in row for row in rows) else COLUMNS
    lines = [columns, *([{**ROW, "rate_steps": "", **row}[column] for column in columns] for row in rows)]
    return "".join(",".join(cells) + "\n" for cells in lines).encode()


def deck(*rows: dict[str, str], version: str = "deck-1") -> Deck:
    """A parsed deck of the given rows."""
    parsed = parse_deck(deck_csv(*rows), version)
    assert isinstance(parsed, Deck), parsed
    return parsed


def rejection_code(body: str) -> str:
    """The code of the refusal of a body."""
    result = parse_call(body, NOW)
    assert isinstance(result, Rejection), result
    assert result.detail.endswith(".")
    assert result.detail.count(" ") > 2
    return result.code


class OneDeck:
    """A deck that is in force for every call."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck

    def deck_for(self, digits: str, origin: str, at: str, now: datetime, terms: PriceTerms | None = None) -> Deck:
        """The deck, as an account with a markup pays it."""
        return self._deck if terms is None else AccountPrices(self._deck, None, terms.markup_hundredths)
