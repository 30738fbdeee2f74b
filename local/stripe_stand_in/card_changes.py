"""Changes of saved cards: by the API, by the card network (a renewed card), and by the bank (accept or decline)."""

from dataclasses import replace
from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.declines import Decline
from local.stripe_stand_in.known_cards import KnownCard
from local.stripe_stand_in.parameters import Parameters, choice, fields, integer, merge_metadata, metadata
from local.stripe_stand_in.payment_methods import BILLING, expiry, printed
from local.stripe_stand_in.refusals import Fields, Refusal

UPDATE: Final = Parameters(
    {
        "allow_redisplay": choice("always", "limited", "unspecified"),
        "billing_details": BILLING,
        "card": fields({"exp_month": integer, "exp_year": integer}),
        "metadata": metadata,
    }
)
UPDATED: Final = "payment_method.updated"
"""The event of an update by the API."""
AUTOMATICALLY_UPDATED: Final = "payment_method.automatically_updated"
"""The event of an update by the card network."""


def update(account: Account, given: Fields, payment_method_id: str) -> Fields:
    """POST /v1/payment_methods/{id}, only for a saved card."""
    payment_method = account.get("payment_method", payment_method_id, "payment_method", 404)
    if payment_method["customer"] is None:
        raise Refusal(400, "You must save this PaymentMethod to a customer before you can update it.")
    changes: Fields = {name: given[name] for name in ("allow_redisplay",) if name in given}
    if "billing_details" in given:
        changes["billing_details"] = {**payment_method["billing_details"], **given["billing_details"]}
    if "card" in given:
        card = payment_method["card"]
        changes["card"] = {**card, **expiry(account, {**card, **given["card"]})}
    if "metadata" in given:
        changes["metadata"] = merge_metadata(payment_method["metadata"], given["metadata"])
    _change(account, payment_method, UPDATED, changes)
    return payment_method


def renew(
    account: Account, payment_method: Fields, test_card: KnownCard, expires: tuple[int, int], event_type: str
) -> None:
    """Give a payment method another number or expiry date (month, year), as the card network does."""
    account.cards[payment_method["id"]] = test_card
    card = {**payment_method["card"], **printed(test_card), "exp_month": expires[0], "exp_year": expires[1]}
    _change(account, payment_method, event_type, {"card": card})


def set_answer(account: Account, payment_method: Fields, decline: Decline | None) -> None:
    """Let the bank decline (or accept, with None) every later charge of this card number, however often it is saved."""
    number = account.cards[payment_method["id"]].number
    for payment_method_id, test_card in account.cards.items():
        if test_card.number == number:
            account.cards[payment_method_id] = replace(test_card, charge=decline)


def _change(account: Account, payment_method: Fields, event_type: str, changes: Fields) -> None:
    """Change the fields; the event names the previous values of the changed fields only, also below `card`."""
    previous = {name: _previous(payment_method[name], value) for name, value in changes.items()}
    payment_method.update(changes)
    previous = {name: value for name, value in previous.items() if value != changes[name] and value != {}}
    if previous:
        account.emit(event_type, payment_method, previous)


def _previous(before: object, after: object) -> object:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before
    return {name: before.get(name) for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
