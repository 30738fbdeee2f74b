"""Charges: one for each attempt to charge a card, successful or not."""

from typing import Any, Final

from local.stripe_stand_in import bank_accounts
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.balance import card_fee, record
from local.stripe_stand_in.declines import Decline
from local.stripe_stand_in.parameters import PAGING, Parameters, instants, text
from local.stripe_stand_in.refusals import Fields

LIST: Final = Parameters({**PAGING, "created": instants, "customer": text, "payment_intent": text})


def list_charges(account: Account, given: Fields) -> Fields:
    """GET /v1/charges, newest first."""
    having = {name: given[name] for name in ("customer", "payment_intent") if name in given}
    return page(account.newest_first("charge", **having), given, "/v1/charges")


def new_charge(account: Account, intent: Fields, payment_method: Fields, status: str) -> Fields:
    """Create a charge of an intent's amount to a card: succeeded, pending, or failed."""
    charge = account.add(
        "charge",
        {
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": dict(payment_method["billing_details"]),
            "calculated_statement_descriptor": "LOCAL STAND-IN",
            "captured": True,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": outcome("approved_by_network", "Payment complete.", "authorized"),
            "paid": status == "succeeded",
            "payment_intent": intent["id"],
            "payment_method": payment_method["id"],
            "payment_method_details": details(account, intent, payment_method),
            "radar_options": {},
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
            "status": status,
            "transfer_data": None,
            "transfer_group": None,
        },
    )
    charge["receipt_url"] = f"{account.base_url}/receipts/{charge['id']}"
    return charge


def new_failed_charge(account: Account, intent: Fields, payment_method: Fields, decline: Decline) -> Fields:
    """Create a declined charge."""
    charge = new_charge(account, intent, payment_method, "failed")
    fail(charge, decline)
    account.emit("charge.failed", charge)
    return charge


def fail(charge: Fields, decline: Decline) -> None:
    """Mark a charge as declined."""
    blocked = decline.reason == "fraudulent"
    charge.update(
        amount_captured=0,
        captured=False,
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=outcome(
            "not_sent_to_network" if blocked else "declined_by_network",
            "The bank did not return any further details with this decline.",
            "blocked" if blocked else "issuer_declined",
            decline,
        ),
        paid=False,
        receipt_url=None,
        status="failed",
    )


def record_receipt(account: Account, charge: Fields) -> None:
    """Record the balance transaction of a paid charge and emit an event; Stripe does so shortly after the payment."""
    transaction = record(account, charge, "charge", charge["amount"], fee=card_fee(charge["amount"]))
    account.change(charge, "charge.updated", {"balance_transaction": transaction["id"]})


def outcome(network_status: str, message: str, kind: str, decline: Decline | None = None) -> Fields:
    """Return the outcome of a charge."""
    return {
        "advice_code": decline.advice_code if decline else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network_status,
        "reason": decline.reason if decline else None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": message,
        "type": kind,
    }


def details(account: Account, intent: Fields, payment_method: Fields) -> Fields:
    """Return the charged payment method, as it was at the time of the charge."""
    if payment_method["type"] == bank_accounts.KIND:
        return {bank_accounts.KIND: bank_accounts.charge_details(payment_method), "type": bank_accounts.KIND}
    return {"card": card_details(account, intent, payment_method), "type": "card"}


def card_details(account: Account, intent: Fields, payment_method: Fields) -> Fields:
    """Return the card's details at the time of the charge."""
    card = payment_method["card"]
    copied = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
    details: dict[str, Any] = {name: card[name] for name in copied}
    return details | {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": account.new_id("", 15),
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": card["regulated_status"],
        "three_d_secure": None,
    }
