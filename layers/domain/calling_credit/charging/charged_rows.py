"""Finds the row that priced a charged call, also for entries of version 1.0.0, which store no minimum and increment."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from calling_credit.dynamodb import keys
from calling_credit.errors import Conflict, NotFound, ProblemCode
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.hold_reader import read_holds
from calling_credit.ledger.holds import Hold
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import late_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def is_price_of(hold: Hold, call: ChargedCall) -> bool:
    """Whether the current charge of a call is the price of its hold."""
    return call.is_charged and hold.deck_version == call.last["deck"] and call.is_priced_by(hold.row)


def charged_row(
    client: "DynamoDBClient", table_name: str, call: ChargedCall, deck_of: Callable[[str], Deck]
) -> RateRow:
    """Return the row of the current charge: from the entry, else from the call's hold, else from the entry's deck.

    Args:
        deck_of: returns a published deck by its version; raises NotFound.

    Raises:
        Conflict: `price_not_stored`, neither the hold nor the deck still has the row.
    """
    if call.has_row:
        return call.row()
    if not call.is_charged:
        return call.row(0, 1)  # It costs nothing with any increments.
    happened_at, call_key = call.call
    name = (keys.account_of(call.last["PK"]), call_key)
    hold = read_holds(client, table_name, [name]).get(name)
    row = hold.row if hold is not None and is_price_of(hold, call) else _row_in_deck(call, happened_at, deck_of)
    if row is None or not call.is_priced_by(row):
        raise Conflict(
            ProblemCode.PRICE_NOT_STORED,
            "The price list of this call is no longer stored, so another duration has no price; waive the call, and"
            " charge the rest with an adjustment.",
        )
    return call.row(row.minimum_seconds, row.increment_seconds)


def row_reader(client: "DynamoDBClient", table_name: str, deck_bucket: str) -> Callable[[ChargedCall], RateRow]:
    """Return the function that reads the row of a call, as `charged_row`. Only calls that version 1.0.0 charged need a
    published deck, so the first of them imports the reader of decks.
    """

    def published_deck(version: str) -> Deck:
        from calling_credit.rates.active_decks import ActiveDecks  # noqa: PLC0415
        from calling_credit.rates.deck_store import s3_client  # noqa: PLC0415

        return ActiveDecks(s3_client(), deck_bucket).deck(version)

    return lambda call: charged_row(client, table_name, call, published_deck)


def _row_in_deck(call: ChargedCall, happened_at: str, deck_of: Callable[[str], Deck]) -> RateRow | None:
    """The row of the entry's own prefix in the entry's deck, so that an erased number is no obstacle."""
    try:
        deck = deck_of(call.last["deck"])
    except NotFound:
        return None
    return late_row(deck, call.last["prefix"], call.last["origin"], happened_at, call.last["recorded_at"])
