"""Young money: credit that a card bought whose first payment of this account is only some days old.

A stolen card is found out within days, and its payment is then taken back. Older money pays first, so money is young
only as far as the credit exceeds everything else:

    young money left = min(balance, what young cards bought and was not taken back)

Money from young cards that was spent before older money came in counts as young a little longer, never shorter.
The item `CARD_MONEY` has `<card>#first` (an instant) and `<card>#micros` for each card that paid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb import cap_keys, keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.card_keys import card_hash
from calling_credit.dynamodb.transactions import update
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant

_CARD_LETTERS: Final = 16
"""An account has few cards, so that a part of a card's hash names it."""
_FIRST: Final = "#first"
_MICROS: Final = "#micros"
_MAY_BE_NEW: Final = "(attribute_exists(PK) OR attribute_not_exists(PK))"


@dataclass(frozen=True, slots=True)
class CardMoney:
    """Of each card that paid an account: when it did so first, and what it bought less what was taken back."""

    first_paid: Mapping[str, str]
    bought_micros: Mapping[str, int]

    def young_micros(self, now: datetime, days: int) -> int:
        """What cards bought whose first payment is less than this many days old."""
        since = format_instant(now - timedelta(days=days))
        young = (card for card, first in self.first_paid.items() if first > since)
        return sum(max(0, self.bought_micros.get(card, 0)) for card in young)


NO_CARD_MONEY: Final = CardMoney({}, {})


@decoder
def card_money_from_item(attributes: Any) -> CardMoney:
    """The money of the item in attribute values; none without the item."""
    if attributes is None:
        return NO_CARD_MONEY
    item = from_attributes(attributes)
    first = {name.removesuffix(_FIRST): at for name, at in item.items() if name.endswith(_FIRST)}
    bought = {name.removesuffix(_MICROS): int(micros) for name, micros in item.items() if name.endswith(_MICROS)}
    for at in first.values():
        datetime.fromisoformat(at)
    return CardMoney(first, bought)


def older_micros(available_micros: int, young_micros: int, own_held_micros: int = 0, own_older_micros: int = 0) -> int:
    """How much of a call older money pays, at most.

    Args:
        available_micros: the credit that no call holds.
        own_held_micros: what the call itself holds already.
        own_older_micros: the part of it that is older money; it stays older.
    """
    return max(own_older_micros, available_micros + own_held_micros - young_micros)


def card_name(fingerprint: str, payment_method_id: str) -> str:
    """The name of a card among those of an account, by its number, or by its payment method without one."""
    return card_hash(fingerprint or payment_method_id)[:_CARD_LETTERS]


def bought_action(
    table_name: str, account_id: str, card: str, amount_micros: int, paid_at: str | None = None
) -> dict[str, Any]:
    """The action that adds what a card bought, negative for what is taken back. `paid_at` is the time of a payment,
    stored if it is the card's first.
    """
    names, values = {"#micros": f"{card}{_MICROS}"}, {":micros": to_attribute(amount_micros)}
    expression = "ADD #micros :micros"
    if paid_at is not None:
        expression = f"SET #first = if_not_exists(#first, :at) {expression}"
        names["#first"], values[":at"] = f"{card}{_FIRST}", to_attribute(paid_at)
    return update(table_name, card_money_key(account_id), expression, _MAY_BE_NEW, values, names)


def earlier_actions(table_name: str, account_id: str, payments: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The actions that store the first payment of each card, from the plain items of an account's payments: those of an
    earlier release did not store it. Each replaces a later stored one.
    """
    first: dict[str, str] = {}
    for item in payments:
        if item.get("status") == "succeeded" and item.get("payment_method_id") and "settled_at" in item:
            card = card_name(item.get("fingerprint", ""), item["payment_method_id"])
            first[card] = min(item["settled_at"], first.get(card, item["settled_at"]))
    return [
        update(
            table_name,
            card_money_key(account_id),
            "SET #first = :at",
            f"{_MAY_BE_NEW} AND (attribute_not_exists(#first) OR #first > :at)",
            {":at": to_attribute(at)},
            {"#first": f"{card}{_FIRST}"},
        )
        for card, at in sorted(first.items())
    ]


def card_money_key(account_id: str) -> dict[str, Any]:
    """The item key of the money of an account's cards."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": cap_keys.card_money_sk()}}
